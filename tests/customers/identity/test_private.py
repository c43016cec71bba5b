"""Private values: sealed at rest, opened with the workspace's key, found nowhere in the clear."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from ibis import _

from quanyu.customers.identity.private import open_attributes, open_both, open_values
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import RECORDS, RECORDS_PRIVATE
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation import home as homes
from quanyu.foundation.errors import Conflict
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
SECRET = "13800138000"
MEMBERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: customer_record
    columns: {key: id, country: country, name: name, birth_date: born, address: address}
    identifiers: [{type: card, scope: all, column: card}]
"""


def members(size: int) -> dict[str, Any]:
    lines = [f"key-of-{SECRET}-{n},China,{SECRET}{n:05d},{SECRET} Wang,1985-10-26,{SECRET} Road" for n in range(size)]
    return {"lines": "\n".join(["id,country,card,name,born,address", *lines, ""]).encode(), "mapping": MEMBERS}


def values(workspace: Workspace, records: list[int] | None = None) -> list[tuple[int, str, str, str]]:
    opened = open_values(workspace, workspace.lake.vector([RECORDS_PRIVATE]), records)
    return [(row["record"], row["type"], row["scope"], row["value"]) for row in opened.to_pylist()]


def test_blocks_open_again(bring: Import, workspace: Workspace):
    bring(**members(9_000))
    found = values(workspace)
    assert len(found) == 9_000
    assert {value for _, _, _, value in found} == {f"{SECRET}{n:05d}" for n in range(9_000)}
    assert {(type_, scope) for _, type_, scope, _ in found} == {("card", "all")}
    assert sorted(record for record, *_ in found) == list(range(9_000))


def test_records_are_asked_for(bring: Import, workspace: Workspace):
    bring(**members(9_000))
    assert sorted(record for record, *_ in values(workspace, [4_500, 7, 8_999])) == [7, 4_500, 8_999]
    assert sorted(record for record, *_ in values(workspace, [8_999, 7, 7])) == [7, 8_999]  # none of the block between
    assert values(workspace, [99_999]) == values(workspace, []) == []


def test_neighbours_are_opened_with_what_is_known_of_them_now(bring: Import, workspace: Workspace):
    first = members(9_000)
    bring(**first)
    bring(lines=first["lines"].replace(b"1985-10-26", b"1990-01-02"), mapping=MEMBERS)
    vector = workspace.lake.vector([RECORDS_PRIVATE])
    blocks = workspace.lake.table(RECORDS_PRIVATE, vector).filter(_.attributes)
    assert workspace.lake.to_arrow(blocks.agg(rows=blocks.rows.sum()))["rows"][0].as_py() == 4 * 9_000
    identifiers, attributes = open_values(workspace, vector), open_attributes(workspace, vector)
    assert (identifiers.num_rows, attributes.num_rows) == (9_000, 3 * 9_000)
    expected = Counter([*listed(identifiers), *((r, t, None, v) for r, t, v in listed(attributes))])
    assert {v for _record, type_, _scope, v in expected if type_ == "birth_date"} == {"1990-01-02"}
    parts = [open_both(workspace, vector, range(at, at + 2_500)) for at in range(0, 10_000, 2_500)]
    assert [min(part["record"].to_pylist()) for part in parts] == [0, 2_500, 5_000, 7_500]
    assert Counter(row for part in parts for row in listed(part)) == expected
    assert open_both(workspace, vector, range(10_000, 10_500)).num_rows == 0


def listed(table: pa.Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


def test_no_block_opens_with_another_key(bring: Import, workspace: Workspace, home: homes.Home, settings: Settings):
    bring(**members(10))
    homes.create(settings, "other", "UTC", "CNY").close()
    other = home.workspace("other").key
    blocks = workspace.lake.table(RECORDS_PRIVATE, workspace.lake.vector([RECORDS_PRIVATE]))
    row, other_row = sorted(workspace.lake.to_arrow(blocks).to_pylist(), key=lambda row: row["attributes"])
    assert (row["attributes"], other_row["attributes"]) == (False, True)
    assert SECRET.encode() not in row["block"]
    with pytest.raises(Conflict, match="does not open"):
        other.open(row["block"], f"records {row['first_record']} to {row['last_record']}")
    with pytest.raises(Conflict, match="does not open"):
        workspace.key.open(row["block"], "records 10 to 19")


def test_no_value_is_found_in_the_lake_nor_in_the_database(
    bring: Import, workspace: Workspace, settings: Settings, database_url: str, rows: Callable[..., list[Any]]
):
    bring(**members(50))
    recognise(workspace)
    assert len(values(workspace)) == 50
    assert open_attributes(workspace, workspace.lake.vector([RECORDS_PRIVATE]), [7]).num_rows == 3
    outside = [file for file in settings.home.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]
    assert outside == []
    assert "1985-10-26" not in str(rows(RECORDS))
    with psycopg.connect(database_url) as connection:
        connection.execute("select set_config('quanyu.workspace', %s, false)", [str(workspace.number)])
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        assert len(tables) > 5
        for (table,) in tables:
            found = connection.execute(f'select count(*) from "{table}" t where t::text like %s', [f"%{SECRET}%"])
            assert (table, found.fetchone()) == (table, (0,))
