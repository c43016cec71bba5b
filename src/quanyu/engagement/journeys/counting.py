"""Counts for everybody who was assigned to a group what he did afterwards and before, and what he cost.

Afterwards is from the day after his assignment on, for so many days; before are the 365 days that end the day before
it. Messages, and answers to them, count from the day of his assignment on: on that day the first may go. Money is in
major units. What was bought is net of what came back of it: by the same customer, so soon after a purchase that counts
as goods of its sales channel may come back. Those who take them back seldom say of which sale they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import ibis
import numpy as np
import pyarrow as pa

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Scope, pinned_scope
from quanyu.foundation.money import exponent
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments.terms import Terms
from quanyu.targeting.fields.catalogue import BEHAVIOURS

BOUGHT, SPENT, UNSUBSCRIBED, COMPLAINED = "bought", "spent", "unsubscribe", "complaint"
OUTCOMES = (BOUGHT, SPENT, UNSUBSCRIBED, COMPLAINED)
BEFORE = ("spent_before", "orders_before")
ASSIGNED = pa.schema([("customer", pa.int64()), ("arm", pa.string()), ("day", pa.date32())])
_DAYS_BEFORE = 365
_USED = ("orders", "returns", "refunds", "responses", "messages")
_LEFT = ("unsubscribed", "uninstalled")


@dataclass(frozen=True)
class Counted:
    """`rows`: customer, arm, day, OUTCOMES, BEFORE, discount and messages (money); by customer.

    `all_messages` is how much all messages of the workspace in these days cost and how many they were, `messages` how
    many went to those who were assigned.
    """

    rows: pa.Table
    messages: int
    all_messages: int


def count(ws: Workspace, assigned: pa.Table, days: int, terms: Terms, *, at_once: bool = True) -> Counted:
    """Return what everybody of `assigned` (the columns of ASSIGNED) did and cost.

    Without `at_once` nothing was done to anybody on the day of his assignment, and no message of it counts.
    """
    first = 0 if at_once else 1
    used = [BEHAVIOURS[each] for each in _USED]
    tables = tuple({t.name: t for each in used for t in (CUSTOMER_OF_RECORD, *each.tables)}.values())
    scope = pinned_scope(ws.lake, tables, ws.lake.vector(tables), ws.clock.now(), ws.time_zone)
    whom: Value = ibis.memtable(assigned)
    rows = _bought(scope, whom, days, 10 ** exponent(ws.currency), terms)
    answers = around(scope, whom, "responses", ("event",), first, days)
    for name, events in ((UNSUBSCRIBED, _LEFT), (COMPLAINED, ("complained",))):
        those = answers.filter(answers.event.isin(events))
        rows = beside(rows, those.group_by("customer").agg(**{name: those.count() > 0}))
    sent = around(scope, whom, "messages", ("channel",), first, days)
    price = _price(sent.channel, terms)
    rows = beside(
        rows, sent.mutate(price=price).group_by("customer").agg(messages=ibis._.price.sum(), sent=ibis._.count())
    )
    filled = {UNSUBSCRIBED: rows[UNSUBSCRIBED].fill_null(False), COMPLAINED: rows[COMPLAINED].fill_null(False)}
    rows = rows.mutate(**filled, messages=rows.messages.fill_null(0.0), sent=rows.sent.fill_null(0))
    found = ws.lake.to_arrow(rows.order_by("customer"))
    return Counted(found, int(np.sum(found["sent"].to_numpy())), _all_messages(ws, scope, assigned, first, days))


def _bought(scope: Scope, whom: Value, days: int, minor: int, terms: Terms) -> Value:
    """Return each with whether he bought, what he spent, what was taken off, and what he bought before."""
    before = around(scope, whom, "orders", ("amount",), -_DAYS_BEFORE, -1)
    rows = purchases(scope, whom, days, terms)
    rows = beside(rows, before.group_by("customer").agg(had=before.amount.sum(), orders_before=before.count()))
    return rows.select(
        "customer",
        "arm",
        "day",
        **{
            BOUGHT: rows.paid.notnull(),
            SPENT: net(rows, minor),
            "discount": rows.off.fill_null(0).cast("float64") / minor,
            "spent_before": rows.had.fill_null(0).cast("float64") / minor,
            "orders_before": rows.orders_before.fill_null(0),
        },
    )


def purchases(scope: Scope, whom: Value, days: int, terms: Terms) -> Value:
    """Return each beside what he bought from the day after his assignment on: paid, off, returned, refunded.

    Amounts are in minor units, NULL of who bought nothing; what came back is of these purchases.
    """
    orders = around(scope, whom, "orders", ("amount", "discount", "channel"), 1, days)
    returns, refunds = (_came_back(scope, whom, orders, each, days, terms) for each in ("returns", "refunds"))
    rows = beside(whom, orders.group_by("customer").agg(paid=orders.amount.sum(), off=orders.discount.sum()))
    rows = beside(rows, returns.group_by("customer").agg(returned=returns.amount.sum()))
    rows = beside(rows, refunds.group_by("customer").agg(refunded=refunds.amount.sum()))
    return rows.mutate(returned=_at_most(rows.returned, rows.paid), refunded=_at_most(rows.refunded, rows.paid))


def _came_back(scope: Scope, whom: Value, orders: Value, behaviour: str, days: int, terms: Terms) -> Value:
    """Return what customers gave back within the return window of one of these orders of theirs."""
    windows = [(orders.channel == name, ibis.interval(days=many)) for name, many in terms.returns.items()]
    ends = [(is_it, orders.did_on + window) for is_it, window in windows]
    other = orders.did_on + ibis.interval(days=terms.other_returns)
    until = ibis.cases(*ends, else_=other) if ends else other
    bought = orders.select(_whose=orders.customer, _from=orders.did_on, _until=until.cast("date"))
    back = around(scope, whom, behaviour, ("amount",), 1, days + terms.longest)
    within = (back.did_on >= bought["_from"], back.did_on <= bought["_until"])
    return back.semi_join(bought, [back.customer == bought["_whose"], *within])


def _at_most(back: Value, paid: Value) -> Value:
    """Return what came back of what was paid: where more did, it was of other purchases too."""
    return ibis.least(back.fill_null(0), paid.fill_null(0))


def _price(channel: Value, terms: Terms) -> Value:
    told = [(channel == name, price) for name, price in terms.messages.items()]
    return ibis.cases(*told, else_=0.0) if told else ibis.literal(0.0)


def _all_messages(ws: Workspace, scope: Scope, assigned: pa.Table, first: int, days: int) -> int:
    """Return how many messages the workspace sent in the days that count of anybody."""
    on = sorted(assigned["day"].unique().to_pylist())
    sent: Value = BEHAVIOURS["messages"].build(scope, frozenset())
    from_day, last = on[0] + timedelta(days=first), on[-1] + timedelta(days=days)
    whole = sent.filter(sent.day >= from_day, sent.day <= last).aggregate(many=ibis._.count())
    return int(ws.lake.to_arrow(whole)["many"][0].as_py())


def net(rows: Value, minor: int) -> Value:
    """Return what was spent and not given back, in major units, of rows with paid, returned and refunded."""
    # Sources tell one return as goods, as money, or as both: the greater is what was given back.
    back = ibis.greatest(rows.returned.fill_null(0), rows.refunded.fill_null(0))
    return (rows.paid.fill_null(0) - back).cast("float64") / minor


def beside(rows: Value, more: Value) -> Value:
    """Join columns of `more` to rows, by customer."""
    return rows.left_join(more.rename(_whose="customer"), [("customer", "_whose")]).drop("_whose")


def around(scope: Scope, whom: Value, behaviour: str, columns: Sequence[str], first: int, last: int) -> Value:
    """Return what those assigned did from `first` to `last` days after their assignment: customer, did_on, columns."""
    did: Value = BEHAVIOURS[behaviour].build(scope, frozenset(columns))
    whose: Value = scope.tables[CUSTOMER_OF_RECORD.name]
    rows: Value = did.rename(did_on="day").inner_join(whose, "record").inner_join(whom, "customer")
    days = rows.did_on.delta(rows.day, unit="day")
    return rows.filter(days >= first, days <= last).select("customer", "did_on", *columns)
