"""Refused lines come in again, mended or as they are, each once; what is refused again stays, with its new reason."""

import csv
import multiprocessing
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from quanyu.app.house import rooms_of
from quanyu.app.rooms import ROOMS
from quanyu.commerce.catalog.tables import PRODUCTS
from quanyu.commerce.orders.tables import ORDER_LINES
from quanyu.customers.ingest.mapping import load_mapping
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.rejects import count_open, expire_rejects, list_rejects
from quanyu.customers.ingest.replaying import Doors, replay_file, replay_texts
from quanyu.customers.ingest.sheets import export_rejects, write_workbook
from quanyu.customers.ingest.spec import Source
from quanyu.customers.ingest.taking_back import take_back
from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.registry import Registry
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Rows = Callable[..., list[dict[str, Any]]]
Ask = Callable[..., list[Any]]

MAPPING = """
source: SOURCE
files: "FILES"
currency: GBP
kinds:
  - kind: product
    columns: {product: no, name: name, list_price: price}
"""
LINES = (
    "001,17,MUG,Blue mug,2,3.50,2011-03-01 09:00,France",
    "002,17,MUG,Blue mug,2,three,2011-03-01 09:00,France",
    ",17,MUG,Red mug,2,4,2011-03-01 09:00,France",
    "004,17,MUG,Jug,2,5,2011-03-01 09:00,France,more",
    '005,17,MUG,"Big, jug",2,6 pounds,2011-03-01 09:00,France',
)
HEADER = "no,card,article,name,qty,price,at,country"
READERS = Registry[Source]("quanyu.sources")


def load(workspace: Workspace, path: Path) -> Any:
    kinds = [kind for room in ROOMS for kind in room.kinds]
    return load_mapping(path, kinds, READERS, workspace.time_zone, workspace.currency)


DOORS = Doors(load, READERS.all())


@pytest.fixture
def first(bring: Import) -> Outcome:
    outcome = bring(LINES, mapping=MAPPING)
    assert (outcome.lines.landed, outcome.lines.rejected) == (1, 4)
    return outcome


def prices(rows: Rows) -> dict[str, int]:
    return {row["product"]: row["list_price"] for row in rows(PRODUCTS)}


def sheets_of(path: Path) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def mend(path: Path, mended: dict[str, dict[str, str]]) -> Path:
    """Change cells of a workbook, by id and column."""
    found = sheets_of(path)
    for header, *rows in found.values():
        for row in rows:
            for column, value in mended.get(row[header.index("_reject")], {}).items():
                row[header.index(column)] = value
    write_workbook(path, {name: (header, rows) for name, (header, *rows) in found.items()})
    return path


def test_mended_lines_land_and_the_others_stay(
    first: Outcome, workspace: Workspace, rows: Rows, ask: Ask, tmp_path: Path
):
    file = tmp_path / "mend.xlsx"
    assert export_rejects(workspace, file, first.number) == 4
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    sheets = sheets_of(file)
    assert sheets["rejects"][0] == [*HEADER.split(","), "_reject", "_file", "_line", "_reason"]
    ids = {row[0]: row[-4] for row in sheets["rejects"][1:]}
    assert sheets["rejects"][1] == [
        *("002", "17", "MUG", "Blue mug", "2", "three", "2011-03-01 09:00", "France"),
        *(ids["002"], "till.csv", "3", "price is not a number."),
    ]
    ((text, broken, *_),) = sheets["lines"][1:]
    assert text == LINES[3]
    mended = {
        ids["002"]: {"price": "3"},
        ids["005"]: {"price": "six"},
        broken: {"_text": LINES[3][:-5]},
    }
    done = replay_file(workspace, mend(file, mended), DOORS)
    assert [(o.lines.read, o.lines.landed, o.lines.rejected, o.lines.known) for o in done.outcomes] == [(4, 2, 2, 0)]
    assert prices(rows) == {"001": 350, "002": 300, "004": 500}
    second = done.outcomes[0].number
    assert ask("select number, replays from data_import order by number") == [
        (first.number, None),
        (second, first.number),
    ]
    left = list_rejects(workspace)
    assert [(r.id, r.line, r.reason.en) for r in left] == [
        (ids[""], 4, "no is empty, but product is needed."),
        (ids["005"], left[1].line, "price is not a number."),
    ]
    assert (left[1].text.startswith('{"no":"005"'), "six" in left[1].text) == (True, True)
    told = {r.id: r.replayed_by for r in list_rejects(workspace, replayed=True)}
    assert told == {ids["002"]: second, ids[""]: None, broken: second, ids["005"]: None}
    assert count_open(workspace) == {"till": 2}
    check_again(workspace, rows, file, ids, second)


