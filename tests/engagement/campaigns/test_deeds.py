"""What customers did is counted from the day after their own, as the report of a journey counts it."""

from datetime import date

import pytest
from tests.conftest import delivered
from tests.engagement.conftest import MEMBERS, customers_of
from tests.engagement.journeys.conftest import MORNING, at

from quanyu.engagement.campaigns.deeds import before, deeds, who, whom
from quanyu.foundation.sets.algebra import OrdinalSet


def test_purchases_and_returns_of_the_days_after(spring, tmp_path):
    rows = [
        ("n1", "m1", "A", 1, "100.00", "2026-03-11 12:00"),
        ("n2", "m1", "A", 1, "20.50", "2026-03-20 12:00"),  # after its days
        ("n3", "m3", "A", 1, "50.00", "2026-03-10 12:00"),  # on the day itself
        ("n4", "m5", "A", 1, "70.00", "2026-03-17 23:59"),
        ("n5", "m5", "A", -1, "-30.00", "2026-03-19 12:00"),  # after its days, within the window of what it comes of
        ("n6", "m7", "A", -1, "-40.00", "2026-03-17 12:00"),  # of something that was bought before
    ]
    delivered(
        spring, tmp_path, "order_line", "order_number customer product quantity amount placed_at", rows, source="club"
    )
    at(spring, MORNING.replace(month=4))
    found = deeds(spring, whom(OrdinalSet.first(MEMBERS), "some", date(2026, 3, 10)), 7, "spring")
    one, five = customers_of(spring, [1, 5])
    assert found.num_rows == MEMBERS
    assert who(found, "bought") == OrdinalSet.of([one, five])
    spent = dict(zip(found["customer"].to_pylist(), found["spent"].to_pylist(), strict=True))
    assert {c: s for c, s in spent.items() if s} == {one: pytest.approx(100.0), five: pytest.approx(40.0)}
    assert not who(found, "read")


def test_the_days_before_end_yesterday(spring):
    """Members bought on day 1 + i % 28 of February; today is 10 March."""
    late = [i for i in range(0, MEMBERS, 2) if 1 + i % 28 >= 38 - 20]
    found = before(spring, OrdinalSet.first(MEMBERS), 20)
    assert who(found, "bought") == OrdinalSet.of(customers_of(spring, late))
