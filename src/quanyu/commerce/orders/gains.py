"""What text messages brought in: purchases shortly after them, beyond what the customer's other days would give.

Each customer is his own control, as in a self-controlled case series (Farrington, Biometrics 51, 1995): who buys often
buys often after a message, too, and whether a rate rises in the days after one is told by his other days alone.
"""

from datetime import timedelta

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.commerce.orders.behaviours import counted
from quanyu.commerce.orders.tables import ORDERS
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.customers.messages.tables import MESSAGES
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Scope

TABLES = (MESSAGES, ORDERS, CUSTOMER_OF_RECORD)
WITHIN = 365
"""Days that are looked at, the scope's day the last."""
AFTER = 7
"""Days that a message may act, its own the first."""
_ARRIVED = ("sent", "delivered", "unknown")


def sms_gains(scope: Scope) -> ir.Table:
    """One row per customer to whom a text message arrived in the last `WITHIN` days.

    Columns customer, sms_days (days on which one may act), bought_after (of these with a purchase), bought_else (other
    days with one), sms_gain: bought_after less what so many days would have at the rate of the others, `bought_else /
    (WITHIN - sms_days)`; NULL where no other day is left.
    """
    days = _days(scope)
    until = ibis.window(group_by="customer", order_by="day", preceding=None, following=0)
    since = ibis.window(group_by="customer", order_by="day", following=(1, None))
    sent: Value = ibis.ifelse(days.sent, days["day"], None)
    told: Value = days.mutate(last=sent.max().over(until), next=sent.min().over(since))
    today: Value = ibis.literal(scope.day, "date")
    left = today.delta(told["day"], unit="day") + 1
    acts: Value = ibis.least(AFTER, left, told.next.delta(told["day"], unit="day").fill_null(AFTER))
    after: Value = told.bought & (told["day"].delta(told.last, unit="day") < AFTER).fill_null(False)
    sums: Value = told.group_by("customer").agg(
        sms_days=acts.sum(where=told.sent).cast("int64"),
        bought_after=after.sum().cast("int64"),
        bought_else=(told.bought & ~after).sum().cast("int64"),
    )
    others = ibis.ifelse(sums.sms_days < WITHIN, WITHIN - sums.sms_days, None)
    gain = sums.bought_after - sums.sms_days * sums.bought_else / others
    return sums.filter(sums.sms_days.notnull()).mutate(sms_gain=gain)


def _days(scope: Scope) -> Value:
    """Columns customer, day, sent, bought: days on which one or the other happened."""
    first = scope.day - timedelta(days=WITHIN - 1)
    told: Value = scope.tables[MESSAGES.name]
    rows = told.filter(told.record.notnull(), told.channel == "sms", told.business_date.between(first, scope.day))
    arrived = rows.filter(rows.status.fill_null("unknown").isin(_ARRIVED))
    sent = arrived.select("record", day="business_date", sent=True, bought=False)
    orders: Value = counted(scope).filter(_.order_type == "sale", _["day"] >= first)
    both = ibis.union(sent, orders.select("record", "day", sent=False, bought=True))
    owned = both.inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    return owned.group_by("customer", "day").agg(sent=_.sent.any(), bought=_.bought.any())
