"""Keeps the result of an expression as a table of the engine, texts of few values as numbers."""

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager

import ibis
import ibis.expr.types as ir
from ibis.backends.sql.datatypes import DuckDBType

from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.model import Value


@contextmanager
def hold(engine: DuckDB, rows: ir.Table, codes: Mapping[str, ir.Table]) -> Generator[ir.Table]:
    """Keep `rows` while the context lasts; see `Lake.held`."""
    backend = engine.backend()
    name = ibis.util.gen_name("held")
    with ExitStack() as stack:
        coded = {column: stack.enter_context(_enumerated(engine, values)) for column, values in codes.items()}
        types = _declared(rows) | {column: f'"{code}"' for column, code in coded.items()}
        columns = ", ".join(_as(column, types.get(column)) for column in rows.columns)
        _run(engine, f'create temp table "{name}" as select {columns} from ($rows)', rows)
        stack.callback(backend.raw_sql, f'drop table if exists "{name}"')
        yield backend.table(name)


def _declared(rows: ir.Table) -> dict[str, str]:
    """Return the types that Ibis takes whole numbers for: the engine's sums are wider."""
    return {name: DuckDBType.to_string(type_) for name, type_ in rows.schema().items() if type_.is_integer()}


def _as(column: str, type_: str | None) -> str:
    return f'"{column}"' if type_ is None else f'cast("{column}" as {type_}) as "{column}"'


@contextmanager
def _enumerated(engine: DuckDB, values: ir.Table) -> Generator[str]:
    """Make a type of these texts, whose order is that of the texts: what is compared by number compares as before."""
    name = ibis.util.gen_name("codes")
    only: Value = values[values.columns[0]]
    known = values.filter(only.notnull()).distinct().order_by(values.columns[0])
    _run(engine, f'create type "{name}" as enum ($rows)', known)
    try:
        yield name
    finally:
        engine.backend().raw_sql(f'drop type "{name}"')


def _run(engine: DuckDB, statement: str, rows: ir.Table) -> None:
    """Run a statement in which `$rows` stands for an expression."""
    backend = engine.backend()
    compiled = backend.compile(rows)
    backend._run_pre_execute_hooks(rows)  # pyright: ignore[reportPrivateUsage]  it registers in-memory tables
    backend.con.execute(statement.replace("$rows", compiled))
