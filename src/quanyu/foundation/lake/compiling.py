"""Makes the text of a query once for all expressions of one form.

An import, a run of tags, a survey ask the same again and again, of tables with new names and at another instant. Making
the text takes Ibis many times what a small query takes to run.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import sqlglot.expressions as sge
from ibis.backends.duckdb import Backend
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler
from ibis.backends.sql.datatypes import DuckDBType
from ibis.common.collections import FrozenDict, FrozenOrderedDict
from ibis.expr.datashape import DataShape
from ibis.expr.operations.udf import InputType
from ibis.expr.schema import Schema
from sqlglot.expressions.core import Expression

KEPT = 4 << 20  # characters of texts
_GENERATED = re.compile(r"ibis_[a-z_]+_[a-z2-7]{26}")
_TOLD_BY_REPR = (float, Decimal, date, datetime, time, timedelta, UUID, bytes)
_HASHABLE = (str, dt.DataType, Schema, ops.Namespace)
_OTHERWISE = (ops.AggUDF, ops.ScalarParameter, ops.SQLQueryResult, ops.SQLStringView)
# Where a value is written as it is, and nothing else of the text depends on it.
_TAKING = (ops.Project, ops.IfElse, ops.Coalesce, ops.Comparison, ops.Between, ops.InValues)
_NUMBER, _INSTANT = 5_870_341_962_017_388_000, datetime(1013, 7, 11, 3, 58, 43, 917_000, tzinfo=UTC)

Key = tuple[Any, ...]
Walk = tuple[list[ops.Node], set[ops.Node]]
_Literal = ops.Literal[Any]


class Unlike(Exception):
    """An expression has something in it of which it is not known that equal forms have equal texts."""


@dataclass(frozen=True)
class Form:
    """An expression apart from what changes from one time to the next."""

    key: Key
    names: list[str]  # generated ones of tables
    values: list[_Literal]  # instants, days and whole numbers


class Texts:
    """Texts of queries by their form, cut where something changes; the least used leave."""

    def __init__(self, kept: int) -> None:
        self.found = self.made = 0
        self._kept = kept
        self._length = 0
        self._texts: OrderedDict[Key, Sequence[str]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Key) -> Sequence[str] | None:
        """Return the pieces of a text; every second one is the place of what changes."""
        with self._lock:
            if key not in self._texts:
                return None
            self.found += 1
            self._texts.move_to_end(key)
            return self._texts[key]

    def keep(self, key: Key, pieces: Sequence[str]) -> None:
        with self._lock:
            self.made += 1
            if key not in self._texts:
                self._texts[key] = pieces
                self._length += sum(map(len, pieces))
            while self._length > self._kept:
                self._length -= sum(map(len, self._texts.popitem(last=False)[1]))


TEXTS = Texts(KEPT)


class _Compiler(DuckDBCompiler):
    """Ibis' compiler, except that what is read from one table as it is may be read by each reader for itself.

    The engine keeps all that two readers have in common before either of them says which rows and columns it wants.
    """

    def translate(self, op: ops.Node, *, params: Mapping[ir.Value, Any]) -> Expression:
        query = super().translate(op, params=params)
        for each in query.find_all(sge.CTE):
            if _reads_alone(each.this):
                each.set("materialized", False)
        return query


class RememberingBackend(Backend):
    """DuckDB through Ibis, except that texts of queries are kept."""

    compiler = _Compiler()

    _walked: tuple[ops.Node, Walk] | None = None

    def compile(
        self,
        expr: ir.Expr,
        /,
        *,
        limit: int | None = None,
        params: Mapping[ir.Expr, Any] | None = None,
        pretty: bool = False,
    ) -> str:
        if limit is not None or params or pretty:
            return super().compile(expr, limit=limit, params=params, pretty=pretty)
        root = cast("ops.Relation", expr.as_table().op())
        try:
            form = form_of(root, self._walk(root))
        except Unlike:
            return super().compile(expr)
        pieces = TEXTS.find(form.key)
        if pieces is None:
            pieces = self._pieces(root, form)
            TEXTS.keep(form.key, pieces)
        present = [*form.names, *map(self._written, form.values)]
        return "".join(present[int(piece)] if n % 2 else piece for n, piece in enumerate(pieces))

    def get_schema(self, table_name: str, *, catalog: str | None = None, database: str | None = None) -> Schema:
        """Return the columns of a table; Ibis parses each type's name anew, which takes longer than to ask for it."""
        if catalog is not None or database is not None or '"' in table_name:
            return super().get_schema(table_name, catalog=catalog, database=database)
        described = self.con.execute(f'describe "{table_name}"').fetchall()
        return ibis.schema({name: _type(type_, null == "YES") for name, type_, null, *_ in described})

    def _run_pre_execute_hooks(self, expr: ir.Expr) -> None:
        """Make ready what an expression reads from memory, unless all of it is: Ibis looks three times to see so."""
        order, _ = self._walk(expr.op())
        found = [node for node in order if isinstance(node, (ops.InMemoryTable, ops.ScalarUDF))]
        tables = [node for node in found if isinstance(node, ops.InMemoryTable)]
        is_ready = len({table.name for table in tables}) == len(tables) and all(t in self._memtables for t in tables)
        if not is_ready or self._record_batch_readers_consumed or not all(map(_is_known, found)):
            super()._run_pre_execute_hooks(expr)

    def _walk(self, root: ops.Node) -> Walk:
        """Return the walk over an expression, which is asked for twice: for its text, and for what it reads."""
        before, self._walked = self._walked, None
        if before is not None and before[0] is root:
            return before[1]
        self._walked = (root, _in_order(root))
        return self._walked[1]

    def _pieces(self, root: ops.Relation, form: Form) -> list[str]:
        """Make the text with values that nothing else has, and cut it at them and at the names."""
        strange = {value: _strange(n, value) for n, value in enumerate(form.values)}
        text = super().compile((cast("ops.Relation", root.replace(strange)) if strange else root).to_expr())
        marks = [*form.names, *map(self._written, strange.values())]
        if not marks:
            return [text]
        numbers = {mark: str(number) for number, mark in enumerate(marks)}
        pieces = re.split(f"({'|'.join(map(re.escape, marks))})", text)
        return [numbers[piece] if n % 2 else piece for n, piece in enumerate(pieces)]

    def _written(self, value: _Literal) -> str:
        written = self.compiler.visit_node(value, value=value.value, dtype=value.dtype)
        return str(written.sql(dialect=self.dialect))


