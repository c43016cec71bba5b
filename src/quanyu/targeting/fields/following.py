"""Says who has a sequence: one expression of window functions over the rows of its steps, each sorted once.

What is done on a later day follows; on the same day, what is done at a later instant follows where both instants are
known. The instant at which the workspace's day begins is that of a day without a time, and orders nothing.

Every row lies on a line of microseconds, from `low` to `high`: a point where its instant is known, else its whole
day. A row follows another if its `low` lies after the other's `high`. A chain that has come to a row goes on up to
`until`; a step is reached if it lies after a row that goes on at least to it, so that the best of the rows before it
is a running maximum, and what must not follow a running minimum from the other end.
"""

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from quanyu.foundation.lake.instants import instant, local_of
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Behaviour, Scope
from quanyu.targeting.fields.aggregating import happened
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.model import Chain, Stage, Window

_DAY = 1 << 39
"""Places that a day takes on the line: microseconds from the midnight before it in UTC, for more than five days."""
_AHEAD = 86_400_000_000
_END = 1 << 62
_EPOCH = date(1970, 1, 1)


def following(chain: Chain, behaviours: Catalogue[Behaviour], scope: Scope) -> ir.Table:
    """Return each customer, in a column of this name, who has the sequence at least once."""
    first, *later = chain.stages
    reached = _placed(first, chain.within, behaviours, scope).mutate(until=ibis.literal(_END, "int64"))
    since = Window(first=chain.within.bounds(scope.day)[0])
    over = scope.day
    for stage in later:
        rows = _placed(stage, since, behaviours, scope)
        if stage.absent:
            reached = _until_it_follows(reached, rows, stage.days)
            over = min(over, scope.day - timedelta(days=stage.days or 0))
        else:
            reached, over = _reached(reached, rows, stage.days), scope.day
    told: Value = reached
    return told.filter(told.until == _END, told.day <= over).select("customer").distinct()


def _placed(stage: Stage, within: Window, behaviours: Catalogue[Behaviour], scope: Scope) -> ir.Table:
    """Return each time that a step was done: customer, day, and from where to where it lies on the line."""
    rows: Value = happened(behaviours[stage.over], within, stage.where, scope)
    begins = rows.day.delta(_EPOCH, unit="day").cast("int64") * _DAY
    began = instant(local_of(rows.at, scope.time_zone).date().cast("timestamp(6)"), scope.time_zone)
    timed = (rows.at != began).fill_null(False)
    since: Value = local_of(rows.at, "UTC").delta(rows.day.cast("timestamp(6)"), unit="microsecond").cast("int64")
    point = begins + (since + _AHEAD).clip(1, _DAY - 2)
    return rows.select(
        "customer",
        "day",
        low=ibis.ifelse(timed, point, begins),
        high=ibis.ifelse(timed, point, begins + (_DAY - 1)),
    )


def _reached(before: Value, rows: Value, days: int | None) -> ir.Table:
    """Return the rows that follow one of those before, while its chain goes on."""
    until = ibis.least(before.until, _last_place(before.day, days))
    come = before.select("customer", "day", at=before.high, high=before.high, until=until, kind=ibis.literal(1))
    asking = rows.select(
        "customer", "day", at=rows.low, high=rows.high, until=ibis.literal(-1, "int64"), kind=ibis.literal(0)
    )
    # Of equal places the row that asks stands first, so that nothing follows what lies at its own place.
    so_far = ibis.cumulative_window(group_by="customer", order_by=["at", "kind"])
    both: Value = come.union(asking)
    told: Value = both.mutate(best=both.until.max().over(so_far))
    return told.filter(told.kind == 0, told.best >= told["at"]).select(
        "customer", "day", "high", until=ibis.literal(_END, "int64")
    )


def _until_it_follows(before: Value, rows: Value, days: int | None) -> ir.Table:
    """Return the rows before, whose chains go on until something follows that must not."""
    none: Value = ibis.literal(_END, "int64")
    come = before.select("customer", "day", "high", "until", at=before.high, stop=none, kind=ibis.literal(0))
    ending = rows.select("customer", "day", "high", until=none, at=rows.low, stop=rows.high, kind=ibis.literal(1))
    from_here = ibis.cumulative_window(group_by="customer", order_by=[ibis.desc("at"), "kind"])
    both: Value = come.union(ending)
    told: Value = both.mutate(next=both.stop.min().over(from_here))
    kept: Value = told.filter(told.kind == 0)
    stop = ibis.ifelse(kept.next <= _last_place(kept.day, days), kept.next, none)
    return kept.select("customer", "day", "high", until=ibis.least(kept.until, stop))


def _last_place(day: Value, days: int | None) -> Value:
    """Return the last place of the day so many days later, the end of the line where it does not matter."""
    if days is None:
        return ibis.literal(_END, "int64")
    return (day.delta(_EPOCH, unit="day").cast("int64") + (days + 1)) * _DAY - 1
