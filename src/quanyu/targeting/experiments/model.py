"""What the analysis of an experiment says: arms, effects with their intervals, and whether the split can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from quanyu.targeting.experiments.looking import Looking

OutcomeKind = Literal["rate", "amount"]


@dataclass(frozen=True)
class Arm:
    """One group of the experiment; `customers` are the rows that name it."""

    name: str
    customers: int


@dataclass(frozen=True)
class Outcome:
    """One measured column over all rows that have an arm; missing values are left out, negative ones are kept."""

    name: str
    kind: OutcomeKind
    missing: int
    negative: int


@dataclass(frozen=True)
class Estimate:
    """An effect without its names: arm minus control, and arm over control minus one.

    Intervals are 95%. `plain_*` is the normal approximation. None stands for "cannot be computed from these rows":
    a relative lift over a control of zero, an unbounded limit, a difference between two groups that do not vary.
    `absolute` is adjusted for what was done before where `removed` says what share of the variance that took out;
    `unadjusted` and `plain_*` never are. `detectable` is the smallest absolute difference that a test of this size
    finds in four of five cases.
    """

    arm_customers: int
    control_customers: int
    arm_mean: float
    control_mean: float
    absolute: float
    se: float
    absolute_low: float | None
    absolute_high: float | None
    unadjusted: float
    removed: float | None
    plain_low: float
    plain_high: float
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    p_value: float | None
    power: float | None
    detectable: float | None
    few: bool


@dataclass(frozen=True)
class Effect(Estimate):
    """What one arm changed in one outcome. `p_holm` is corrected for all comparisons of the analysis together.

    `arm_customers` and `control_customers` are those whose outcome is known. `few` warns that an arm has fewer than
    30 customers with an amount other than zero, or that very few of them have most of it: the interval may be too
    narrow.
    """

    outcome: str
    kind: OutcomeKind
    arm: str
    control: str
    p_holm: float | None

    @property
    def certain(self) -> bool:
        """Tell whether the interval leaves zero out."""
        if self.absolute_low is None or self.absolute_high is None:
            return False
        return self.absolute_low > 0 or self.absolute_high < 0


@dataclass(frozen=True)
class SampleRatio:
    """Whether the arms have the sizes that were planned; `expected` are shares that sum to one, by arm."""

    expected: Mapping[str, float]
    assumed_equal: bool
    p_value: float
    alarm: bool


@dataclass(frozen=True)
class Part:
    """Customers with one value, or with values of one range, and the effects among them; Holm counts in all parts."""

    value: str
    customers: int
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Difference:
    """Whether what an arm changed in an outcome differs between parts at all; None where there is one part only."""

    outcome: str
    arm: str
    p_value: float | None
    p_holm: float | None


@dataclass(frozen=True)
class Parts:
    """The same effects part by part of a column; `small` are parts with too few customers to look at."""

    by: str
    parts: tuple[Part, ...]
    differences: tuple[Difference, ...]
    small: tuple[str, ...]


@dataclass(frozen=True)
class Analysis:
    """`before` are the columns that effects are adjusted for; `looking` says that intervals hold at any look."""

    rows_read: int
    rows_without_arm: int
    arms: tuple[Arm, ...]
    control: str
    outcomes: tuple[Outcome, ...]
    effects: tuple[Effect, ...]
    sample_ratio: SampleRatio
    before: tuple[str, ...] = ()
    looking: Looking | None = None
    parts: Parts | None = None
