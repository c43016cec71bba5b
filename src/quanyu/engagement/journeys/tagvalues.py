"""What a tag said of customers before they were assigned, so that an effect can be looked at by its values."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

from quanyu.foundation.errors import Conflict, Fault, Invalid
from quanyu.foundation.money import exponent
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments.parts import divide
from quanyu.targeting.tags.model import Tag
from quanyu.targeting.tags.past import of_run, runs, values
from quanyu.targeting.tags.runs import Current, current

# Arrow makes most of its functions at import, where no type checker sees them.
pc: Any = compute
Floats = npt.NDArray[np.float64]


def values_before(ws: Workspace, name: str, day: date) -> tuple[pa.Table, bool]:
    """Return customer and the tag's value by the last run up to `day`, and whether such a run is kept.

    Else by the run that stands, whose values may be a consequence of what is measured.
    """
    tag = next((each for each in current(ws).pack.tags if each.name == name), None)
    if tag is None:
        near = current(ws).pack.askables.near(name)
        raise Invalid(Text("There is no such tag.", "没有这个标签。"), received=name[:60], allowed=near)
    for each in runs(ws, 10_000):
        if each.kept and each.run.day <= day:
            try:
                with values(ws, of_run(ws, each.run.number), [name]) as past:
                    return _read(ws, past, tag), True
            except Conflict:
                break
    return _read(ws, current(ws), tag), False


def _read(ws: Workspace, now: Current, tag: Tag) -> pa.Table:
    told = ws.lake.to_arrow(now.rows.select("customer", value=now.rows[tag.name]))
    return told.set_column(1, "value", _plain(told["value"], tag, now.run.day, ws.currency))


def _plain(column: pa.ChunkedArray, tag: Tag, day: date, currency: str) -> pa.ChunkedArray:
    """Return values as they are asked for: days where a date is stored, amounts in major units, texts as they are."""
    if pa.types.is_date(column.type):
        if tag.askable.form == "plain":
            return pc.cast(column, pa.string())
        days = pc.cast(pc.cast(column, pa.date32()), pa.int32())
        since = day.toordinal() - date(1970, 1, 1).toordinal()
        return pc.subtract(since, days) if tag.askable.form == "days_since" else pc.subtract(days, since)
    if tag.type == "money":
        return pc.divide(pc.cast(column, pa.float64()), float(10 ** exponent(currency)))
    return column


def beside(rows: pa.Table, told: pa.Table, name: str) -> pa.Table:
    """Return the rows with the tag's value beside, missing where it says nothing."""
    place = pc.index_in(rows["customer"], value_set=told["customer"].combine_chunks())
    return rows.append_column(name, pc.take(told["value"].combine_chunks(), place.combine_chunks()))


def rates_of(ws: Workspace, names: Sequence[str], ordinals: npt.NDArray[np.int64]) -> dict[str, Floats]:
    """Return values of number tags by the last run for customers, ascending; NaN where nothing is known."""
    now = current(ws)
    there = {tag.name for tag in now.pack.tags} & set(names)
    unknown = np.full(len(ordinals), np.nan)
    if not there or not len(ordinals):
        return dict.fromkeys(names, unknown)
    low, high = int(ordinals[0]), int(ordinals[-1])
    near = now.rows.filter(now.rows["customer"].between(low, high))  # type: ignore[arg-type]
    rows = ws.lake.to_arrow(near.select("customer", *sorted(there)))
    at = pc.index_in(pa.array(ordinals), value_set=rows["customer"].combine_chunks())
    found = {name: pc.take(rows[name].combine_chunks().cast(pa.float64()), at) for name in there}
    return {n: found[n].to_numpy(zero_copy_only=False) if n in found else unknown for n in names}


def strata(ws: Workspace, name: str, members: OrdinalSet) -> list[OrdinalSet]:
    """Part customers by the values of a tag of the last run: a dozen at most, who has none by himself."""
    now = current(ws)
    tag = next((each for each in now.pack.tags if each.name == name), None)
    if tag is None or not members:
        return [members]
    ordinals = members.ordinals()
    rows = beside(pa.table({"customer": pa.array(ordinals)}), _read(ws, now, tag), name)
    divided = divide(rows[name])
    if isinstance(divided, Fault):
        return [members]
    names, codes = divided
    return [OrdinalSet.of(ordinals[codes == code]) for code in range(len(names))]
