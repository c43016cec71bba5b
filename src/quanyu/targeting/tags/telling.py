"""Tells of some customers what tags they have by the last run, in the words of their definitions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from quanyu.foundation.lake.model import Value
from quanyu.foundation.money import exponent
from quanyu.foundation.sets.index import Index
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.arrays import day_number
from quanyu.targeting.fields.compiling import asked_value
from quanyu.targeting.fields.model import Form
from quanyu.targeting.tags.indexing import TAGGED, index_of
from quanyu.targeting.tags.model import Cases, FromField, Given, Highest, Tag, TagRun
from quanyu.targeting.tags.runs import current

_AT_ONCE = 4_096
Shown = int | float | Decimal | date | str | bool


@dataclass(frozen=True)
class ToldTag:
    """A tag with its value, amounts in major units; `title` is what a code's value is called, where that is told."""

    tag: Tag
    value: Shown
    title: Text | None


def tags_of(ws: Workspace, customer: int) -> tuple[TagRun, list[ToldTag]]:
    """Return the run and the tags that a customer (an ordinal) has by it, in the order of their definitions.

    Raises Conflict where no run can be asked.
    """
    run, tags, found = _values(ws, [customer], None)
    row = found.get(customer, {})
    return run, [_told(ws, tag, row[tag.name]) for tag in tags if row.get(tag.name) is not None]


def values_of(
    ws: Workspace, customers: Sequence[int], names: Sequence[str]
) -> tuple[TagRun, dict[int, dict[str, Any]]]:
    """Return the run, and of customers (ordinals) the values of those of these tags that there are."""
    run, _tags, found = _values(ws, customers, names)
    return run, found


def _values(
    ws: Workspace, customers: Sequence[int], names: Sequence[str] | None
) -> tuple[TagRun, list[Tag], dict[int, dict[str, Any]]]:
    now = current(ws)
    tags = [tag for tag in now.pack.tags if names is None or tag.name in names]
    index = index_of(ws, now)
    if index is not None:
        return now.run, tags, _indexed(index, customers, tags, now.run.day)

    def told(asked: list[Value]) -> ir.Table:
        mine: Value = now.rows.filter(_.customer.isin(asked))
        return mine.select("customer", **{tag.name: asked_value(mine, tag.askable, now.run.day) for tag in tags})

    terms = (now.pack.hash, now.run.day, None if names is None else tuple(names))
    found: list[dict[str, Any]] = []
    for begin in range(0, len(customers), _AT_ONCE):
        some = customers[begin : begin + _AT_ONCE]
        found += ws.lake.answer("tags", now.written, some, told, *terms).to_pylist()
    return now.run, tags, {row["customer"]: row for row in found}


def _indexed(index: Index, customers: Sequence[int], tags: Sequence[Tag], day: date) -> dict[int, dict[str, Any]]:
    """Return what the index says of those who have a row: of few customers it reads a word for each of its own rows."""
    asked = np.array(customers, np.int64)
    here = asked[index.values_of(TAGGED, asked).is_valid().to_numpy(zero_copy_only=False)]
    columns = {tag.name: _as_asked(index.values_of(tag.name, here), tag.askable.form, day) for tag in tags}
    return {row["customer"]: row for row in pa.table({"customer": here, **columns}).to_pylist()}


def _as_asked(stored: pa.Array, form: Form, day: date) -> pa.Array:
    """Return a column as `fields.compiling.asked_value` does."""
    if form == "plain":
        return stored
    days, today = stored.cast(pa.int32()), pa.scalar(day_number(day), pa.int32())
    return pc.call_function("subtract", [days, today] if form == "days_until" else [today, days])


def _told(ws: Workspace, tag: Tag, value: Any) -> ToldTag:
    shown = Decimal(value).scaleb(-exponent(ws.currency)) if tag.type == "money" else value
    return ToldTag(tag, shown, titles_of(tag).get(str(value)))


def titles_of(tag: Tag) -> Mapping[str, Text]:
    """Return what the values of a tag are called, where its definition says so."""
    match tag.source:
        case Cases(cases=cases):
            return {case.value: case.title for case in cases}
        case Highest(of=ranked):
            return {each.value: each.title for each in ranked}
        case FromField(codes=codes):
            return dict(codes)
        case Given(values=values):
            return {each.value: each.title for each in values}
        case _:
            return {}
