"""An export holds the living members, their chosen tags in readable units, appears whole, and is recorded."""

import json
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.targeting.audiences.conftest import state_of_last

from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.exporting import FAILPOINTS, Exported, Wanted, export, file_target, identifiers_beside
from quanyu.targeting.audiences.lists import KeptList, keep
from quanyu.targeting.audiences.recording import list_exports
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.tags.computing import compute

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)
CHILD = """
import sys
from pathlib import Path
from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings
from quanyu.targeting.audiences.exporting import Wanted, export, file_target

with opened(Settings.load()) as home:
    export(home.workspace(), Wanted("everybody", ["frequency"]), file_target(Path(sys.argv[1])), "child")
"""


def exported(ws: Workspace, path: Path, tags: list[str] | None = None, name: str = "everybody") -> Exported:
    return export(ws, Wanted(name, tags), file_target(path), "test")


def test_csv_is_readable(everybody, tmp_path: Path) -> None:
    everybody.live(0, 1, 2, 3)
    done = exported(everybody.ws, tmp_path / "a.csv", ["monetary", "recency_days", "country", "first_purchase"])
    assert done.rows == 4
    assert (tmp_path / "a.csv").read_text().splitlines() == [
        '"one_id","monetary_GBP","recency_days","country","first_purchase"',
        f'"cus_{0:032x}",180.01,62,"Germany",2011-01-31',
        f'"cus_{1:032x}",2.01,1,"France",2011-05-31',
        f'"cus_{2:032x}",,,"NO",',
        f'"cus_{3:032x}",30.00,161,"Japan",2011-01-01',
    ]
    assert [p.name for p in tmp_path.glob("*.part")] == []


def test_parquet_has_types(everybody, tmp_path: Path) -> None:
    exported(everybody.ws, tmp_path / "a.parquet")
    found = pq.read_table(tmp_path / "a.parquet")
    assert found.num_rows == 5
    assert found.schema.field("monetary_GBP").type == pa.decimal128(22, 2)
    assert found.schema.field("rfm_score").type == pa.string()
    assert found["average_basket_GBP"].to_pylist()[:2] == [Decimal("45.00"), Decimal("1.01")]
    assert found["last_purchase"].to_pylist()[1] == date(2011, 6, 30)


def test_what_cannot_be_written_is_said_before(everybody, tmp_path: Path) -> None:
    for path in (tmp_path / "a.xls", tmp_path / "nowhere" / "a.csv"):
        with pytest.raises(Invalid, match="cannot be written"):
            exported(everybody.ws, path)
    with pytest.raises(Invalid) as caught:
        exported(everybody.ws, tmp_path / "a.csv", ["monetry"])
    assert caught.value.allowed[0] == "monetary"
    with pytest.raises(NotFound) as missing:
        exported(everybody.ws, tmp_path / "a.csv", name="everybodi")
    assert missing.value.allowed == ("everybody",)
    assert list(tmp_path.glob("a.*")) == []
    assert list_exports(everybody.ws, 9) == []


def test_without_a_snapshot_it_says_what_to_do(retailer, tmp_path: Path) -> None:
    compute(retailer.ws, AS_OF)
    words = "title: {en: T, zh: 题}, description: {en: D, zh: 述}"
    apply(retailer.ws, f"{{name: everybody, {words}, rule: {{tag: frequency, is: is_known}}}}")
    with pytest.raises(Conflict, match="no snapshot"):
        exported(retailer.ws, tmp_path / "a.csv")
    assert list(tmp_path.glob("a.*")) == []


def test_the_record_says_who_took_what(everybody, tmp_path: Path) -> None:
    ws, path = everybody.ws, tmp_path / "a.csv"
    wanted = Wanted("everybody", ["country", "frequency"], identifiers=True, reason="letters of may")
    done = export(ws, wanted, file_target(path), "ann", identifiers_beside(path))
    (found,) = list_exports(ws, 9)
    snapshot = refresh(ws, "everybody")[0].snapshot
    assert (found.number, found.state, found.who, found.rows) == (done.number, "finished", "ann", 5)
    assert (found.audience, found.version, found.snapshot) == ("everybody", 1, snapshot.number)
    assert (found.definition_hash, found.tag_run) == (snapshot.definition_hash, snapshot.tag_run)
    assert (found.columns, found.target, found.place) == (["country", "frequency"], "csv", str(path))
    assert (found.identifiers, found.reason, found.left_out) == (True, "letters of may", {})
    assert (tmp_path / "a.identifiers.csv").stat().st_mode & 0o777 == 0o600