def check_again(workspace: Workspace, rows: Rows, file: Path, ids: dict[str, str], second: int) -> None:
    """The same file lands nothing more; mended further, only what is open; a take-back opens what it brought."""
    again = replay_file(workspace, mend(file, {ids["005"]: {"price": "6"}, ids["002"]: {"price": "99"}}), DOORS)
    assert (again.closed, [(o.lines.read, o.lines.landed) for o in again.outcomes]) == (2, [(2, 1)])
    assert prices(rows) == {"001": 350, "002": 300, "004": 500, "005": 600}
    assert [r.id for r in list_rejects(workspace)] == [ids[""]]
    assert replay_file(workspace, mend(file, {ids[""]: {"no": "003"}}), DOORS).closed == 3
    nothing = replay_file(workspace, file, DOORS)
    assert (nothing.closed, nothing.outcomes, list_rejects(workspace)) == (4, [], [])
    take_back(workspace, second, rooms_of(ROOMS))
    assert sorted(prices(rows)) == ["001", "003", "005"]
    assert len(list_rejects(workspace)) == 2
    take_back(workspace, int(ids["002"].partition("-")[0]), rooms_of(ROOMS))
    assert (prices(rows), list_rejects(workspace, replayed=True)) == ({}, [])
    with pytest.raises(Conflict):
        take_back(workspace, second, rooms_of(ROOMS))


def test_a_mended_line_that_equals_others_of_its_file_is_one_more(
    bring: Import, workspace: Workspace, rows: Rows, tmp_path: Path
):
    tea, wrong = "T1,17,TEA,Tea,1,28,2011-03-01 09:00,France", "T1,17,TEA,Tea,one,28,2011-03-01 09:00,France"
    outcome = bring([tea, wrong, tea, wrong])
    assert (outcome.lines.landed, outcome.lines.rejected) == (2, 2)
    file = tmp_path / "mend.xlsx"
    export_rejects(workspace, file, outcome.number)
    ids = [row[-4] for row in sheets_of(file)["rejects"][1:]]
    for mended, landed in ((ids[:1], 3), (ids, 4)):
        replay_file(workspace, mend(file, {each: {"qty": "1"} for each in mended}), DOORS)
        assert len(rows(ORDER_LINES)) == landed
    assert bring([tea, tea, tea, tea]).lines.known == 4


def test_csv_serves_too_and_what_is_no_export_is_refused(
    first: Outcome, workspace: Workspace, rows: Rows, tmp_path: Path
):
    file = tmp_path / "mend.csv"
    export_rejects(workspace, file)
    with file.open(encoding="utf-8-sig", newline="") as opened:
        told = list(csv.DictReader(opened))
    assert [row["_text"] for row in told] == ["", "", "", LINES[3]]
    told[0]["price"], told[3]["_text"] = "3", "x"
    told.append({**told[0], "price": "7"})
    for row in told:
        del row["country"]
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, [*told[0], "remark"])
        writer.writeheader()
        writer.writerows(told)
    (done,) = replay_file(workspace, file, DOORS).outcomes
    assert (done.lines.read, done.lines.landed, done.lines.rejected) == (4, 1, 3)
    assert prices(rows)["002"] == 300
    assert [r.reason.en for r in list_rejects(workspace) if r.broken] == ["The line has fewer fields than the header."]
    for name, content, error in (
        ("other.csv", "no,price\n1,2\n", Invalid),
        ("blank.csv", "no,price,_reject\n1,2,\n", Invalid),
        ("gone.csv", "no,price,_reject\n1,2,99-1\n", NotFound),
    ):
        (tmp_path / name).write_text(content)
        with pytest.raises(error, match=r"_reject|import"):
            replay_file(workspace, tmp_path / name, DOORS)
    with pytest.raises(NotFound):
        replay_file(workspace, tmp_path / "none.xlsx", DOORS)
    with pytest.raises(Invalid):
        export_rejects(workspace, tmp_path / "mend.txt")


