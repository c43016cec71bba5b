"""Nouns of rules: what may be asked, and a rule once it has been checked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
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


Rule = Leaf | Group | Negation

Step = str | int
Place = Callable[[tuple[Step, ...]], str]


def tags_of(rule: Rule) -> frozenset[str]:
    """Return the names of everything that a rule asks about."""
    if isinstance(rule, Leaf):
        return frozenset({rule.tag})
    parts = (rule.rule,) if isinstance(rule, Negation) else rule.rules
    return frozenset[str]().union(*(tags_of(part) for part in parts))
