"""Every line of a file is landed once, known or refused with a reason; whatever happens, a second import mends it."""

import gzip
import multiprocessing
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.customers.conftest import furnishing

from quanyu.commerce.catalog.tables import PRODUCTS
from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS
from quanyu.customers.identity.private import open_values
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import (
    CUSTOMER_OF_RECORD,
    CUSTOMERS,
    POINTING,
    RECEIVERS,
    RECORDS,
    RECORDS_PRIVATE,
)
from quanyu.customers.ingest import importing
from quanyu.customers.ingest.model import Count, Outcome
from quanyu.customers.ingest.tables import REJECTS
from quanyu.foundation import home as homes
from quanyu.foundation.errors import Invalid, QuanyuError
from quanyu.foundation.lake import landing
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Rows = Callable[..., list[dict[str, Any]]]
Ask = Callable[..., list[Any]]

LINES = (
    "1001,17,MUG,Blue mug,2,3.50,2011-03-01 09:00,France",
    "1001,17,MUG,Blue mug,2,3.50,2011-03-01 09:00,France",
    "1001,17,POST,Postage,1,18,2011-03-01 09:00,France",
    "1002,18,JUG,Jug,1,10,2011-03-02 10:00,Germany",
    "C1003,17,MUG,Blue mug,-1,3.50,2011-03-05 09:00,France",
    "1004,,MUG,Blue mug,1,3.50,2011-04-01 12:00,United Kingdom",
    "1005,19,JUG,Green jug,3,0,2011-04-02 12:00,Spain",
)
TABLES = (
    *(ORDER_LINES, ORDERS, RECORDS, RECEIVERS, RECORDS_PRIVATE, PRODUCTS, REJECTS, CUSTOMER_OF_RECORD, CUSTOMERS),
    *POINTING,
)


def state(workspace: Workspace, rows: Rows, ask: Ask) -> dict[str, Any]:
    """Say what is there, without what differs between two homes: ordinals become the customers' own numbers."""
    vector = workspace.lake.vector([RECORDS_PRIVATE])
    cards = {row["record"]: row["value"] for row in open_values(workspace, vector).to_pylist()}
    cards[None] = None
    told = {
        "lines": (ORDER_LINES, "order_number product quantity amount line_type occurrence business_date"),
        "orders": (ORDERS, "order_number order_type sale_amount return_amount lines business_date"),
        "records": (RECORDS, "country observed_at"),
        "products": (PRODUCTS, "product name"),
        "mapping": (CUSTOMER_OF_RECORD, ""),
        "customers": (CUSTOMERS, ""),
        "rejects": (REJECTS, "line input reason"),
    }
    found: dict[str, Any] = {
        name: sorted(
            (str([cards[row["record"]] if "record" in row else None, *(row[c] for c in columns.split())]))
            for row in rows(table, of=workspace)
        )
        for name, (table, columns) in told.items()
    }
    for table in ("record", "identifier", "customer", "record_customer"):
        found[f"in {table}"] = ask(f"select count(*) from {table}", of=workspace)
    found["given out"] = ask("select records, customers from population", of=workspace)
    return found


CALM: dict[str, dict[str, Any]] = {}


def undisturbed(
    home: homes.Home, settings: Settings, bring: Import, rows: Rows, ask: Ask, **given: Any
) -> dict[str, Any]:
    """Return what an import that nobody disturbs ends in; worked out once for all tests that give it the same."""
    if str(given) not in CALM:
        homes.create(settings, "calm", "Europe/London", "GBP").close()
        calm = home.workspace("calm")
        bring(into=calm, **given)
        recognise(calm)
        CALM[str(given)] = state(calm, rows, ask)
    return CALM[str(given)]


def stray_files(workspace: Workspace) -> set[str]:
    """Return Parquet files in the lake's folder that no published version shows."""
    vector = workspace.lake.vector(TABLES)
    shown = {Path(f).name for t in TABLES if t.name in vector for f in workspace.lake.files(t, vector[t.name].version)}
    return {f.name for f in workspace.lake.folder.rglob("*.parquet") if "_delta_log" not in f.parts} - shown


