"""What has changed between two versions of a table is told whole, however the versions came about."""

from collections.abc import Sequence

import ibis
import pyarrow as pa

from quanyu.foundation.lake.compaction import compact
from quanyu.foundation.lake.differing import difference, is_there, laid_between
from quanyu.foundation.lake.model import LakeTable, Vector
from quanyu.foundation.workspace import Workspace

INSTANT = pa.timestamp("us", tz="UTC")
SAID = LakeTable(
    "said",
    pa.schema([("key", pa.string()), ("value", pa.int64()), ("observed_at", INSTANT), ("import_number", pa.int64())]),
    sort_by=("value",),
    versioned_by=("key",),
)
SEEN = LakeTable("seen", pa.schema([("key", pa.string()), ("value", pa.int64())]), sort_by=("value",))
LAID = LakeTable("laid", SEEN.schema, sort_by=("value",), keyed_by=("key",))


def land(ws: Workspace, table: LakeTable, *rows: tuple[object, ...], supersedes: bool = True) -> Vector:
    names = table.schema.names
    filled = [dict.fromkeys(names) | dict(zip(names, (*row, 0, 1), strict=False)) for row in rows]
    with ws.lake.landing("test", [table]) as landing:
        landing.append(table, pa.Table.from_pylist(filled, schema=table.schema), supersedes=supersedes)
        ws.lake.publish(landing)
    return ws.lake.vector([table])


def told(ws: Workspace, table: LakeTable, before: Vector, after: Vector) -> tuple[list[object], list[object]] | None:
    """Return what readers saw and see of the rows that may have changed: key and value."""
    with difference(ws.lake, table, before, after) as found:
        if found is None:
            return None
        sides = (ws.lake.to_arrow(side.select("key", "value")).to_pylist() for side in (found.gone, found.come))
        gone, come = (sorted(((row["key"], row["value"]) for row in side), key=str) for side in sides)
        return gone, come


def test_appended_rows_are_told_with_the_version_that_they_supersede(workspace: Workspace) -> None:
    first = land(workspace, SAID, ("a", 1), ("b", 1), (None, 1))
    second = land(workspace, SAID, ("a", 2, 5), (None, 3, 5), ("c", 1))
    assert told(workspace, SAID, first, second) == ([("a", 1), (None, 1)], [("a", 2), ("c", 1), (None, 3)])
    assert told(workspace, SAID, {}, first) == ([], [("a", 1), ("b", 1), (None, 1)])
    assert told(workspace, SAID, second, second) is None


def test_what_compaction_wrote_anew_has_not_changed(workspace: Workspace) -> None:
    first = land(workspace, SEEN, ("a", 1), ("a", 1))
    second = land(workspace, SEEN, ("b", 2))
    keep(workspace, "first", first)
    keep(workspace, "second", second)
    compact(workspace.lake, [SEEN], keep_hours=0)
    after = workspace.lake.vector([SEEN])
    assert after != second
    assert told(workspace, SEEN, second, after) is None
    assert told(workspace, SEEN, first, after) == ([], [("b", 2)])


def test_one_of_two_equal_rows_that_is_taken_away_is_told(workspace: Workspace) -> None:
    once = land(workspace, SEEN, ("a", 1), ("b", 2))
    twice = land(workspace, SEEN, ("a", 1))
    assert told(workspace, SEEN, twice, once) == ([("a", 1)], [])


def test_rows_that_are_removed_are_told(workspace: Workspace) -> None:
    before = land(workspace, SAID, ("a", 1), ("b", 1))
    with workspace.lake.landing("test", [SAID]) as landing:
        landing.remove(SAID, ibis.memtable({"key": ["b"]}))
        workspace.lake.publish(landing)
    assert told(workspace, SAID, before, workspace.lake.vector([SAID])) == ([("b", 1)], [])


def test_a_version_whose_files_are_gone_is_not_there(workspace: Workspace) -> None:
    first = land(workspace, SEEN, ("a", 1))
    assert is_there(workspace.lake, SEEN, first)
    assert is_there(workspace.lake, SEEN, {})
    for file in (workspace.lake.folder / SEEN.name).glob("*.parquet"):
        file.unlink()
    assert not is_there(workspace.lake, SEEN, first)


