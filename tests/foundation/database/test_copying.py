"""What goes in by COPY comes back as it was."""

from uuid import UUID, uuid4

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanyu.customers.ingest.tables import source
from quanyu.foundation.database.copying import Bigints, Uuids, copy_in, insert_rows, read_arrays, read_columns, run

TEXT = st.none() | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=10)
HARD = st.sampled_from(
    ["", "\\.", "\\N", '"', '""', "'", ",", "\n", "\r\n", "\r", "\t", "NULL", " a ", "全域", "\\", "\ufeff"]
)
ROWS = st.lists(st.tuples(TEXT | HARD, st.none() | st.integers(-(1 << 63), (1 << 63) - 1), st.none() | st.booleans()))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(ROWS)
def test_rows_come_back_as_they_were(home, rows: list[tuple[str | None, int | None, bool | None]]):
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], []]
    types = {"te xt": pa.string(), "number": pa.int64(), "yes": pa.bool_()}
    table = pa.table({n: pa.array(c, t) for (n, t), c in zip(types.items(), columns, strict=True)})
    with home.database.begin() as connection:
        create = 'create temporary table given (place serial, "te xt" text, number bigint, yes bool) on commit drop'
        connection.exec_driver_sql(create)
        assert copy_in(connection, "given", table) == len(rows)
        found = connection.exec_driver_sql('select "te xt", number, yes from given order by place')
        assert [tuple(row) for row in found] == rows


def test_rows_go_into_a_guarded_table_and_only_of_its_workspace(home, workspace):
    def sources(number: int, *names: str) -> pa.Table:
        table = pa.table({"workspace": pa.array([number] * len(names), pa.int32()), "name": list(names)})
        at = pa.array(["2024-01-01 00:00:00Z"] * len(names))
        return table.append_column("mapping", pa.array([""] * len(names))).append_column("registered_at", at)

    with workspace.begin() as connection:
        assert insert_rows(connection, source, sources(workspace.number, "till", "web")) == 2
        assert insert_rows(connection, source, sources(workspace.number, "app")) == 1
        assert insert_rows(connection, source, sources(workspace.number)) == 0
    with pytest.raises(sa.exc.ProgrammingError), workspace.begin() as connection:
        insert_rows(connection, source, sources(workspace.number + 1, "theirs"))
    with workspace.begin() as connection:
        names = connection.exec_driver_sql("select name from source order by name").scalars().all()
    assert names == ["app", "till", "web"]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(-(1 << 63), (1 << 63) - 1), st.uuids()), max_size=20))
def test_columns_are_read_as_they_are(home, rows: list[tuple[int, UUID]]):
    numbers, ids = [row[0] for row in rows], [str(row[1]) for row in rows]
    with home.database.begin() as connection:
        connection.exec_driver_sql("create temporary table given (place serial, n bigint, id uuid) on commit drop")
        copy_in(connection, "given", pa.table({"n": pa.array(numbers, pa.int64()), "id": pa.array(ids, pa.string())}))
        query = "select n, id from given order by place"
        found = read_columns(connection, query, {"n": "bigint", "id": "uuid"})
    assert found.schema.types == [pa.int64(), pa.binary(16)]
    assert found["n"].to_pylist() == numbers
    assert [str(UUID(bytes=value)) for value in found["id"].to_pylist()] == ids


def test_no_rows_are_columns_without_values(home):
    with home.database.begin() as connection:
        query = "select 1 as n, gen_random_uuid() as id where false"
        found = read_columns(connection, query, {"n": "bigint", "id": "uuid"})
    assert (found.num_rows, found.column_names) == (0, ["n", "id"])
    assert found.schema.types == [pa.int64(), pa.binary(16)]


def test_many_rows_keep_their_order(home):
    numbers = list(range(300_000, 0, -1))
    given = pa.table({"n": pa.array(numbers, pa.int64()), "id": [str(uuid4())] * len(numbers)})
    with home.database.begin() as connection:
        connection.exec_driver_sql("create temporary table given (place serial, n bigint, id uuid) on commit drop")
        assert copy_in(connection, "given", given) == len(numbers)
        found = read_columns(connection, "select n from given order by place", {"n": "bigint"})
    assert found["n"].to_pylist() == numbers


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(-(1 << 63), (1 << 63) - 1), st.uuids(), TEXT.filter(bool)), max_size=20))
def test_arrays_go_in_and_out_as_they_are(home, rows: list[tuple[int, UUID, str]]):
    given = {
        "n": Bigints(np.array([row[0] for row in rows], np.int64)),
        "id": Uuids(b"".join(row[1].bytes for row in rows)),
        "te": [row[2] for row in rows],
    }
    every = "select array_agg(n order by place), array_agg(id order by place), array_agg(te order by place) from told"
    columns = {"n": "bigint", "id": "uuid", "te": "text"}
    with home.database.begin() as connection:
        connection.exec_driver_sql("create temporary table told (place bigint, n bigint, id uuid, te text)")
        rows_of = "unnest(%(n)s, %(id)s, %(te)s::text[]) with ordinality u (n, id, te, place)"
        run(connection, f"insert into told select place, n, id, te from {rows_of}", given)
        found = read_arrays(connection, every, columns, {})
        connection.exec_driver_sql("drop table told")
    assert found["n"].to_pylist() == [row[0] for row in rows]
    assert found["id"].to_pylist() == [row[1].bytes for row in rows]
    assert found["te"].to_pylist() == [row[2] for row in rows]
