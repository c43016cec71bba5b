"""What can be measured about a customer's orders: pinned tables in, one row per customer out."""

import ibis
from ibis import Deferred, _

from quanyu.commerce.orders import companions, gains, lifecycle, rhythm
from quanyu.commerce.orders.behaviours import counted
from quanyu.commerce.orders.tables import ORDERS
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.kinds import Code
from quanyu.foundation.measuring import DAYS, TIMES, Apart, Field, Measure, Scope
from quanyu.foundation.text import Text

MINIMUM_PURCHASE_DAYS = 3
"""Purchase days from which a customer's own rhythm is trusted: two gaps."""


def order_totals(scope: Scope) -> ibis.Table:
    """One row per customer who has an order of any type by the scope's day, from one scan of the order headers.

    Columns: customer, frequency (orders that sold something), monetary and average_basket (minor units), first_purchase
    and last_purchase (business dates), return_share (returned amount / bought amount), next_purchase (expected date).
    Without a purchase, frequency is 0 and everything else NULL.
    """
    return _with_next_purchase(_own_totals(scope)).drop("own_gap")


def _own_totals(scope: Scope) -> ibis.Table:
    """What follows from a customer's own orders: the columns of `order_totals` but the last, and own_gap (days)."""
    totals = _totals(_by_customer_and_day(scope))
    bought = _.frequency > 0
    return totals.select(
        "customer",
        "frequency",
        "first_purchase",
        "last_purchase",
        monetary=bought.ifelse(_.monetary, None),
        # half up, in whole numbers: floor((2m + f) / 2f)
        average_basket=bought.ifelse((_.monetary * 2 + _.frequency) // (_.frequency * 2), None),
        return_share=(_.monetary > 0).ifelse(_.returned / _.monetary, None),
        own_gap=(_.purchase_days >= MINIMUM_PURCHASE_DAYS).ifelse(_mean_gap(), None),
    )


def order_currencies(scope: Scope) -> ibis.Table:
    """The currencies of the orders that `order_totals` adds up: column currency."""
    return counted(scope).select("currency").distinct()


def _by_customer_and_day(scope: Scope) -> ibis.Table:
    """Sums per customer and business date, which two of his records may share.

    Hardly any record has two orders on a day: to add up by record first would cost more than the join that it spares.
    """
    mapped = counted(scope).inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    return mapped.group_by("customer", "business_date").agg(
        sold=_.sale_amount.sum(), returned=_.return_amount.sum(), sales=(_.order_type == "sale").sum()
    )


def _totals(days: ibis.Table) -> ibis.Table:
    purchase = _.sales > 0
    return days.group_by("customer").agg(
        frequency=_.sales.sum(),
        monetary=_.sold.sum(),
        returned=_.returned.sum(),
        first_purchase=_.business_date.min(where=purchase),
        last_purchase=_.business_date.max(where=purchase),
        purchase_days=purchase.sum(),
    )


def _mean_gap() -> Deferred:
    """Mean days between purchase days, of a row of totals."""
    return _.last_purchase.delta(_.first_purchase, unit="day") / (_.purchase_days - 1)


def _with_next_purchase(measured: ibis.Table) -> ibis.Table:
    """Put next_purchase beside own_gap: last purchase plus the customer's own mean gap.

    Who has too few purchase days gets the median of all customers' own gaps: the honest fallback, which says nothing
    about this one customer. NULL when nobody has a gap. The gap is rounded half up to whole days.
    """
    everybody = measured.agg(_.own_gap.median().name("usual_gap"))
    gap = (_.own_gap.coalesce(_.usual_gap) + 0.5).floor().cast("int64")
    expected = (_.last_purchase + gap.as_interval("D")).cast("date")
    return measured.cross_join(everybody).mutate(next_purchase=expected).drop("usual_gap")


ORDER_TOTALS = Measure(
    "order_totals",
    (ORDERS, CUSTOMER_OF_RECORD),
    order_totals,
    order_currencies,
    Apart(counted, _own_totals, _with_next_purchase, ("last_purchase", "own_gap"), ("next_purchase",)),
)
LIFECYCLE = Measure("lifecycle", rhythm.TABLES, lifecycle.lifecycle)
SMS_GAINS = Measure("sms_gains", gains.TABLES, gains.sms_gains)
COMPANIONS = Measure("companions", companions.TABLES, companions.companions)

SOLD = ("order_line.*", "order.*")
PAID = ("order_line.amount", "order_line.unit_price", "order.amount")
PLACED = ("order_line.placed_at", "order.placed_at")
GOODS = ("order_line.product",)

FIELDS = (
    Field(
        "orders.frequency",
        "frequency",
        "integer",
        Text("Orders", "购买次数"),
        ORDER_TOTALS,
        TIMES,
        inputs=SOLD,
        absent=0,
    ),
    Field("orders.monetary", "monetary", "money", Text("Amount bought", "购买金额"), ORDER_TOTALS, inputs=PAID),
    Field(
        "orders.average_basket", "average_basket", "money", Text("Average basket", "客单价"), ORDER_TOTALS, inputs=PAID
    ),
    Field(
        "orders.first_purchase",
        "first_purchase",
        "date",
        Text("First purchase", "首次购买日"),
        ORDER_TOTALS,
        inputs=PLACED,
    ),
    Field(
        "orders.last_purchase",
        "last_purchase",
        "date",
        Text("Last purchase", "最近购买日"),
        ORDER_TOTALS,
        inputs=PLACED,
    ),
    Field(
        "orders.return_share",
        "return_share",
        "share",
        Text("Share returned", "退货金额占比"),
        ORDER_TOTALS,
        inputs=PAID,
    ),
    Field(
        "orders.next_purchase",
        "next_purchase",
        "date",
        Text("Expected next purchase", "预计下次购买日"),
        ORDER_TOTALS,
        inputs=PLACED,
        description=Text(
            "Last purchase plus the customer's mean gap between purchase days (3 purchase days or more), "
            "else the median of all such gaps.",
            "最近购买日加上本人购买日的平均间隔（至少 3 个购买日），不足时用全体此类间隔的中位数。",
        ),
    ),
    Field(
        "orders.lifecycle",
        "lifecycle",
        "code",
        Text("Lifecycle", "生命周期"),
        LIFECYCLE,
        inputs=PLACED,
        codes=tuple(Code(value, title) for value, title in lifecycle.STAGES.items()),
        description=Text(
            "new, active_old, old or dormant, the best of the categories bought: new within one cycle of the first "
            "purchase, active within the time by which 80% of those who come back have done so, old within twice that.",
            "new 新客、active_old 活跃老客、old 老客、dormant 沉睡客，取所购品类中最活跃的一类：首购一个周期内为新客，"
            "在八成回购者已回购的时长内为活跃，两倍时长内为老客，更久为沉睡。",
        ),
    ),
    Field(
        "orders.lifecycle_category",
        "lifecycle_category",
        "code",
        Text("Category of the lifecycle", "生命周期所据品类"),
        LIFECYCLE,
        inputs=GOODS,
        description=Text(
            "The category that decides; all where goods have no category or too few are bought again.",
            "决定生命周期的品类；商品无品类或复购过少时为 all。",
        ),
    ),
    Field(
        "orders.lifecycle_basis",
        "lifecycle_basis",
        "code",
        Text("Rhythm behind the lifecycle", "生命周期所据节奏"),
        LIFECYCLE,
        inputs=GOODS,
        description=Text(
            "own where the goods bought last have a rhythm of their own category; else why the one above is used.",
            "最近所购商品的品类有自身节奏时为 own，否则说明采用上级品类节奏的原因。",
        ),
        codes=tuple(Code(value, title) for value, title in rhythm.REASONS.items()),
    ),
    Field(
        "orders.next_in_category",
        "next_in_category",
        "date",
        Text("Next purchase due in a category", "品类预计下次购买日"),
        LIFECYCLE,
        inputs=GOODS,
        description=Text(
            "The earliest day due in a category where the customer is new or active: last purchase plus the category's "
            "cycle, drawn towards the customer's own gaps from the third purchase day on. A day gone by is overdue.",
            "客户活跃（或新购）品类中最早的预计购买日：最近购买日加品类周期，自第三个购买日起向本人间隔靠拢。已过去的日期表示逾期。",
        ),
    ),
    Field(
        "orders.next_category",
        "next_category",
        "code",
        Text("Category due next", "预计下次购买品类"),
        LIFECYCLE,
        inputs=GOODS,
    ),
    Field(
        "orders.categories_active",
        "categories_active",
        "integer",
        Text("Categories bought actively", "活跃品类数"),
        LIFECYCLE,
        TIMES,
        inputs=GOODS,
        absent=0,
    ),
    Field(
        "orders.sms_gain",
        "sms_gain",
        "number",
        Text("Purchase days gained by text messages", "短信带来的购买天数"),
        SMS_GAINS,
        DAYS,
        inputs=("message.sent_at",),
        description=Text(
            "Of 365 days: those with a purchase within 7 days from a text message that arrived, less as many as the "
            "customer's other days would give.",
            "近 365 天内，短信送达起 7 天内有购买的天数，减去按其余日期的购买率应有的天数。",
        ),
    ),
    Field(
        "orders.companion",
        "companion",
        "code",
        Text("Category that goes with the top one", "主购品类的搭配品类"),
        COMPANIONS,
        inputs=GOODS,
        description=Text(
            "Of the categories never bought, the one most often in one order with the category of most spending, by "
            "lift above 1 and from 20 such orders of all customers on.",
            "从未购买的品类中，与消费最多的品类同单的提升度最高（大于 1，且全体至少 20 单）的品类。",
        ),
    ),
)
