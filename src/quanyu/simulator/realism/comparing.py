"""Puts the company and public data side by side and says where they differ, by bounds that are fixed here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quanyu.simulator.arguments import Arguments, Refused
from quanyu.simulator.people import Floats
from quanyu.simulator.realism import public, sales
from quanyu.simulator.realism.reasons import MEASURES, REASONS, Words
from quanyu.simulator.realism.sales import Sales
from quanyu.simulator.realism.simulated import Company, draw_company
from quanyu.simulator.realism.trial import WATCHED, Arm, added, doubt, mean
from quanyu.simulator.world import build_world

# Alike is what lies within these bounds.
LARGEST_DIFFERENCE = 0.10  # of two shares
LARGEST_DISTANCE = 0.15  # of two distributions (Kolmogorov and Smirnov)
LARGEST_RATIO = 1.5  # of two rates, either way
NEEDED = 365 + WATCHED  # days that the company must have
_COHORT = 455  # days that every customer of cdnow can be watched from his first purchase
_SAMPLE = 75_000 / 1_469_307  # of the lines of complete_journey that its sample holds (the publisher's count)
_SETS = ("online_retail", "cdnow", "complete_journey", "hillstrom")

Measured = Callable[[Sales], Floats]


@dataclass(frozen=True)
class Row:
    """One measure on both sides. `by` says what `value` is: difference, distance or ratio."""

    measure: str
    data: str
    simulated: dict[str, float]
    public: dict[str, float]
    by: str
    value: float
    alike: bool
    verdict: Words

    @property
    def name(self) -> Words:
        """Return what is measured, in words."""
        return MEASURES[self.measure]


@dataclass(frozen=True)
class Comparison:
    """All rows, and the data sets that were not there."""

    customers: int
    rows: tuple[Row, ...]
    missing: tuple[str, ...]


def compare(arguments: Arguments, folder: Path) -> Comparison:
    """Compare a company of two years or more with the public data in a folder. Raises Refused."""
    if arguments.days < NEEDED:
        en = f"years: {arguments.years} was given, 2 or more are needed to compare"
        raise Refused([(en, f"年数：收到 {arguments.years}，对比需要至少 2 年")])
    readers = (public.online_retail, public.cdnow, public.complete_journey, public.hillstrom)
    found = {name: read(folder) for name, read in zip(_SETS, readers, strict=True)}
    missing = tuple(name for name, data in found.items() if data is None)
    if len(missing) == len(_SETS):
        names = ", ".join(_SETS)
        en = f"public: {folder} holds none of {names}; a folder with at least one of them is wanted"
        raise Refused([(en, f"public：{folder} 中没有 {names}；至少需要其中之一")])
    company = draw_company(build_world(arguments))
    return Comparison(arguments.customers, tuple(_rows(company, found)), missing)


def _rows(company: Company, found: Mapping[str, object]) -> Iterator[Row]:
    rows = (_retail, _cdnow, _journey)
    for name, compared in zip(_SETS, rows, strict=False):
        theirs = found[name]
        if isinstance(theirs, Sales):
            yield from compared(company, theirs)
    mailed = found["hillstrom"]
    if isinstance(mailed, tuple):
        yield from _mails(company, *mailed)


def _retail(company: Company, theirs: Sales) -> Iterator[Row]:
    """Over as many days as they have."""
    ours, data = company.sales.last_days(int(np.ptp(theirs.day)) + 1), "online_retail"
    yield _share("share_once", data, sales.share_once(ours), sales.share_once(theirs))
    for measure, measured in _PURCHASES.items():
        yield _spread(measure, data, measured(ours), measured(theirs))
    for measure, measured in {"lines_each": sales.lines_each, "items_each": sales.items_each}.items():
        yield _spread(measure, data, measured(ours), measured(theirs))
    yield _share("top_customers", data, sales.of_top_customers(ours), sales.of_top_customers(theirs))
    yield from _products(data, company.sales, theirs)


def _cdnow(company: Company, theirs: Sales) -> Iterator[Row]:
    """Each customer from his first purchase on, for as long as all of them can be watched."""
    ours, theirs, data = company.newcomers.from_the_first(_COHORT), theirs.from_the_first(_COHORT), "cdnow"
    yield _share("share_once", data, sales.share_once(ours), sales.share_once(theirs))
    for measure, measured in _PURCHASES.items():
        yield _spread(measure, data, measured(ours), measured(theirs))
    yield _share("top_customers", data, sales.of_top_customers(ours), sales.of_top_customers(theirs))


def _journey(company: Company, theirs: Sales) -> Iterator[Row]:
    """Over a year; theirs is a sample of lines, so ours is thinned to the same where that matters."""
    ours, data = company.sales.last_days(365), "complete_journey"
    yield _spread("lines_each", data, sales.lines_each(ours.thinned(_SAMPLE)), sales.lines_each(theirs))
    yield from _products(data, ours, theirs)
    yield _spread("favourite_share", data, sales.favourite_share(ours), sales.favourite_share(theirs))
    yield _share("share_discounted", data, sales.share_discounted(ours), sales.share_discounted(theirs))
    yield _spread("depth", data, sales.depth(ours), sales.depth(theirs))


def _products(data: str, ours: Sales, theirs: Sales) -> Iterator[Row]:
    """With every product sold as often, on average, on both sides."""
    ours, theirs = sales.as_often_sold(ours, theirs), sales.as_often_sold(theirs, ours)
    yield _share("top_products", data, sales.of_top_products(ours), sales.of_top_products(theirs))
    yield _share("product_gini", data, sales.product_gini(ours), sales.product_gini(theirs))


def _mails(company: Company, nothing: Arm, *mails: Arm) -> Iterator[Row]:
    """What one message adds among those who bought within a year, in the 14 days after it."""
    data, ours = "hillstrom", company.control
    yield _rate("visit_alone", data, mean(ours, "visit"), mean(nothing, "visit"))
    yield _rate("bought_alone", data, mean(ours, "bought"), mean(nothing, "bought"))
    for outcome in ("visit", "bought", "anywhere"):
        theirs = [added(mail, nothing, outcome) for mail in mails]
        yield _effect(f"{outcome}_added", data, company, outcome, theirs, 1.0)
    whole = mean(nothing, "spent")
    theirs = [added(mail, nothing, "spent") / whole for mail in mails]
    yield _effect("spent_lift", data, company, "spent", theirs, mean(ours, "spent"))


_PURCHASES: dict[str, Measured] = {"orders_each": sales.orders_each, "gaps": sales.gaps}


def _share(measure: str, data: str, ours: float, theirs: float) -> Row:
    return _row(measure, data, {"share": ours}, {"share": theirs}, "difference", ours - theirs, ours > theirs)


def _rate(measure: str, data: str, ours: float, theirs: float) -> Row:
    ratio = ours / theirs if theirs else np.inf
    return _row(measure, data, {"share": ours}, {"share": theirs}, "ratio", ratio, ours > theirs)


def _spread(measure: str, data: str, ours: Floats, theirs: Floats) -> Row:
    more = bool(ours.mean() > theirs.mean())
    return _row(measure, data, summary(ours), summary(theirs), "distance", distance(ours, theirs), more)


def _effect(measure: str, data: str, company: Company, outcome: str, theirs: list[float], unit: float) -> Row:
    """Compare with the nearer of the mails; what chance alone could have moved ours to is alike."""
    ours = added(company.written_to, company.control, outcome) / unit
    unsure = doubt(company.written_to, company.control, outcome) / unit
    low, high = min(theirs), max(theirs)
    nearest = min(max(ours, low), high)
    told = {"added": ours, "low": ours - unsure, "high": ours + unsure}
    meets = ours + unsure >= low / LARGEST_RATIO and ours - unsure <= high * LARGEST_RATIO
    ratio = ours / nearest if nearest else np.inf
    return _row(measure, data, told, {"low": low, "high": high}, "ratio", ratio, ours > nearest, meets)


def _row(
    measure: str,
    data: str,
    ours: dict[str, float],
    theirs: dict[str, float],
    by: str,
    value: float,
    more: bool,
    alike: bool | None = None,
) -> Row:
    within = _within(by, value) if alike is None else alike
    return Row(measure, data, ours, theirs, by, float(value), within, _verdict(measure, data, within, more))


def _within(by: str, value: float) -> bool:
    if by == "ratio":
        return 1 / LARGEST_RATIO <= value <= LARGEST_RATIO
    return abs(value) <= (LARGEST_DISTANCE if by == "distance" else LARGEST_DIFFERENCE)


def _verdict(measure: str, data: str, alike: bool, more: bool) -> Words:
    if alike:
        return "alike", "相近"
    reason = REASONS[measure, data]
    meant = reason.higher if more else reason.lower
    if not meant:
        return f"differs, not meant: mend {reason.knob}", f"不同，非有意：可调整 {reason.knob}"
    return f"differs, as meant: {meant[0]}", f"不同，有意为之：{meant[1]}"


def summary(values: Floats) -> dict[str, float]:
    """Return mean, median, the tenth at either end, and the coefficient of variation."""
    low, median, high = (float(each) for each in np.quantile(values, (0.1, 0.5, 0.9)))
    average = float(values.mean())
    return {"mean": average, "median": median, "p10": low, "p90": high, "cv": float(values.std()) / average}


def distance(ours: Floats, theirs: Floats) -> float:
    """Return the largest difference of two cumulated distributions (Kolmogorov and Smirnov's statistic)."""
    both = np.concatenate([ours, theirs])
    cumulated = [np.searchsorted(np.sort(each), both, side="right") / len(each) for each in (ours, theirs)]
    return float(np.abs(cumulated[0] - cumulated[1]).max())
