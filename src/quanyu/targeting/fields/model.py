"""Nouns of rules: what may be asked, a rule once it has been checked, a statistic of what customers did."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from quanyu.foundation.measuring import ValueType
from quanyu.foundation.text import Text

Form = Literal["plain", "days_since", "days_until"]
"""How a stored value is asked for: as it is, or as days between a stored date and the day of asking."""

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "not_in", "between", "is_null", "is_known"]

Stored = int | float | str | bool | date


@dataclass(frozen=True)
class Askable:
    """A thing that a rule may ask about a customer, kept in a column of its own name.

    `type` is the type asked with; a form other than plain keeps a date and is asked with whole days.
    `values` is the closed list of what a code may be, None where it is open.
    """

    name: str
    type: ValueType
    title: Text
    form: Form = "plain"
    values: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Leaf:
    """One comparison. `values`: none, one, several for in and not_in, low and high (both included) for between."""

    tag: str
    operator: Operator
    values: tuple[Stored, ...] = ()


@dataclass(frozen=True)
class Group:
    kind: Literal["all", "any"]
    rules: tuple["Rule", ...]


@dataclass(frozen=True)
class Negation:
    rule: "Rule"


Take = Literal["count", "sum", "average", "min", "max", "first", "last", "distinct", "share", "trend", "top", "streak"]


@dataclass(frozen=True)
class Window:
    """Which days count: the last `days` that end `before` days ago, or those from `first` to `last`; else all."""

    days: int | None = None
    before: int = 0
    first: date | None = None
    last: date | None = None

    def bounds(self, day: date) -> tuple[date | None, date | None]:
        """Return the first and the last day that count, both included; None where it is open."""
        if self.days is None:
            return self.first, self.last
        last = day - timedelta(days=self.before)
        return last - timedelta(days=self.days - 1), last


@dataclass(frozen=True)
class Statistic:
    """What is taken of a customer's rows of a behaviour, of those in a window for which a rule is true.

    `of` is the column that it is taken of; `by` the column whose sum makes a value the top one, else their number.
    """

    over: str
    take: Take
    of: str | None = None
    by: str | None = None
    within: Window = field(default_factory=Window)
    where: "Rule | None" = None
    form: Form = "plain"


@dataclass(frozen=True)
class Did:
    """A comparison of what is taken of a customer's behaviour, worked out when it is asked."""

    statistic: Statistic
    type: ValueType
    operator: Operator
    values: tuple[Stored, ...] = ()


@dataclass(frozen=True)
class InAudience:
    """Whoever is in an audience, by its own rule at this moment, or on a list."""

    name: str


@dataclass(frozen=True)
class RandomShare:
    """A share of all customers, drawn by lot: the same seed draws the same ones, another seed others."""

    share: float
    seed: str


@dataclass(frozen=True)
class Stage:
    """A step of a sequence: what is done, or where it is `absent` not done, at most `days` after the step before."""

    over: str
    where: "Rule | None" = None
    days: int | None = None
    absent: bool = False


@dataclass(frozen=True)
class Chain:
    """Something that was done on one of the days `within`, and then what has followed, or has not."""

    stages: tuple[Stage, ...]
    within: Window = field(default_factory=Window)


StoreOf = Literal["last_store", "home_store", "orders"]
"""Which store of a customer is meant: where he bought last, the one that he belongs to, any in which he bought."""


@dataclass(frozen=True)
class OfUnit:
    """Whoever has a store at or below a unit of the organisation. `place` is where the rule says so."""

    unit: str
    by: StoreOf = "last_store"
    place: str = field(default="", compare=False)


@dataclass(frozen=True)
class Distance:
    """A comparison of the metres from a customer's store to another, or to a latitude and a longitude in degrees."""

    by: StoreOf
    to: str | tuple[float, float]
    operator: Operator
    values: tuple[Stored, ...] = ()
    place: str = field(default="", compare=False)


OfSets = Did | InAudience | RandomShare | Chain | OfUnit | Distance
Rule = Leaf | Group | Negation | OfSets
OF_SETS = (Did, InAudience, RandomShare, Chain, OfUnit, Distance)
"""Rules that no column answers: they are answered by a set of customers."""

Step = str | int
Place = Callable[[tuple[Step, ...]], str]


def tags_of(rule: Rule) -> frozenset[str]:
    """Return the names of everything that a rule asks about."""
    if isinstance(rule, Leaf):
        return frozenset({rule.tag})
    if isinstance(rule, OF_SETS):
        return frozenset()
    parts = (rule.rule,) if isinstance(rule, Negation) else rule.rules
    return frozenset[str]().union(*(tags_of(part) for part in parts))


def is_of_columns(rule: Rule) -> bool:
    """Say whether columns answer all of a rule."""
    if isinstance(rule, Negation):
        return is_of_columns(rule.rule)
    return all(is_of_columns(part) for part in rule.rules) if isinstance(rule, Group) else isinstance(rule, Leaf)