def keep(ws: Workspace, holder: str, vector: Vector) -> None:
    with ws.begin() as connection:
        ws.lake.pin(connection, holder, vector)


def test_rows_laid_over_a_table_are_told_with_those_in_whose_place_they_stand(workspace: Workspace) -> None:
    first = land(workspace, LAID, ("a", 1), ("b", 1), ("c", 1), ("d", 1))
    second = lay(workspace, over=[("a", 2), ("b", 1), ("e", 5)], away=["c"])
    assert told(workspace, LAID, first, second) == ([("a", 1), ("c", 1)], [("a", 2), ("e", 5)])
    third = lay(workspace, over=[("a", 1), ("c", 3)], away=["e"])
    assert told(workspace, LAID, second, third) == ([("a", 2), ("e", 5)], [("a", 1), ("c", 3)])
    assert told(workspace, LAID, first, third) == ([("c", 1)], [("c", 3)])
    assert told(workspace, LAID, {}, third) == ([], [("a", 1), ("b", 1), ("c", 3), ("d", 1)])
    for vector in (first, second, third):
        keep(workspace, str(vector[LAID.name].version), vector)
    compact(workspace.lake, [LAID], keep_hours=0)
    after = workspace.lake.vector([LAID])
    assert after != third
    assert told(workspace, LAID, third, after) is None
    assert told(workspace, LAID, second, after) == ([("a", 2), ("e", 5)], [("a", 1), ("c", 3)])


def lay(
    ws: Workspace, *, over: list[tuple[str, int]], away: list[str], partly: Sequence[tuple[str, int]] = ()
) -> Vector:
    with ws.lake.landing("test", [LAID]) as landing:
        some = [{"key": key, "value": value} for key, value in partly]
        landing.lay_partly(LAID, ibis.memtable(pa.Table.from_pylist(some, schema=LAID.schema)))
        rows = [{"key": key, "value": value} for key, value in over]
        landing.lay_over(LAID, ibis.memtable(pa.Table.from_pylist(rows, schema=LAID.schema)))
        landing.take_away(LAID, ibis.memtable(pa.table({"key": away})))
        ws.lake.publish(landing)
    return ws.lake.vector([LAID])


def test_what_was_only_laid_over_a_table_is_read_by_itself(workspace: Workspace) -> None:
    first = land(workspace, LAID, ("a", 1), ("b", 1), ("c", 1), ("d", 1))
    second = lay(workspace, over=[("a", 2), ("e", 5)], away=["c"])
    third = lay(workspace, over=[("a", 3)], away=["e"])
    assert laid(workspace, first, second) == ({"a", "c", "e"}, [("a", 2), ("e", 5)])
    assert laid(workspace, first, third) == ({"a", "c", "e"}, [("a", 3)])
    assert laid(workspace, third, third) == (set(), [])
    compact(workspace.lake, [LAID], keep_hours=0)
    assert laid(workspace, first, workspace.lake.vector([LAID])) is None


def test_columns_that_were_laid_over_by_themselves_are_told_apart(workspace: Workspace) -> None:
    first = land(workspace, LAID, ("a", 1), ("b", 1), ("c", 1))
    second = lay(workspace, over=[("a", 2)], away=[], partly=[("b", 5), ("c", 5)])
    third = lay(workspace, over=[("c", 3)], away=[], partly=[("a", 4)])
    assert laid(workspace, first, second) == ({"a"}, [("a", 2), ("b", 5), ("c", 5)])
    assert laid(workspace, first, third) == ({"a", "c"}, [("a", 4), ("b", 5), ("c", 3)])
    assert laid(workspace, second, third) == ({"c"}, [("a", 4), ("c", 3)])
    assert told(workspace, LAID, second, third) == ([("a", 2), ("c", 5)], [("a", 4), ("c", 3)])


def laid(ws: Workspace, before: Vector, after: Vector) -> tuple[set[str], list[tuple[object, ...]]] | None:
    told = laid_between(ws.lake, LAID, before, after)
    if told is None:
        return None
    rows = [row for each in (told.rows, *told.columns.values()) for row in ws.lake.to_arrow(each).to_pylist()]
    return set(ws.lake.to_arrow(told.keys)["key"].to_pylist()), sorted((row["key"], row["value"]) for row in rows)