@pytest.fixture(scope="module")
def once(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Outcome]:
    """A home into which the lines were imported, and how they came out."""
    with furnishing(module_settings, tmp_path_factory.mktemp("once")) as (_, bring):
        outcome = bring(LINES)
    return module_settings, outcome


@pytest.fixture
def furnished(request: pytest.FixtureRequest) -> Settings | None:
    return request.getfixturevalue("once")[0] if "landed" in request.fixturenames else None


@pytest.fixture
def landed(workspace: Workspace, once: tuple[Settings, Outcome]) -> Outcome:
    """The lines are there already."""
    return once[1]


def test_the_totals_add_up(landed: Outcome):
    assert landed.lines == Count("order_line", True, 7, 7, 0, 0)
    counts = {count.kind: (count.read, count.landed, count.known) for count in landed.counts}
    assert counts == {"order_line": (7, 7, 0), "customer_record": (6, 3, 3), "product": (7, 3, 4)}


def test_importing_twice_adds_nothing(landed: Outcome, bring: Import, workspace: Workspace, rows: Rows, ask: Ask):
    before = state(workspace, rows, ask)
    again = bring(LINES)
    assert again.lines == Count("order_line", True, 7, 0, 0, 7)
    assert all(count.landed == 0 for count in again.counts)
    assert state(workspace, rows, ask) == before


def test_the_same_rows_in_another_file_are_known(landed: Outcome, bring: Import):
    assert bring(LINES[::-1], name="copy.csv").lines.known == 7


def test_the_same_rows_in_two_files_of_one_import_land_once(bring: Import, write: Callable[..., Path]):
    write(LINES, name="a1.csv")
    outcome = bring(LINES, name="a2.csv", mapping=importing_both())
    assert (outcome.lines.read, outcome.lines.landed, outcome.lines.known) == (14, 7, 7)


def importing_both() -> str:
    return """
source: SOURCE
files: "a*.csv"
time_zone: Europe/London
currency: GBP
kinds:
  - kind: order_line
    columns: {order_number: no, customer: card, product: article, quantity: qty, unit_price: price, placed_at: at}
"""


def test_a_line_repeated_in_its_file_stays(landed: Outcome, rows: Rows):
    mugs = [row for row in rows(ORDER_LINES) if (row["order_number"], row["product"]) == ("1001", "MUG")]
    assert [row["occurrence"] for row in sorted(mugs, key=lambda row: row["occurrence"])] == [1, 2]


def test_a_third_copy_of_a_line_is_new(landed: Outcome, bring: Import):
    assert bring([*LINES, LINES[0]]).lines.landed == 1


def test_a_new_line_of_an_old_order_makes_a_new_header(
    landed: Outcome, bring: Import, workspace: Workspace, rows: Rows
):
    bring(["1002,18,MUG,Blue mug,4,3.50,2011-03-02 10:00,Germany"], name="later.csv")
    headers = [row for row in rows(ORDERS) if row["order_number"] == "1002"]
    assert [(row["sale_amount"], row["lines"]) for row in headers] == [(2_400, 2)]
    vector = workspace.lake.vector([ORDERS])
    versions = workspace.lake.all_versions(ORDERS, vector)
    assert workspace.lake.count(versions.filter(versions.order_number == "1002")) == 2


def test_headers_say_what_an_order_was(landed: Outcome, rows: Rows):
    found = {row["order_number"]: (row["order_type"], row["sale_amount"], row["return_amount"]) for row in rows(ORDERS)}
    assert found == {
        "1001": ("sale", 3_200, 0),
        "1002": ("sale", 1_000, 0),
        "C1003": ("return", 0, 350),
        "1004": ("sale", 350, 0),
        "1005": ("other", 0, 0),
    }


