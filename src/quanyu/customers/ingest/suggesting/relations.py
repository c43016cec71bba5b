"""What the columns of a sample say of each other: which determines which, and where one is a product of two."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from quanyu.customers.ingest.suggesting.columns import Column, Sample

_ROWS = 20_000
_CENT = 0.011
_FILLED = 0.98
_MOST_KEYS, _MOST_OTHERS = 16, 40
_MOST_A_DOCUMENT = 60  # lines that an order has on average at most
_FEW = 20
_CLEARLY, _ONLY = 0.05, 0.75  # a customer's column that stands out among those that an order determines


@dataclass(frozen=True)
class Lines:
    """Which columns look like those of order lines, going by values alone; each with how sure that is, 0 to 1."""

    order: dict[str, float] = field(default_factory=dict[str, float])
    line: dict[str, float] = field(default_factory=dict[str, float])
    time: dict[str, float] = field(default_factory=dict[str, float])
    product: dict[str, float] = field(default_factory=dict[str, float])
    quantity: dict[str, float] = field(default_factory=dict[str, float])
    price: dict[str, float] = field(default_factory=dict[str, float])
    customer: dict[str, float] = field(default_factory=dict[str, float])


@dataclass
class Relations:
    sample: Sample
    _codes: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict[str, npt.NDArray[np.int64]])

    def codes(self, name: str) -> npt.NDArray[np.int64]:
        if name not in self._codes:
            self._codes[name] = self.sample.codes(name)[:_ROWS]
        return self._codes[name]

    def determines(self, one: str, other: str) -> float:
        """Return 1 where every value of `one` goes with a single value of `other`, less where it goes with more."""
        a, b = self.codes(one), self.codes(other)
        both = (a >= 0) & (b >= 0)
        if not both.any():
            return 0.0
        a, b = a[both], b[both]
        return len(np.unique(a)) / len(np.unique(a * (int(b.max()) + 1) + b))

    def pairs(self, one: str, other: str) -> float:
        """Return the share of rows whose pair of values is their own."""
        a, b = self.codes(one), self.codes(other)
        return len(np.unique(a * (int(b.max()) + 2) + b + 1)) / max(1, len(a))

    @cached_property
    def lines(self) -> Lines:
        """Find what looks like order lines: an order has one time, several products, and quantity × price is a sum."""
        columns = self.sample.columns[: 4 * _MOST_OTHERS]
        keys = [c for c in columns if is_key(c)][:_MOST_KEYS]
        times = [c for c in columns if c.fill > _FILLED and dated(c) > _FILLED][:8]
        orders = {
            c.name: c.distinct * (1 + 0.2 * c.share("long_digits"))
            for c in keys
            if c.fill > _FILLED
            and 1 / _MOST_A_DOCUMENT < c.variety < 1
            and any(self.determines(c.name, t.name) > _FILLED for t in times)
        }
        if not orders:
            return Lines()
        order = max(orders, key=lambda name: orders[name])
        ranked = dict.fromkeys(orders, 0.3) | {order: 1.0}
        found = [t.name for t in times if self.determines(order, t.name) > _FILLED]
        when = {name: 1.0 if i == 0 else 0.7 for i, name in enumerate(sorted(found, key=self._no_clock))}
        others = [c for c in keys if c.name != order]
        numeric = [c for c in columns if c.fill > _FILLED and _is_number(c)][:_MOST_OTHERS]
        line, quantity = self._counts(order, numeric)
        return Lines(
            order=ranked,
            line=line | {c.name: 0.6 for c in others if c.variety == 1 and c.share("long_digits") > _FILLED},
            time=when,
            product=self._products(order, others),
            quantity=quantity,
            price=self._prices(order, numeric, quantity),
            customer=self._customers(order, others),
        )

    def _no_clock(self, name: str) -> bool:
        return self.sample.by_name[name].share("clock") < 0.5

    def _products(self, order: str, others: list[Column]) -> dict[str, float]:
        """Articles come in many orders, an order has several, and an article has one name."""
        named = [c.name for c in self.sample.columns if c.share("words") > 0.7 and c.distinct > _FEW][:4]
        found: dict[str, float] = {}
        for c in others:
            if c.distinct < 2 or c.variety > 0.9 or self.determines(order, c.name) > 0.95 or c.fill < 0.9:
                continue
            name = max((self.determines(c.name, n) for n in named), default=0.5)
            found[c.name] = 0.3 + 0.35 * name + 0.35 * c.share("sku") - 0.2 * c.share("barcode")
        return found

    def _counts(self, order: str, numeric: list[Column]) -> tuple[dict[str, float], dict[str, float]]:
        line: dict[str, float] = {}
        quantity: dict[str, float] = {}
        for c in numeric:
            if c.share("integer") < _FILLED or c.share("cents") > 0.5 or self.determines(order, c.name) > 0.98:
                continue
            if c.low == 1 and self.pairs(order, c.name) == 1:
                line[c.name] = 1.0
                continue
            values = self.sample.numbers(c.name)[:_ROWS]
            middle = float(np.nanmedian(np.abs(values)))
            ones = float(np.mean(values == 1))
            quantity[c.name] = (0.5 + 0.5 * min(1.0, 2 * ones)) if middle <= _FEW else 0.2
        return line, quantity

    def _prices(self, order: str, numeric: list[Column], quantity: dict[str, float]) -> dict[str, float]:
        """A price is a number with cents; best where some other column is its product with the quantity."""
        amounts = [c for c in numeric if c.name not in quantity and self._is_money(c)]
        if not amounts:
            return {}
        values = {c.name: self.sample.numbers(c.name)[:_ROWS] for c in amounts}
        most = max(quantity, key=lambda name: quantity[name], default=None)
        times = self.sample.numbers(most)[:_ROWS] if most else np.ones(1)
        several = np.abs(times) > 1
        found: dict[str, float] = {}
        for c in amounts:
            steady = 1 - self.determines(order, c.name)
            fitting = 0.0
            if several.sum() > _FEW:
                product = values[c.name][several] * times[several]
                sums = (np.mean(np.abs(product - values[o][several]) < _CENT) for o in values if o != c.name)
                fitting = max((float(share) for share in sums), default=0.0)
            found[c.name] = 0.4 + 0.2 * (steady > 0.02) + 0.4 * (fitting > 0.9)
        return found

    def _is_money(self, column: Column) -> bool:
        return column.share("plain_integer") < _FILLED and column.distinct > 2 and column.high > 1

    def _customers(self, order: str, others: list[Column]) -> dict[str, float]:
        """An order has one customer; he may be missing, and comes again."""
        found: dict[str, float] = {}
        for c in others:
            if c.distinct < 3 or self.determines(order, c.name) < _FILLED or c.variety > 0.99:
                continue
            personal = c.share("wechat_id", "taobao_id", "douyin_id", "jd_pin", "phone", "email", "external_userid")
            own = max(personal, 0.5 * c.share("device"), 0.4 * c.share("long_digits"))
            found[c.name] = 0.3 + 0.4 * own + 0.2 * (0.1 < c.fill < 0.999)
        ranked = sorted(found, key=lambda name: -found[name])
        if ranked and (len(ranked) == 1 or found[ranked[0]] > found[ranked[1]] + _CLEARLY):
            found[ranked[0]] = max(found[ranked[0]], _ONLY)
        return found


def is_key(column: Column) -> bool:
    """Say whether values look like what tells things apart: short, of letters and digits, no time, no amount."""
    return (
        column.share("identifier", "douyin_id", "taobao_id", "email") > 0.95
        and column.share("cents") < 0.5
        and dated(column) < 0.5
        and column.share("json", "url") < 0.1
        and column.length >= 2.5
    )


def dated(column: Column) -> float:
    """Return the share of values that are written as times are, with signs between the digits."""
    looks = column.share("slashed", "clock")
    return min(looks, max([column.share("time"), *column.forms.values()]))


def _is_number(column: Column) -> bool:
    return column.share("number") > _FILLED and column.share("lost_zero") < 0.1
