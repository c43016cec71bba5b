"""Says for each tag of the last run how many customers have it and how its values lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.foundation.lake.model import Value
from quanyu.foundation.money import exponent
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.compiling import asked_value
from quanyu.targeting.fields.model import Askable
from quanyu.targeting.fields.origins import Arrivals
from quanyu.targeting.tags.lacking import Standing, standings, survey_needs
from quanyu.targeting.tags.model import Pack, Tag, TagRun
from quanyu.targeting.tags.runs import current

TOP = 10
BYTES_OF_A_MEDIAN, LEAST_AT_ONCE = 64, 4
"""What a query may need for each customer to find a median, which holds all values of its column; and how many medians
it finds at least."""
COUNTED = frozenset({"text", "code", "boolean"})
EPOCH = date(1970, 1, 1)

Shown = int | float | Decimal | date | str | bool | None


@dataclass(frozen=True)
class TagSummary:
    """How the values of one tag lie. Amounts are in major units.

    Ordered tags have lowest, median (of days and dates, rounded down) and highest; codes and texts their most frequent
    values with the customers who have them, ties in the order of the values.
    """

    tag: Tag
    known: int
    customers: int
    lowest: Shown = None
    median: Shown = None
    highest: Shown = None
    top: tuple[tuple[str, int], ...] = ()

    @property
    def is_nought(self) -> bool:
        """Say that nobody has anything else than 0."""
        return self.lowest == self.highest == 0


@dataclass(frozen=True)
class Listing:
    """The tags of the last run that can be computed, and those that cannot, with what they lack."""

    run: TagRun
    tags: Sequence[TagSummary]
    lacking: Sequence[tuple[Tag, Standing]]


def list_tags(ws: Workspace) -> Listing:
    """Return the tags of the last run; what sources deliver is looked at only where a tag says nothing of anybody."""
    now = current(ws)
    found = summaries(ws, now.rows, now.pack, now.run.day)
    silent = {each.tag.name for each in found if not each.tag.needs and (not each.known or each.is_nought)}
    arrivals = survey_needs(ws, now, silent) if silent else Arrivals(())
    stands = standings(now.pack, arrivals, silent)
    return Listing(
        now.run,
        [each for each in found if stands[each.tag.name].computable],
        [(tag, stands[tag.name]) for tag in now.pack.tags if not stands[tag.name].computable],
    )


def summarise(ws: Workspace) -> tuple[TagRun, list[TagSummary]]:
    """Return the last run and one summary per tag, each stored column read once."""
    now = current(ws)
    return now.run, summaries(ws, now.rows, now.pack, now.run.day)


def summaries(ws: Workspace, rows: ir.Table, pack: Pack, day: date) -> list[TagSummary]:
    """Say how the values of a pack's tags lie in `rows`, which has a stored column for each."""
    counted = [askable for askable in pack.askables if askable.type in COUNTED]
    ordered = [askable for askable in pack.askables if askable.type not in COUNTED]
    figures = ws.lake.to_arrow(_known(rows, pack)).to_pylist()[0]
    many = max(LEAST_AT_ONCE, ws.settings.memory // (BYTES_OF_A_MEDIAN * max(int(figures["customers"]), 1)))
    for start in range(0, len(ordered), many):
        figures |= ws.lake.to_arrow(_figures(rows, ordered[start : start + many], day)).to_pylist()[0]
    tops: dict[str, list[tuple[str, int]]] = {}
    for row in ws.lake.to_arrow(_top_values(rows, counted)).to_pylist() if counted else []:
        tops.setdefault(row["tag"], []).append((row["value"], row["customers"]))
    return [_summary(tag, figures, tops, ws.currency) for tag in pack.tags]


def _known(rows: ir.Table, pack: Pack) -> ir.Table:
    known: dict[str, Value] = {f"{askable.name}.known": rows[askable.name].count() for askable in pack.askables}
    return rows.aggregate([value.name(name) for name, value in ({"customers": rows.count()} | known).items()])


def _figures(rows: ir.Table, askables: Sequence[Askable], day: date) -> ir.Table:
    columns: dict[str, ir.Value] = {}
    for askable in askables:
        value = _ordered(rows, askable, day)
        columns[f"{askable.name}.lowest"] = value.min()
        columns[f"{askable.name}.median"] = value.median()
        columns[f"{askable.name}.highest"] = value.max()
    return rows.aggregate([cast("ir.Scalar", value.name(name)) for name, value in columns.items()])


def _ordered(rows: ir.Table, askable: Askable, day: date) -> ir.NumericColumn:
    """Return a number for each value; a date as its days since 1970, because engines differ in the median of dates."""
    value = asked_value(rows, askable, day)
    return value.delta(EPOCH, unit="day") if askable.type == "date" else value  # type: ignore[return-value]


def _top_values(rows: ir.Table, askables: Sequence[Askable]) -> ir.Table:
    """Return tag, value and customers. All are counted in one table: one for each tag takes many times the memory."""
    names = [askable.name for askable in askables]
    texts: Value = rows.select(**{name: rows[name].cast("string") for name in names})
    told = texts.pivot_longer(names, names_to="tag", values_to="value").filter(_.value.notnull())
    counted: Value = told.group_by("tag", "value").agg(customers=_.count())
    place = ibis.row_number().over(group_by="tag", order_by=[ibis.desc("customers"), "value"])
    return counted.mutate(place=place).filter(_.place < TOP).order_by("tag", "place").drop("place")


def _summary(
    tag: Tag, figures: Mapping[str, int | float | None], tops: Mapping[str, list[tuple[str, int]]], currency: str
) -> TagSummary:
    lowest, median, highest = (
        _shown(figures.get(f"{tag.name}.{which}"), tag, currency) for which in ("lowest", "median", "highest")
    )
    return TagSummary(
        tag=tag,
        known=int(figures[f"{tag.name}.known"] or 0),
        customers=int(figures["customers"] or 0),
        lowest=lowest,
        median=median,
        highest=highest,
        top=tuple(tops.get(tag.name, ())),
    )


def _shown(value: int | float | None, tag: Tag, currency: str) -> Shown:
    if value is None:
        return None
    if tag.type == "money":
        return Decimal(str(value)).scaleb(-exponent(currency))
    if tag.type == "date":
        return date.fromordinal(EPOCH.toordinal() + int(value // 1))
    return value