def form_of(root: ops.Node, walked: Walk | None = None) -> Form:
    """Tell all of an expression from the generated names of its tables, its instants and its large whole numbers.

    Raises `Unlike` for an expression that may be more than it shows.
    """
    order, fixed = walked or _in_order(root)
    walk = _Walk(fixed)
    for node in order:
        walk.see(node)
    return Form((ibis.options.sql.fuse_selects, *walk.parts), list(walk.names), list(walk.values))


def _in_order(root: ops.Node) -> Walk:
    """Return operations after those that they are made of, and the values on which more of a text may depend."""
    order: list[ops.Node] = []
    fixed: set[ops.Node] = set()
    seen: set[int] = set()
    waiting: list[tuple[ops.Node, bool]] = [(root, False)]
    while waiting:
        node, is_below_done = waiting.pop()
        if is_below_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            below = cast("tuple[ops.Node, ...]", node.__children__)
            if not isinstance(node, _TAKING):
                fixed.update(child for child in below if isinstance(child, ops.Literal))
            waiting.append((node, True))
            waiting += [(child, False) for child in reversed(below) if id(child) not in seen]
    return order, fixed


class _Walk:
    """Numbers operations, equal ones alike."""

    def __init__(self, fixed: set[ops.Node]) -> None:
        self.parts: dict[Key, int] = {}
        self.names: dict[str, int] = {}
        self.values: dict[_Literal, int] = {}
        self._fixed = fixed
        self._views: dict[object, int] = {}
        self._numbers: dict[int, int] = {}  # by identity: the root keeps all of them alive

    def see(self, node: ops.Node) -> None:
        self._numbers[id(node)] = self.parts.setdefault(self._part(node), len(self.parts))

    def _part(self, node: ops.Node) -> Key:
        kind = type(node)
        if isinstance(node, (ops.DatabaseTable, ops.InMemoryTable)):
            namespace = node.namespace if isinstance(node, ops.DatabaseTable) else None
            return (kind, self._name(node.name), node.schema, namespace)
        if isinstance(node, ops.SelfReference):  # views of one table are told apart by a counter
            place = self._views.setdefault(node.identifier, len(self._views))
            return (kind, self._value(node.parent), place)
        if isinstance(node, ops.Literal) and _changes(node) and node not in self._fixed:
            return (kind, node.dtype, (Form, self.values.setdefault(node, len(self.values))))
        if isinstance(node, _OTHERWISE) or (isinstance(node, ops.Impure) and not _is_builtin(node)):
            raise Unlike
        return (kind, *map(self._value, node.__args__))

    def _name(self, name: str) -> object:
        if not _GENERATED.fullmatch(name):
            return name
        return (Form, self.names.setdefault(name, len(self.names)))

    def _value(self, value: object) -> object:
        """Tell values apart that Python takes for equal: a whole number from a true one, one zone from another."""
        if value is None or isinstance(value, _HASHABLE):
            return value
        if isinstance(value, ops.Node):
            return self._numbers[id(value)]
        kind = type(value)
        if isinstance(value, tuple):
            return (tuple, *map(self._value, cast("tuple[object, ...]", value)))
        if isinstance(value, (FrozenDict, FrozenOrderedDict)):
            return (kind, *map(self._value, value.keys()), *map(self._value, value.values()))
        return (kind, _told(value))


