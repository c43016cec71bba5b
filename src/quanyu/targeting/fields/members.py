"""Turns a checked rule into an expression over an index: who it is true for, by SQL's three-valued logic.

A rule is true, false or unknown for a customer. Who it is true for, and who it is false for, follow from the same of
its parts, so that a negation never meets an unknown: it only swaps the two.
"""

from datetime import date

from quanyu.foundation.sets.expressions import Expression, Joined, Not
from quanyu.foundation.sets.index import Index
from quanyu.targeting.fields.asking import as_stored
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.model import Askable, Group, Leaf, Negation, Operator, Rule, Stored

_ALWAYS_KNOWN: frozenset[Operator] = frozenset({"is_null", "is_known"})


def members_of(rule: Rule, index: Index, askables: Catalogue[Askable], day: date) -> Expression:
    """Return who the rule selects; days since and until are counted from `day`."""
    return _whose(rule, True, index, askables, day)


def _whose(rule: Rule, truth: bool, index: Index, askables: Catalogue[Askable], day: date) -> Expression:
    """Return who the rule is true for, or who it is false for."""
    if isinstance(rule, Negation):
        return _whose(rule.rule, not truth, index, askables, day)
    if isinstance(rule, Leaf):
        askable = askables[rule.tag]
        operator, values = as_stored(rule, askable, day)
        holds = _compared(index, askable.name, operator, values)
        if truth:
            return holds
        known = () if operator in _ALWAYS_KNOWN else (index.known(askable.name),)
        return Joined("all", (*known, Not(holds)))
    if not isinstance(rule, Group):
        raise TypeError(f"no column answers {type(rule).__name__}")
    parts = tuple(_whose(part, truth, index, askables, day) for part in rule.rules)
    return Joined("all" if (rule.kind == "all") == truth else "any", parts)


def _compared(index: Index, name: str, operator: Operator, values: tuple[Stored, ...]) -> Expression:
    """Return who has a value for which the comparison is true."""
    match operator:
        case "is_known":
            return index.known(name)
        case "is_null":
            return Not(index.known(name))
        case "in" | "=":
            return index.among(name, values)
        case "not_in" | "!=":
            return _others(index, name, index.among(name, values))
        case "<":
            return index.at_most(name, values[0], below=True)
        case "<=":
            return index.at_most(name, values[0])
        case ">":
            return index.above(name, values[0])
        case ">=":
            return index.above(name, values[0], least=True)
        case "between":
            # Who is above has a value, so that the upper bound need not ask for one again.
            return Joined("all", (index.above(name, values[0], least=True), index.at_most(name, values[1])))


def _others(index: Index, name: str, part: Expression) -> Expression:
    """Return who has a value and is not in `part`."""
    return Joined("all", (index.known(name), Not(part)))