def test_what_cannot_be_read_is_kept_with_its_reason(bring: Import, rows: Rows):
    outcome = bring(
        [
            LINES[0],
            "1010,17,MUG,Blue mug,two,3.50,2011-03-01 09:00,France",
            "1011,17,MUG,Blue mug,2,3.50,2011-02-30 09:00,France",
            ",17,MUG,Blue mug,2,3.50,2011-03-01 09:00,France",
            "1013,17,MUG,Blue mug,2,3.50,2011-03-01 09:00,France,more",
            "1014,17,MUG",
            '1015,17,MUG,"Blue mug,2,3.50,2011-03-01 09:00,France',
        ]
    )
    assert outcome.lines == Count("order_line", True, 7, 1, 6, 0)
    kept = sorted((row["line"], row["column"], row["reason"]) for row in rows(REJECTS) if row["column"])
    assert kept == [(3, "qty", "not a number"), (4, "at", "not a time"), (5, "no", "missing")]
    assert [(row["line"], row["reason"]) for row in rows(REJECTS) if not row["column"]] == [
        (6, "too many columns"),
        (7, "missing columns"),
        (8, "unquoted value"),
    ]
    assert all(row["text"] for row in rows(REJECTS))


def test_a_refused_line_is_found_in_its_own_file(bring: Import, write: Callable[..., Path], rows: Rows):
    write(LINES, name="a1.csv")
    bring([LINES[0], LINES[0].replace("3.50", "free")], name="a2.csv", mapping=importing_both())
    assert [(Path(row["file"]).name, row["line"]) for row in rows(REJECTS)] == [("a2.csv", 3)]


def test_a_refused_line_adds_nothing_else(bring: Import, rows: Rows, ask: Ask):
    bring(["1010,99,NEW,New thing,two,3.50,2011-03-01 09:00,France"])
    assert rows(RECORDS) == rows(PRODUCTS) == rows(ORDER_LINES) == []
    assert ask("select count(*) from record") == [(0,)]


def test_missing_columns_are_told_before_anything_is_landed(bring: Import, rows: Rows, ask: Ask):
    with pytest.raises(Invalid) as caught:
        bring(b"no,kard,article,qty,price,at,country,name\n")
    assert [(f.received, f.allowed[0]) for f in caught.value.faults] == [('"card"', "kard")]
    assert ask("select state, error from data_import") == [("failed", "Invalid")]
    assert rows(ORDER_LINES) == []


@pytest.mark.parametrize(
    "content", [b"", b"\xef\xbb\xbf", b"\x00\x01\x02", "no,card".encode("utf-16"), b"no\r\n1\n2\r\n", b"\n\n"]
)
def test_what_is_no_file_of_lines_ends_in_an_error_that_says_so(bring: Import, content: bytes):
    with pytest.raises(Invalid) as caught:
        bring(content)
    assert caught.value.describe()["message"]


def test_mixed_line_endings_are_read_as_lines(bring: Import):
    outcome = bring("\r\n".join([HEADER, LINES[0] + "\n" + LINES[1], ""]).encode())
    assert (outcome.lines.read, outcome.lines.landed) == (2, 2)


HEADER = "no,card,article,name,qty,price,at,country"


def test_a_header_alone_lands_nothing(bring: Import):
    assert bring([]).lines == Count("order_line", True, 0, 0, 0, 0)


def test_a_byte_order_mark_a_gzip_and_a_parquet_are_read(bring: Import, workspace: Workspace, tmp_path: Path):
    text = "\n".join([HEADER, *LINES, ""]).encode()
    assert bring(b"\xef\xbb\xbf" + text).lines.landed == 7
    assert bring(gzip.compress(text), name="till.csv.gz").lines.known == 7


def test_a_line_of_5_mb_is_refused_and_the_rest_landed(bring: Import):
    outcome = bring([LINES[0], LINES[1].replace("Blue mug", "x" * 5_000_000), LINES[2]])
    assert (outcome.lines.landed, outcome.lines.rejected) == (2, 1)


def test_control_characters_do_not_reach_the_tables(bring: Import, rows: Rows):
    bring(["1\x1f0,\x007,M\x00UG,\tBlue\x0bmug ,2,3.50,2011-03-01 09:00,France"])
    assert [(row["order_number"], row["product"]) for row in rows(ORDER_LINES)] == [("1 0", "M UG")]
    assert [row["name"] for row in rows(PRODUCTS)] == ["Blue mug"]


def test_a_separator_in_a_value_does_not_make_two_lines_one(bring: Import):
    one = "1,17,MUG\x1f2,Mug,3,3.50,2011-03-01 09:00,France"
    two = "1,17,MUG,Mug,2\x1f3,3.50,2011-03-01 09:00,France"
    assert bring([one, two]).lines == Count("order_line", True, 2, 1, 1, 0)