def test_texts_come_in_again_when_the_mapping_was_changed_and_old_ones_go(
    first: Outcome, workspace: Workspace, rows: Rows, tmp_path: Path
):
    (tmp_path / "till.csv").unlink()
    assert [o.lines.landed for o in replay_texts(workspace, first.number, DOORS).outcomes] == [0]
    changed = tmp_path / "changed.yaml"
    changed.write_text(
        MAPPING.replace("SOURCE", "till").replace("no, name: name, list_price: price", "name, name: article")
    )
    (done,) = replay_texts(workspace, first.number, DOORS, changed).outcomes
    assert (done.lines.read, done.lines.landed, done.lines.rejected) == (4, 3, 1)
    assert sorted(prices(rows)) == ["001", "Big, jug", "Blue mug", "Red mug"]
    workspace.clock.move(timedelta(days=20))
    assert expire_rejects(workspace) == 0
    young = replace(workspace, settings=replace(workspace.settings, reject_days=10))
    assert expire_rejects(young) > 0
    assert (list_rejects(workspace, replayed=True), count_open(workspace)) == ([], {})
    assert replay_texts(workspace, first.number, DOORS).outcomes == ()


REPLAY = """
import os
os.environ.update(environment)
from pathlib import Path
from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.mapping import load_mapping
from quanyu.customers.ingest.replaying import Doors, replay_file
from quanyu.foundation.home import opened
from quanyu.foundation.registry import Registry
from quanyu.foundation.settings import Settings

readers = Registry("quanyu.sources")
kinds = [kind for room in ROOMS for kind in room.kinds]
load = lambda ws, path: load_mapping(path, kinds, readers, ws.time_zone, ws.currency)
with opened(Settings.load()) as home:
    replay_file(home.workspace("main"), Path(path), Doors(load, readers.all()))
"""
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["quanyu.app.rooms", "quanyu.customers.ingest.replaying", "quanyu.foundation.home"])


@contextmanager
def replaying_elsewhere(path: Path, environment: dict[str, str], point: str) -> Iterator[Any]:
    given = {"environment": {**environment, "QUANYU_FAILPOINT": point}, "path": str(path)}
    process = FORKS.Process(target=exec, args=(REPLAY, given))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join(60)


@pytest.mark.scale
def test_killed_anywhere_a_line_lands_once_and_is_known_as_replayed(
    first: Outcome, workspace: Workspace, rows: Rows, ask: Ask, environment: dict[str, str], tmp_path: Path
):
    export_rejects(workspace, tmp_path / "mend.xlsx")
    file = mend(tmp_path / "mend.xlsx", {r.id: {"price": "3"} for r in list_rejects(workspace) if r.line == 3})
    for point in ("import.staged", "lake.committed", "lake.published", "import.landed"):
        with replaying_elsewhere(file, environment, point) as process:
            process.join(60)
            assert process.exitcode == -signal.SIGKILL, point
        landed = point == "import.landed"
        assert (len(prices(rows)), len(list_rejects(workspace))) == ((2, 3) if landed else (1, 4)), point
    again = replay_file(workspace, file, DOORS)
    assert (again.closed, [o.lines.landed for o in again.outcomes]) == (1, [0])
    assert ask("select count(*), count(distinct position) from replayed_reject") == [(1, 1)]
