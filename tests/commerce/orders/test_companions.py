"""What goes with what: lift and support counted by hand, and who is offered which category."""

from collections.abc import Callable
from typing import Any

import ibis
import pytest
from tests.commerce.orders.conftest import Goods, bought_by

from quanyu.commerce.orders.companions import LEAST_SUPPORT, companions, pairs
from quanyu.commerce.orders.tables import ORDER_LINES
from quanyu.foundation.measuring import Scope

Read = Callable[[ibis.Table], list[dict[str, Any]]]
GOODS: Goods = {
    "leaf": ("drinks", "tea", "leaves"),
    "pot": ("drinks", "ware", "pots"),
    "cup": ("drinks", "ware", "cups"),
    "sofa": ("furniture", None, None),
    "box": (None, None, None),
}
TOGETHER = LEAST_SUPPORT


def baskets(*given: tuple[int, str]) -> Scope:
    """Return a scope of orders, each a record and the goods in it; what stands further left costs more."""
    lines = [(who, product, place) for place, (who, goods) in enumerate(given) for product in goods.split()]
    scope = bought_by(lines, GOODS, 400)
    rows = scope.tables[ORDER_LINES.name]
    number = (rows.business_date.epoch_days() - 19_723).cast("string")  # the day is that of the basket
    return Scope({**scope.tables, ORDER_LINES.name: rows.mutate(order_number=number)}, scope.as_of, "UTC")


def crowd() -> list[tuple[int, str]]:
    """Of 100 orders 20 hold leaves and pots, 19 leaves and cups, 21 a sofa and pots, the others leaves or a box."""
    made = [*["leaf pot"] * TOGETHER, *["leaf cup"] * (TOGETHER - 1), *["sofa pot"] * (TOGETHER + 1)]
    made += [*["leaf"] * 20, *["box"] * 20]
    return [(100 + n, goods) for n, goods in enumerate(made)]


def _sold(scope: Scope) -> Any:
    from quanyu.commerce.orders.companions import _sold as sold

    return sold(scope)


def test_lift_and_support(read: Read):
    found = {(row["one"], row["category"]): row for row in read(pairs(_sold(baskets(*crowd()))))}
    assert set(found) == {("pots", "furniture"), ("furniture", "pots")}  # leaves and pots are 20 of 59 · 41 / 80 < 1
    lifted = found["pots", "furniture"]
    assert (lifted["support"], lifted["lift"]) == (21, pytest.approx(21 * 80 / (41 * 21)))


@pytest.mark.parametrize(
    ("bought", "companion"),
    [
        (["sofa"], "pots"),
        (["sofa", "pot"], None),  # he has bought it already
        (["pot"], "furniture"),
        (["leaf"], None),
        (["box"], None),
        (["leaf", "sofa", "sofa"], "pots"),  # most is spent on sofas
    ],
)
def test_who_is_offered_what(read: Read, bought: list[str], companion: str | None):
    found = {r["customer"]: r["companion"] for r in read(companions(baskets(*crowd(), *((1, one) for one in bought))))}
    assert found.get(1) == companion
