"""What customers bought, and the figures that describe it: each is defined here once, for all data alike."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from quanyu.simulator.draws import uniform
from quanyu.simulator.people import Flags, Floats, Integers

_SPAN = 1 << 20  # more days, orders' places and categories than any data here has
_STEPS = 6  # after which the share of lines no longer changes
_BY_LOT = 5  # lines of each customer, so that those who buy much look no more varied than others


@dataclass(frozen=True)
class Sales:
    """One entry a line of an order. Days count from any day, amounts are in any one currency."""

    customer: Integers
    day: Integers
    order: Integers
    product: Integers
    category: Integers
    quantity: Integers
    listed: Floats  # before any discount
    paid: Floats

    def __len__(self) -> int:
        return len(self.customer)

    def only(self, kept: Flags) -> Self:
        """Return the lines that are marked."""
        return type(self)(*(getattr(self, f.name)[kept] for f in fields(self)))

    def last_days(self, days: int) -> Self:
        """Return the lines of so many days, the last of which is the data's last."""
        return self.only(self.day > self.day.max() - days)

    def from_the_first(self, days: int) -> Self:
        """Return the first so many days of each customer; who came too late to be watched so long is left out."""
        customer, place = np.unique(self.customer, return_inverse=True)
        first = np.full(len(customer), np.iinfo(np.int64).max)
        np.minimum.at(first, place, self.day)
        since = self.day - first[place]
        return self.only((since < days) & (first[place] + days - 1 <= self.day.max()))

    def thinned(self, share: float) -> Self:
        """Return that share of the lines, by lot."""
        return self.only(uniform(0, "thinned", np.arange(len(self))) < share)


def orders_each(sales: Sales) -> Floats:
    """Return how many orders each customer placed."""
    _, first = np.unique(sales.order, return_index=True)
    return np.unique(sales.customer[first], return_counts=True)[1].astype(np.float64)


def share_once(sales: Sales) -> float:
    """Return the share of customers with one order."""
    return float((orders_each(sales) == 1).mean())


def gaps(sales: Sales) -> Floats:
    """Return the days from each day on which a customer buys to his next one."""
    moments = np.unique(sales.customer * _SPAN + sales.day)
    same = moments[1:] // _SPAN == moments[:-1] // _SPAN
    return np.diff(moments)[same].astype(np.float64)


def lines_each(sales: Sales) -> Floats:
    """Return how many lines each order has."""
    return np.unique(sales.order, return_counts=True)[1].astype(np.float64)


def items_each(sales: Sales) -> Floats:
    """Return how many pieces each order has."""
    return _summed(sales.order, sales.quantity)


def of_top_customers(sales: Sales) -> float:
    """Return the share of sales that the best fifth of customers bring."""
    return _top_fifth(_summed(sales.customer, sales.paid))


def of_top_products(sales: Sales) -> float:
    """Return the share of sales that the best fifth of products bring."""
    return _top_fifth(_summed(sales.product, sales.paid))


def product_gini(sales: Sales) -> float:
    """Return how unequal the sales of products are: 0 all alike, 1 one alone (Gini 1912)."""
    amounts = np.sort(_summed(sales.product, sales.paid))
    place = np.arange(1, len(amounts) + 1)
    return float((2 * place - len(amounts) - 1) @ amounts / (len(amounts) * amounts.sum()))


def as_often_sold(sales: Sales, other: Sales) -> Sales:
    """Return so many lines, by lot, that a product is sold as often as in the other data: what is rare looks uneven."""
    share, wanted = 1.0, lines_per_product(other)
    for _ in range(_STEPS):
        share = min(share * wanted / lines_per_product(sales.thinned(share)), 1.0)
    return sales.thinned(share)


def lines_per_product(sales: Sales) -> float:
    """Return how often a product was sold, on average over those that were."""
    return len(sales) / len(np.unique(sales.product))


def favourite_share(sales: Sales) -> Floats:
    """Return the share of each customer's spend in his top category, over five of his lines by lot."""
    order = np.lexsort((uniform(0, "by lot", np.arange(len(sales))), sales.customer))
    customer, category, paid = sales.customer[order], sales.category[order], sales.paid[order]
    _, start, count = np.unique(customer, return_index=True, return_counts=True)
    place = np.arange(len(customer)) - np.repeat(start, count)
    kept = (np.repeat(count, count) >= _BY_LOT) & (place < _BY_LOT)
    pair, at = np.unique(customer[kept] * _SPAN + category[kept], return_inverse=True)
    spent = np.bincount(at, paid[kept], len(pair))
    _, owner = np.unique(pair // _SPAN, return_inverse=True)
    whole, best = np.bincount(owner, spent), np.zeros(owner.max(initial=-1) + 1)
    np.maximum.at(best, owner, spent)
    return best[whole > 0] / whole[whole > 0]


def share_discounted(sales: Sales) -> float:
    """Return the share of lines with any discount."""
    return float((sales.paid < sales.listed - 1e-6).mean())


def depth(sales: Sales) -> Floats:
    """Return the share taken off the list price, over the lines with a discount."""
    lowered = (sales.paid < sales.listed - 1e-6) & (sales.listed > 0)
    return 1.0 - sales.paid[lowered] / sales.listed[lowered]


def _summed(key: Integers, amount: Floats | Integers) -> Floats:
    names, place = np.unique(key, return_inverse=True)
    return np.bincount(place, amount, len(names)).astype(np.float64)


def _top_fifth(amounts: Floats) -> float:
    ranked = np.sort(amounts)[::-1]
    return float(ranked[: max(len(ranked) // 5, 1)].sum() / ranked.sum())
