"""What goes into one basket with what, beyond chance: the category to offer to who buys another one.

Of two categories the *lift* is how much more often they are in one order than if they had nothing to do with each other
(Brin, Motwani, Ullman & Tsur, 1997); their *support* is the number of orders that hold both (Agrawal, Imieliński &
Swami, 1993). Lift alone would choose what was bought together once by accident.
"""

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.commerce.catalog import goods
from quanyu.commerce.orders.behaviours import counted_lines
from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Scope

TABLES = (ORDER_LINES, ORDERS, *goods.TABLES, CUSTOMER_OF_RECORD)
LEAST_SUPPORT = 20
"""Orders that must hold both before two categories can be companions."""
_ORDER = ["source", "order_number"]
_LEVELS = ("category_3", "category_2", "category_1")


def companions(scope: Scope) -> ir.Table:
    """Columns customer, companion: one row for each customer who has one.

    His companion is, of the categories that he has never bought, that of the highest lift above 1 with his top category
    (most of his spending), from orders of all customers; ties go to the first code. Categories are the finest known.
    """
    sold = _sold(scope)
    owned: Value = sold.inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    spent = owned.group_by("customer", "category").agg(amount=owned.amount.sum())
    most = ibis.struct({"amount": -spent.amount, "category": spent.category})
    tops = spent.group_by("customer").agg(top=spent.category.argmin(most))
    offered: Value = tops.inner_join(pairs(sold), [("top", "one")]).select("customer", "category", "lift")
    fresh = offered.anti_join(spent, ["customer", "category"])
    best = ibis.struct({"lift": -fresh.lift, "category": fresh.category})
    return fresh.group_by("customer").agg(companion=fresh.category.argmin(best))


def pairs(sold: Value) -> ir.Table:
    """Columns one, category, support, lift: categories that are in one order beyond chance, each pair both ways."""
    held = sold.select(*_ORDER, "category").distinct()
    number = held.select(*_ORDER).distinct().count().name("orders").as_table()
    single = held.group_by("category").agg(times=held.count())
    beside = held.inner_join(held.rename(one="category"), _ORDER).filter(_.one != _.category)
    counted = beside.group_by("one", "category").agg(support=_.count()).filter(_.support >= LEAST_SUPPORT)
    told: Value = counted.inner_join(single, "category").inner_join(single.rename(one="category", of="times"), "one")
    every: Value = told.cross_join(number)
    lifted = every.mutate(lift=every.support * every.orders / (every.times * every.of))
    return lifted.filter(lifted.lift > 1).select("one", "category", "support", "lift")


def _sold(scope: Scope) -> Value:
    """Columns record, source, order_number, category, amount: lines of goods whose category is known."""
    told: Value = goods.with_goods(counted_lines(scope, "sale"), scope, set(_LEVELS))
    found = told.mutate(category=ibis.coalesce(*(told[level] for level in _LEVELS)))
    return found.filter(found.category.notnull()).select("record", *_ORDER, "category", "amount")
