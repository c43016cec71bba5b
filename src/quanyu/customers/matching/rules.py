"""Rules for blocking that fit what the columns mean, the most telling first, and passes for learning."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from quanyu.customers.matching.model import Field, Key, Rule

_ALONE = ("number", "phone", "email", "full_name.words", "birth_date", "email.user", "surname", "given_name", "address")
_LATER = ("phone.end", "birth_date.day", "postcode", "items", "text", "full_name.alike", "full_name.surname", "region")
_TOGETHER = (
    ("surname", "given_name"),
    ("surname.start", "given_name.start"),
    ("surname", "postcode"),
    ("house_number", "postcode"),
    ("surname", "birth_date.year"),
    ("given_name", "birth_date.day"),
    ("surname", "birth_date.day"),
    ("full_name.surname", "birth_date.day"),
    ("full_name.surname", "birth_date.year"),
    ("full_name.given", "birth_date.year"),
    ("full_name.start", "region"),
    ("full_name.surname", "address.start"),
    ("birth_date.month", "region"),
    ("birth_date.year", "region"),
    ("birth_date.year", "postcode"),
    ("surname", "region"),
    ("given_name", "region"),
    ("given_name", "address.start"),
)
_PASSES = (
    "birth_date",
    "phone",
    "email",
    "full_name.words",
    "number",
    "postcode",
    "address",
    "surname",
    "region",
    "text",
)
_ENOUGH = 3
"""Passes: each field is then learned in two of them at least."""
_MOST_OF_PASS = 2_000_000


def candidates(fields: Sequence[Field]) -> Iterator[Rule]:
    """Yield the rules that these fields allow."""
    for key in _ALONE:
        yield from _rules(fields, (key,))
    yield from _swapped(fields)
    for keys in _TOGETHER[:2]:
        yield from _rules(fields, keys)
    for key in _LATER:
        yield from _rules(fields, (key,))
    for keys in _TOGETHER[2:]:
        yield from _rules(fields, keys)
    for left, right in combinations([field for field in fields if field.means in {"text", "category"}], 2):
        yield (Key(left.name, left.name), Key(right.name, right.name))


def _rules(fields: Sequence[Field], keys: Sequence[str]) -> Iterator[Rule]:
    """Yield a rule for each choice of fields that have the meanings; a part stands behind a point."""
    found: list[list[str]] = [[]]
    for key in keys:
        means, _, part = key.partition(".")
        names = [f"{field.name}.{part}" if part else field.name for field in fields if field.means == means]
        found = [[*before, name] for before in found for name in names]
    yield from (tuple(Key(name, name) for name in names) for names in found if names)


def _swapped(fields: Sequence[Field]) -> Iterator[Rule]:
    given = next((field.name for field in fields if field.means == "given_name"), None)
    surname = next((field.name for field in fields if field.means == "surname"), None)
    if given and surname:
        yield (Key(given, surname),)


def passes(fields: Sequence[Field], count: Callable[[Rule], int], most: int) -> list[Rule]:
    """Return rules on different fields in whose blocks a model can learn, the most telling first.

    Where duplicates of a file are few, blocks of it hold few pairs, and those between files more: few is no reason.
    """
    found: list[Rule] = []
    taken: set[str] = set()
    for key in _PASSES:
        for rule in _rules(fields, (key,)):
            name = rule[0].left.partition(".")[0]
            if len(found) < _ENOUGH and name not in taken and count(rule) <= min(most, _MOST_OF_PASS):
                found.append(rule)
                taken.add(name)
    return found
