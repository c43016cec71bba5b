"""Values to ask for, so given to a query that its text is the same whatever they are: texts are made once."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from quanyu.foundation.lake.model import Value

_VIEWS = "select view_name, sql from duckdb_views() where temporary and view_name in (select unnest(?))"
_NOBODY = 1 << 62  # ordinals are dense: none comes to this
_PLACE = 1 << 61  # nor to this: it stands in a text where an ordinal will


@dataclass(frozen=True)
class Question:
    """A query about as many ordinals as it has places, made once: to make it takes longer than to run it.

    It may be asked on any connection, unless it `is_bound` to the one on which it was made, by what it reads from
    memory; that would go without the expression.
    """

    expression: ir.Table
    pieces: tuple[str | int, ...]
    is_bound: bool

    @classmethod
    def of(cls, backend: Backend, make: Callable[[list[Value]], ir.Table], places: int) -> "Question":
        """Make the query of ordinals that `make` is given."""
        expression = make([ibis.literal(_PLACE + number, "int64") for number in range(places)])
        backend._run_pre_execute_hooks(expression)  # pyright: ignore[reportPrivateUsage]  it registers in-memory tables
        marks = "|".join(str(_PLACE + number) for number in range(places))
        parts = re.split(rf"\b({marks})\b", _apart_from_views(backend, expression))
        pieces = tuple(int(part) - _PLACE if n % 2 else part for n, part in enumerate(parts))
        return cls(expression, pieces, bool(expression.op().find(ops.InMemoryTable)))

    def ask(self, backend: Backend, ordinals: Sequence[int]) -> pa.Table:
        """Run it for these ordinals, as many as there are places."""
        text = "".join(str(ordinals[piece]) if isinstance(piece, int) else piece for piece in self.pieces)
        rows = backend.con.execute(text).fetchall()  # few; a relation would be planned once more for its types
        types = self.expression.schema().to_pyarrow()
        columns = zip(*rows, strict=True) if rows else [()] * len(types)
        return pa.table([pa.array(column, type_) for column, type_ in zip(columns, types.types, strict=True)], types)


def _apart_from_views(backend: Backend, expression: ir.Table) -> str:
    """Return the text of a query with views, which only their connection has, written out."""
    text = backend.compile(expression)
    names = {cast("ops.DatabaseTable", node).name for node in expression.op().find(ops.DatabaseTable)}
    for name, sql in backend.con.execute(_VIEWS, [sorted(names)]).fetchall():
        text = text.replace(f'"{name}"', f"({sql.partition(' AS ')[2].rstrip(';')})")
    return text


def padded(ordinals: Sequence[int]) -> list[int]:
    """Return these ordinals, and up to a power of two numbers that are none."""
    whole = 1 << max(len(ordinals) - 1, 0).bit_length()
    return [*ordinals, *range(_NOBODY, _NOBODY + whole - len(ordinals))]


def few(ordinals: Sequence[int]) -> list[Value]:
    """Return these ordinals, padded, for `isin`.

    A list of each length has a text of its own, and so has one of each type: Ibis takes the narrowest.
    """
    return [ibis.literal(number, "int64") for number in padded(ordinals)] if ordinals else []


def words(texts: Iterable[str]) -> Value:
    """Return a column of these texts for `isin`: they are no part of the query's."""
    asked: Value = ibis.memtable(pa.table({"asked": pa.array(sorted(set(texts)), pa.string())}))
    return asked.asked
