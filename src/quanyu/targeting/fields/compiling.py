"""Turns a checked rule into one Ibis expression over the stored columns; nothing runs here."""

from collections.abc import Sequence
from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir

from quanyu.targeting.fields.asking import as_stored
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.model import Askable, Group, Leaf, Negation, Operator, Rule, Stored


def compile_rule(rule: Rule, rows: ir.Table, askables: Catalogue[Askable], day: date) -> ir.BooleanValue:
    """Return a boolean of three values (see `rules`) over `rows`, which has one column per askable.

    Days since and until are counted from `day`: `recency_days >= 90` asks the stored date to be `<= day - 90`.
    """
    if isinstance(rule, Leaf):
        askable = askables[rule.tag]
        return _comparison(rows[askable.name], *as_stored(rule, askable, day))
    if isinstance(rule, Negation):
        return ~compile_rule(rule.rule, rows, askables, day)
    if isinstance(rule, Group):
        return _joined(rule.kind, [compile_rule(part, rows, askables, day) for part in rule.rules])
    raise TypeError(f"no column answers {type(rule).__name__}")


def asked_value(rows: ir.Table, askable: Askable, day: date) -> ir.Value:
    """Return the column as a rule sees it: days counted from `day` where a date is stored."""
    stored = rows[askable.name]
    if askable.form == "plain":
        return stored
    until = cast("ir.DateColumn", stored).delta(day, unit="day")
    return until if askable.form == "days_until" else -until


def _joined(kind: str, parts: Sequence[ir.BooleanValue]) -> ir.BooleanValue:
    """Join as a balanced tree: a thousand conditions in a row would nest a thousand deep."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    left, right = _joined(kind, parts[:middle]), _joined(kind, parts[middle:])
    return left & right if kind == "all" else left | right


def _comparison(column: ir.Column, operator: Operator, values: tuple[Stored, ...]) -> ir.BooleanValue:
    literals = [ibis.literal(value) for value in values]
    match operator:
        case "is_null":
            return column.isnull()
        case "is_known":
            return column.notnull()
        case "in":
            return column.isin(literals)
        case "not_in":
            return column.notin(literals)
        case "between":
            return column.between(literals[0], literals[1])
        case "=":
            return column == literals[0]
        case "!=":
            return column != literals[0]
        case "<":
            return column < literals[0]
        case "<=":
            return column <= literals[0]
        case ">":
            return column > literals[0]
        case ">=":
            return column >= literals[0]
