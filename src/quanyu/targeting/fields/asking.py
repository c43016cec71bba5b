"""Turns what a rule asks into what the stored column answers: days since and until become days."""

from datetime import date, timedelta
from typing import cast

from quanyu.targeting.fields.model import Askable, Leaf, Operator, Stored

_MIRRORED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def as_stored(leaf: Leaf, askable: Askable, day: date) -> tuple[Operator, tuple[Stored, ...]]:
    """Return the comparison that the stored column answers; days are counted from `day`."""
    if askable.form == "plain":
        return leaf.operator, leaf.values
    sign = -1 if askable.form == "days_since" else 1
    days = tuple(day + sign * timedelta(days=int(cast("int", value))) for value in leaf.values)
    if sign > 0:
        return leaf.operator, days
    return _MIRRORED.get(leaf.operator, leaf.operator), days[::-1] if leaf.operator == "between" else days