def _told(value: object) -> object:
    if type(value) in (int, bool) or isinstance(value, Enum):
        return value
    if type(value) in _TOLD_BY_REPR:
        return repr(value)
    if isinstance(value, frozenset):
        return tuple(sorted(cast("Iterable[str]", value)))  # names of columns
    if isinstance(value, DataShape):
        return None
    raise Unlike


def _reads_alone(query: Expression) -> bool:
    """Say whether a query only takes rows and columns from one table."""
    if not isinstance(query, sge.Select) or not isinstance(query.args["from_"].this, sge.Table):
        return False
    given = {name for name, value in query.args.items() if value}
    return given <= {"expressions", "from_", "where"} and not any(query.find_all(sge.Subquery, sge.Func))


def _type(name: str, nullable: bool) -> dt.DataType:
    """Return the type of which the engine gives the name; one of codes may name a great many texts."""
    return dt.String(nullable=nullable) if name.startswith("ENUM(") else _parsed(name, nullable)


@lru_cache(maxsize=256)
def _parsed(name: str, nullable: bool) -> dt.DataType:
    return DuckDBType.from_string(name, nullable=nullable)


def _is_builtin(node: ops.Node) -> bool:
    """Say whether a function is the engine's own, of which Ibis cannot know whether it answers the same twice."""
    return isinstance(node, ops.ScalarUDF) and getattr(node, "__input_type__", None) is InputType.BUILTIN


def _is_known(node: ops.Node) -> bool:
    return isinstance(node, ops.InMemoryTable) or _is_builtin(node)


def _changes(value: _Literal) -> bool:
    """Say whether a value is of those that each time brings: numbers of imports and batches, instants, days."""
    if value.dtype.is_timestamp():
        return isinstance(value.value, datetime)
    if value.dtype.is_date():
        return type(value.value) is date
    return isinstance(value.dtype, dt.Int64) and type(value.value) is int and value.value >= 0


def _strange(n: int, value: _Literal) -> _Literal:
    if value.dtype.is_date():
        return ops.Literal(_INSTANT.date() + timedelta(days=n), dtype=value.dtype)
    moment = (_INSTANT + timedelta(microseconds=n)).replace(tzinfo=getattr(value.value, "tzinfo", None))
    return ops.Literal(moment if value.dtype.is_timestamp() else _NUMBER + n, dtype=value.dtype)