def test_identifiers_need_a_reason_and_a_file(everybody, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for wanted, private, problem in (
        (Wanted("everybody", identifiers=True), identifiers_beside(path), "need a reason"),
        (Wanted("everybody", identifiers=True, reason=" "), identifiers_beside(path), "need a reason"),
        (Wanted("everybody", identifiers=True, reason="x"), None, "to a file only"),
        (Wanted("everybody"), identifiers_beside(path), "to a file only"),
    ):
        with pytest.raises(Invalid, match=problem):
            export(everybody.ws, wanted, file_target(path), "ann", private)
    assert list(tmp_path.glob("a.*")) == []


def test_a_list_is_exported_as_an_audience_is(everybody, tmp_path: Path) -> None:
    ws = everybody.ws
    kept = KeptList("two", 0, "phone", 1, 2, {"read": 2}, "ann", AS_OF)
    with ws.begin() as connection:
        keep(ws, connection, kept, OrdinalSet.of([1, 3]))
    assert exported(ws, tmp_path / "a.csv", ["country"], "two").rows == 2
    assert "Japan" in (tmp_path / "a.csv").read_text()
    (found,) = list_exports(ws, 9, "two")
    assert (found.version, found.snapshot, found.definition_hash) == (1, None, None)


def test_the_record_names_the_definition_of_the_snapshot(everybody, tmp_path: Path) -> None:
    ws = everybody.ws
    words = "title: {en: T, zh: 题}, description: {en: D, zh: 述}"
    apply(ws, f'{{name: everybody, {words}, rule: {{tag: frequency, is: ">", value: 0}}}}')
    assert (exported(ws, tmp_path / "a.csv").rows, list_exports(ws, 1)[0].version) == (5, 1)
    refresh(ws)
    assert (exported(ws, tmp_path / "a.csv").rows, list_exports(ws, 1)[0].version) == (3, 2)


def test_what_failed_is_recorded_and_leaves_the_old_file(everybody, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text("before")
    monkeypatch.setenv("QUANYU_FAILPOINT", "exports.written=full")
    with pytest.raises(OSError, match="No space"):
        exported(everybody.ws, path)
    (found,) = list_exports(everybody.ws, 9)
    assert (found.state, found.error, found.rows) == ("failed", "OSError", None)
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.glob(".*.part")] == []


@pytest.mark.each_point
@pytest.mark.parametrize(("point", "suffix"), [*((point, "csv") for point in FAILPOINTS), ("exports.written", "xlsx")])
def test_killed_anywhere_the_file_is_whole_or_not_there(
    everybody, environment, tmp_path: Path, point: str, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    child = subprocess.run(
        ["python", "-c", CHILD, str(path)],
        env={**environment, "QUANYU_FAILPOINT": point},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == -9, child.stderr
    state = state_of_last(everybody.ws)
    (found,) = list_exports(everybody.ws, 9)
    shown = FAILPOINTS.index(point) >= FAILPOINTS.index("exports.shown")
    assert path.exists() == shown, "and whoever sees the file finds who began to write it"
    assert found.who == "child"
    assert state == ("finished" if point == "exports.recorded" else "interrupted")
    size = path.stat().st_size if shown else None
    exported(everybody.ws, path, ["frequency"])
    assert size is None or abs(path.stat().st_size - size) < 20
    assert [each.state for each in list_exports(everybody.ws, 9)] == ["finished", state]
    assert [p.name for p in tmp_path.glob(".*.part")] == []


def test_numbers_of_the_record_are_json(everybody, tmp_path: Path) -> None:
    exported(everybody.ws, tmp_path / "a.csv")
    with everybody.ws.begin() as connection:
        row = connection.exec_driver_sql("select row_to_json(e)::text from audience_export e").scalar_one()
    assert json.loads(row)["left_out"] == {}
