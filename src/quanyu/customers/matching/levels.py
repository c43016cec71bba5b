"""How alike two values are: for each way of comparing its levels, from equal to unlike, as conditions in SQL."""

from collections.abc import Sequence
from typing import Any

from quanyu.customers.matching.model import Comparison

_GIVEN_ALIKE, _SURNAME_ALIKE = 0.85, 0.88
Level = dict[str, Any]


def levels_of(comparison: Comparison) -> list[Level]:
    """Return the levels as Splink takes them; columns are those that `cleaning` makes."""
    names = [f"f_{name}" for name in comparison.fields]
    made = {
        "names": lambda: _names(f"f_{comparison.name}_full", *names),
        "full_name": lambda: _full_name(names[0]),
        "date": lambda: _date(names[0]),
        "phone": lambda: _phone(names[0]),
        "email": lambda: _email(names[0]),
        "number": lambda: _number(names[0], comparison.levels),
        "text": lambda: _text(names[0], comparison.levels),
        "exact": lambda: _exact(names[0]),
        "items": lambda: _items(names[0]),
    }[comparison.how]()
    return [_plain(level) if not comparison.frequency else level for level in [*made, _level("ELSE", "unlike")]]


def _plain(level: Level) -> Level:
    return {key: value for key, value in level.items() if not key.startswith("tf_")}


def _level(condition: str, label: str, frequency: str | None = None) -> Level:
    told: Level = {"sql_condition": condition, "label_for_charts": label}
    return told | ({"tf_adjustment_column": frequency} if frequency else {})


def _missing(*columns: str) -> Level:
    """Say that one of the two has no value: this tells nothing, for and against."""
    sides = [" and ".join(f"{column}_{side} is null" for column in columns) for side in ("l", "r")]
    return {"sql_condition": f"({sides[0]}) or ({sides[1]})", "label_for_charts": "missing", "is_null_level": True}


def _same(column: str) -> str:
    return f"{column}_l = {column}_r"


def _alike(column: str, least: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {least:g}"


def _slips(column: str, most: float) -> str:
    return f"damerau_levenshtein({column}_l, {column}_r) <= {most:g}"


def _names(full: str, given: str, surname: str) -> list[Level]:
    crossed = f"{given}_l = {surname}_r", f"{surname}_l = {given}_r"
    given_alike, surname_alike = _alike(f"{given}_sound", _GIVEN_ALIKE), _alike(f"{surname}_sound", _SURNAME_ALIKE)
    return [
        _missing(given, surname),
        _level(_same(full), "both equal", full),
        _level(" and ".join(crossed), "swapped"),
        _level(f"{_same(surname)} and {given_alike}", "surname equal, given name alike", surname),
        _level(f"{_same(given)} and {surname_alike}", "given name equal, surname alike", given),
        _level(_same(surname), "surname equal", surname),
        _level(_same(given), "given name equal", given),
        _level(" or ".join(crossed), "one swapped"),
        _level(f"{given_alike} and {surname_alike}", "both alike"),
        _level(f"{given_alike} or {surname_alike}", "one alike"),
    ]


def _full_name(name: str) -> list[Level]:
    parts = f"{name}_surname_l = {name}_surname_r", f"{name}_given_l = {name}_given_r"
    return [
        _missing(name),
        _level(_same(name), "equal", name),
        _level(_same(f"{name}_words"), "sounds equal, in any order", f"{name}_words"),
        _level(_same(f"{name}_alike"), "sounds alike"),
        _level(f"{parts[0]} and {_alike(f'{name}_given', 0.8)}", "surname equal, given name alike"),
        _level(f"{_alike(f'{name}_words', 0.88)}", "alike"),
        _level(parts[0], "surname equal", f"{name}_surname"),
        _level(parts[1], "given name equal", f"{name}_given"),
    ]


def _date(day: str) -> list[Level]:
    turned = f"{day}_year_l = {day}_year_r and {day}_day_l = right({day}_day_r, 2) || '-' || left({day}_day_r, 2)"
    parts = f"{_same(f'{day}_day')} or {_same(f'{day}_month')}"
    return [
        _missing(day),
        _level(_same(day), "equal", day),
        _level(f"{_slips(day, 1)} or ({turned})", "a slip"),
        _level(parts, "day or month equal"),
        _level(f"{_same(f'{day}_year')} or {_slips(day, 2)}", "year equal, or two slips"),
    ]


def _phone(phone: str) -> list[Level]:
    ends = f"{_same(f'{phone}_end')} or {_slips(phone, 1)}"
    return [_missing(phone), _level(_same(phone), "equal", phone), _level(ends, "a slip, or another code")]


def _email(email: str) -> list[Level]:
    return [
        _missing(email),
        _level(_same(email), "equal", email),
        _level(_same(f"{email}_user"), "mailbox equal", f"{email}_user"),
        _level(_alike(email, 0.9), "alike"),
    ]


def _number(number: str, most: Sequence[float]) -> list[Level]:
    near = [_level(_slips(number, each), f"at most {each:g} slips") for each in most]
    return [_missing(number), _level(_same(number), "equal", number), *near]


def _text(text: str, least: Sequence[float]) -> list[Level]:
    near = [_level(_alike(text, each), f"alike {each:g}") for each in least]
    return [_missing(text), _level(_same(text), "equal", text), *near]


def _exact(column: str) -> list[Level]:
    return [_missing(column), _level(_same(column), "equal", column)]


def _items(items: str) -> list[Level]:
    """Compare lists joined by |: what was bought, where, with which device."""
    both = f"len(list_intersect(string_split({items}_l, '|'), string_split({items}_r, '|')))"
    least = f"least(len(string_split({items}_l, '|')), len(string_split({items}_r, '|')))"
    return [
        _missing(items),
        _level(f"{both} >= 2 and 2 * {both} >= {least}", "half in common"),
        _level(f"{both} >= 2", "two in common"),
        _level(f"{both} >= 1", "one in common"),
    ]
