"""What cannot be simulated is named at once, in two languages."""

from datetime import date

import pytest

from quanyu.simulator.arguments import Arguments, Dirt, Refused


def test_all_faults_are_named_together_with_what_is_allowed():
    with pytest.raises(Refused) as refused:
        Arguments(0, years=9, seed=-1, dirt=Dirt(typo=1.5, shared=-0.1))
    told = [en for en, _ in refused.value.faults]
    assert [fault.split(":")[0] for fault in told] == ["customers", "years", "seed", "dirt shared", "dirt typo"]
    assert "1 to 100,000,000" in told[0]
    assert all("允许" in zh for _, zh in refused.value.faults)


@pytest.mark.parametrize(
    ("until", "years", "first", "days"),
    [
        (date(2026, 6, 30), 2, date(2024, 7, 1), 730),
        (date(2025, 12, 31), 1, date(2025, 1, 1), 365),
        (date(2028, 2, 28), 1, date(2027, 2, 28), 366),
    ],
)
def test_years_end_on_the_last_day(until, years, first, days):
    arguments = Arguments(1, years=years, until=until)
    assert (arguments.first, arguments.days) == (first, days)


def test_the_dirt_is_not_less_than_what_real_systems_have():
    dirt = Dirt()
    assert (dirt.empty, dirt.recycled, dirt.shared, dirt.assistant) >= (0.70, 0.03, 0.04, 0.01)
    assert (dirt.dummy, dirt.typo) >= (0.02, 0.02)