def test_local_time_becomes_an_instant_and_a_business_day(bring: Import, rows: Rows):
    bring(
        [
            "1,17,MUG,Mug,1,1,2011-03-26 23:30,France",  # the clocks of London go forward at 01:00 on the 27th
            "2,17,MUG,Mug,1,1,2011-03-27 02:30,France",
            "3,17,MUG,Mug,1,1,2011-10-29 23:30,France",  # and back at 02:00 on the 30th of October
            "4,17,MUG,Mug,1,1,2011-10-30 03:00,France",
            "5,17,MUG,Mug,1,1,2011-07-01 00:30,France",
        ]
    )
    found = {
        row["order_number"]: (f"{row['placed_at']:%m-%d %H:%M}", f"{row['business_date']:%m-%d}")
        for row in rows(ORDERS)
    }
    assert found == {
        "1": ("03-26 23:30", "03-26"),
        "2": ("03-27 01:30", "03-27"),
        "3": ("10-29 22:30", "10-29"),
        "4": ("10-30 03:00", "10-30"),
        "5": ("06-30 23:30", "07-01"),
    }


def test_a_killed_import_says_interrupted_after_the_next(bring: Import, ask: Ask, workspace: Workspace):
    with workspace.begin() as connection:
        connection.exec_driver_sql(
            "insert into data_import (workspace, source, state, files, bytes, started_at) "
            f"values ({workspace.number}, 'till', 'running', 1, 1, '2026-01-01')"
        )
    bring(LINES)
    assert ask("select state from data_import order by number") == [("interrupted",), ("landed",)]


FIELD = st.sampled_from(
    ["", "1", "-2", "3.505", "x", '"', '"a,b"', "2011-03-01", "2011-03-01 09:00", "\x00", "é", "1e400", "NaN", "9" * 30]
)
DIRTY = st.lists(st.one_of(st.sampled_from(LINES), st.lists(FIELD, min_size=6, max_size=9).map(",".join)), max_size=12)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(DIRTY)
def test_every_dirty_line_is_counted_once(bring: Import, lines: list[str]):
    try:
        counts = bring(lines).counts
    except QuanyuError as error:
        counts = ()
        told = error.describe()["message"]
    else:
        told = "counted"
    assert told
    assert all(count.read == count.landed + count.rejected + count.known for count in counts)


CHILD = """
import os
from pathlib import Path

from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.mapping import load_mapping
from quanyu.foundation.home import opened
from quanyu.foundation.registry import Registry
from quanyu.foundation.settings import Settings

os.environ.update(environment)
with opened(Settings.load()) as home:
    ws = home.workspace("main")
    kinds = [kind for room in ROOMS for kind in room.kinds]
    mapping = load_mapping(Path(path), kinds, Registry("quanyu.sources"), ws.time_zone, ws.currency)
    pipe.send("ready")
    pipe.recv()
    lines = import_files(ws, mapping).lines
    pipe.send((lines.read, lines.landed, lines.known))
"""
FORKS = multiprocessing.get_context("forkserver")  # importing all anew for each child takes longer than its work
FORKS.set_forkserver_preload(["quanyu.app.rooms", "quanyu.customers.ingest.importing", "quanyu.foundation.home"])


class Child:
    """Another process that opens the test's home and imports a mapping when told to go."""

    def __init__(self, mapping: Path, environment: dict[str, str], **more: str) -> None:
        self.pipe, theirs = FORKS.Pipe()
        given = {"pipe": theirs, "environment": {**environment, **more}, "path": str(mapping)}
        self.process = FORKS.Process(target=exec, args=(CHILD, given))
        self.process.start()
        theirs.close()

    def go(self) -> None:
        assert self.pipe.recv() == "ready"
        self.pipe.send("go")

    def end(self) -> int | None:
        self.process.join(60)
        return self.process.exitcode


def check_mended(home: homes.Home, settings: Settings, bring: Import, rows: Rows, ask: Ask, **given: Any) -> None:
    """Import again, and compare with an import that nobody disturbed."""
    workspace = home.workspace("main")
    bring(**given)
    recognise(workspace)
    assert state(workspace, rows, ask) == undisturbed(home, settings, bring, rows, ask, **given)
    assert stray_files(workspace) == set()
    assert not list((settings.home / "staging").rglob("*.parquet"))


