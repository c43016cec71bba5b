"""Values to ask for, so given to a query that its text is the same whatever they are: texts are made once."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import cast

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from quanyu.foundation.lake.model import Value

_VIEWS = "select view_name, sql from duckdb_views() where temporary and view_name in (select unnest(?))"
_NOBODY = 1 << 62  # ordinals are dense: none comes to this
_FIRST, _SECOND = (1 << 61) + 1, (1 << 61) + 2  # nor to these: they stand in a text where ordinals will


@dataclass(frozen=True)
class Question:
    """A query about some ordinals, made once: to make it takes longer than to run it.

    `pieces` are its text, cut where ordinals are listed, and `joints` what stands between two of each list. It may be
    asked on any connection, unless it `is_bound` to the one on which it was made, by what it reads from memory; that
    would go without the expression.
    """

    expression: ir.Table
    pieces: tuple[str, ...]
    joints: tuple[str, ...]
    is_bound: bool

    @classmethod
    def of(cls, backend: Backend, make: Callable[[list[Value]], ir.Table]) -> "Question":
        """Make the query of ordinals that `make` is given; it may only list them all, in their order."""
        expression = make([ibis.literal(place, "int64") for place in (_FIRST, _SECOND)])
        backend._run_pre_execute_hooks(expression)  # pyright: ignore[reportPrivateUsage]  it registers in-memory tables
        text = _apart_from_views(backend, expression)
        pieces = re.split(rf"\b{_FIRST}\b(.*?)\b{_SECOND}\b", text, flags=re.DOTALL)
        assert not any(str(place) in piece for place in (_FIRST, _SECOND) for piece in pieces), "no list of ordinals"
        return cls(expression, tuple(pieces[::2]), tuple(pieces[1::2]), bool(expression.op().find(ops.InMemoryTable)))

    def ask(self, backend: Backend, ordinals: Sequence[int]) -> pa.Table:
        """Run it for these ordinals."""
        listed = [str(ordinal) for ordinal in ordinals or (_NOBODY,)]
        lists = [joint.join(listed) for joint in self.joints]
        text = "".join(part for pair in zip_longest(self.pieces, lists, fillvalue="") for part in pair)
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


def few(ordinals: Sequence[int]) -> list[Value]:
    """Return these ordinals for `isin`, and up to a power of two numbers that are none.

    A list of each length has a text of its own, and so has one of each type: Ibis takes the narrowest.
    """
    whole = 1 << max(len(ordinals) - 1, 0).bit_length()
    padded = [*ordinals, *range(_NOBODY, _NOBODY + whole - len(ordinals))]
    return [ibis.literal(number, "int64") for number in padded] if ordinals else []


def words(texts: Iterable[str]) -> Value:
    """Return a column of these texts for `isin`: they are no part of the query's."""
    asked: Value = ibis.memtable(pa.table({"asked": pa.array(sorted(set(texts)), pa.string())}))
    return asked.asked