@pytest.mark.each_point
@pytest.mark.parametrize("failpoint", [*importing.FAILPOINTS, *landing.FAILPOINTS])
def test_killed_anywhere_the_next_import_mends_it(
    failpoint: str,
    home: homes.Home,
    settings: Settings,
    environment: dict[str, str],
    write: Callable[..., Path],
    bring: Import,
    rows: Rows,
    ask: Ask,
):
    bring([LINES[3]], name="earlier.csv")
    killed = Child(write(LINES), environment, QUANYU_FAILPOINT=failpoint)
    killed.go()
    assert killed.end() == -signal.SIGKILL
    check_mended(home, settings, bring, rows, ask, lines=LINES)


@pytest.mark.scale
def test_killed_at_random_the_next_import_mends_it(
    home: homes.Home,
    settings: Settings,
    environment: dict[str, str],
    write: Callable[..., Path],
    bring: Import,
    rows: Rows,
    ask: Ask,
):
    lines = many(200)
    for _ in range(3):
        killed = Child(write(lines), environment)
        killed.go()
        time.sleep(random.uniform(0.05, 1.5))
        killed.process.kill()
        killed.end()
    check_mended(home, settings, bring, rows, ask, lines=lines)


def many(times: int) -> list[str]:
    return [line.replace("100", f"{n}00") for n in range(times) for line in LINES]


@pytest.mark.scale
def test_a_full_disk_is_told_and_the_next_import_works(
    home: homes.Home, settings: Settings, bring: Import, rows: Rows, ask: Ask, monkeypatch: pytest.MonkeyPatch
):
    """Each import finds what the one before left; `landed` and `cleaned` come last, for then the rows are there."""
    for failpoint in [*landing.FAILPOINTS, *importing.FAILPOINTS]:
        monkeypatch.setenv("QUANYU_FAILPOINT", f"{failpoint}=full")
        with pytest.raises(OSError, match="No space left"):
            bring(LINES)
        seen = len(rows(ORDER_LINES))
        assert seen == (7 if failpoint in {"import.landed", "import.cleaned"} else 0), failpoint
    monkeypatch.delenv("QUANYU_FAILPOINT")
    check_mended(home, settings, bring, rows, ask, lines=LINES)


def test_the_same_file_twice_at_once_lands_once(
    environment: dict[str, str], write: Callable[..., Path], workspace: Workspace, ask: Ask
):
    mapping = write(many(300))
    both = [Child(mapping, environment) for _ in range(2)]
    for child in both:
        child.go()
    assert sorted(child.pipe.recv() for child in both) == [(2_100, 0, 2_100), (2_100, 2_100, 0)]
    assert [child.end() for child in both] == [0, 0]
    assert workspace.lake.count(workspace.lake.table(ORDER_LINES, workspace.lake.vector([ORDER_LINES]))) == 2_100
    assert ask("select count(*), min(record), max(record) from record") == [(3, 0, 2)]


def test_two_sources_at_once_both_land(
    environment: dict[str, str], write: Callable[..., Path], workspace: Workspace, ask: Ask
):
    lines = many(200)
    both = [Child(write(lines, name=f"{s}.csv", source=s), environment) for s in ("till", "web")]
    for child in both:
        child.go()
    assert [child.pipe.recv() for child in both] == [(1_400, 1_400, 0)] * 2
    assert [child.end() for child in both] == [0, 0]
    assert ask("select count(*), count(distinct record), max(record) from record") == [(6, 6, 5)]
    done = recognise(workspace)
    assert (done.created, done.customers) == (3, 3)  # the card is an identifier of both


def test_an_absurd_number_costs_its_own_line_and_no_other(bring: Import, rows: Rows):
    outcome = bring([LINES[0], LINES[1].replace(",2,3.50,", ",999999999999,999999999999,")])
    assert (outcome.lines.read, outcome.lines.landed, outcome.lines.rejected) == (2, 1, 1)
    assert len(rows(ORDER_LINES)) == 1
