"""Decides what a column means, by its header and by its values; either alone will do where the other says nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from quanyu.customers.ingest.suggesting.columns import Column
from quanyu.customers.ingest.suggesting.reading import read_as
from quanyu.customers.ingest.suggesting.words import Words, normalise
from quanyu.foundation.kinds import Input
from quanyu.foundation.text import Text

ID, SURE = "id", 0.5
_DAY = Input("day", "date", Text("Day", "日期"))
_PLACE = "match"
_LEFT_OUT = ("cluster", "label", "target", "truth", "match", "group", "score", "entity", "person key")
"""Headers of columns that say who is whom: what is to be found must not be given."""
_SHAPES = {
    "email": ("email",), "phone": ("phone", "landline"), "full_name": ("person",), "gender": ("gender",),
    "number": ("id_card",), "address": ("address",), "region": ("province", "city", "district", "country"),
}  # fmt: skip
"""Shapes by which values say what they are, whatever their header is."""
_BORN_BEFORE = 2012
_YEAR = re.compile(r"(19|20)\d\d")


@dataclass(frozen=True)
class Meant:
    """`means` is empty where a column is of no use, and `why` says so."""

    column: Column
    means: str
    sure: float
    why: Text
    forms: tuple[str, ...] = ()


@cache
def _words() -> Words:
    exact: dict[str, dict[tuple[str, str], float]] = {}
    lines = files("quanyu.customers.matching").joinpath("words.tsv").read_text("utf-8").splitlines()[1:]
    for means, weight, headers in (line.split("\t") for line in lines):
        for header in headers.split("|"):
            places = exact.setdefault(normalise(header).text, {})
            places[(_PLACE, means)] = max(places.get((_PLACE, means), 0.0), int(weight) / 100)
    return Words(exact)


def nearness(column: Column) -> dict[str, float]:
    """Return how near a header comes to each meaning, 0 to 1."""
    return {means: near for (_, means), near in _words().near(column.name).items()}


def meaning(column: Column) -> Meant:
    """Return what a column means."""
    header = normalise(column.name)
    if not column.filled:
        return Meant(column, "", 0.0, Text("empty", "为空"))
    if header.text in {normalise(word).text for word in _LEFT_OUT} or set(header.words) & set(_LEFT_OUT):
        return Meant(column, "", 0.0, Text("says who is whom", "标明了匹配结果"))
    if column.distinct == 1:
        return Meant(column, "", 0.0, Text("always the same", "取值都相同"))
    near = nearness(column)
    scored = sorted(_scores(column, near), key=lambda each: -each[1])
    if scored and scored[0][1] >= SURE:
        means, sure = scored[0]
        forms = read_as(column, _DAY).forms if means == "birth_date" else ()
        said = near.get(means, 0.0) >= SURE
        return Meant(column, means, sure, _BY_HEADER if said else _BY_VALUES, forms)
    return _other(column)


_BY_HEADER, _BY_VALUES = Text("by its header", "按表头"), Text("by its values", "按取值")


def _scores(column: Column, near: dict[str, float]) -> Iterator[tuple[str, float]]:
    for means, shapes in _SHAPES.items():
        seen = column.share(*shapes)
        said = near.get(means, 0.0)
        if means in {"email", "phone"}:  # the values decide: a header may say contact and mean an id
            yield means, max(0.95 * said * min(1.0, 2 * seen), 0.9 * seen if seen > 0.6 else 0.0)
        else:
            yield means, max(said * _allowed(column, means), 0.8 * seen if seen > 0.6 else 0.0)
    for means in ("given_name", "surname", "postcode", "house_number", "text", "items"):
        yield means, near.get(means, 0.0) * _allowed(column, means)
    yield "birth_date", _birth(column, near.get("birth_date", 0.0))


def _allowed(column: Column, means: str) -> float:
    """Return less than 1 where values speak against a meaning."""
    if means in {"given_name", "surname", "full_name", "region", "text"}:
        return 1 - 0.9 * max(column.share("number"), column.share("email"), column.share("phone"), column.share("url"))
    if means == "gender":
        return 1.0 if column.distinct <= 12 else 0.2
    return 1.0


def _birth(column: Column, said: float) -> float:
    share = read_as(column, _DAY).share
    if share < 0.6:
        return 0.0
    if said:
        return said * share
    years = [int(found[0]) for value, _ in column.common if (found := _YEAR.search(value))]
    early = sum(year < _BORN_BEFORE for year in years) / len(years) if years else 0.0
    return 0.6 * share if early > 0.9 and column.share("clock") < 0.1 and column.share("plain_integer") < 1 else 0.0


def _other(column: Column) -> Meant:
    """Compare a text that nobody knows as a text, where it is neither a number, a time nor a list of a few words."""
    number = column.share("number", "time", "url", "json", "sku", "long_digits", "device")
    if number > 0.5:
        return Meant(
            column, "", 0.0, Text("a number, a time or a code of no known meaning", "含义不明的数字、时间或编码")
        )
    if not column.is_listed and 0.02 < column.variety < 0.98 and column.length > 2:
        return Meant(column, "text", 0.3, Text("a text of no known meaning", "含义不明的文字"))
    return Meant(column, "", 0.0, Text("of no known meaning", "含义不明"))


def id_score(column: Column) -> float:
    """Return how likely a column tells the records of a file apart: a different value in every row."""
    if not column.rows or column.distinct != column.rows:
        return 0.0
    near = nearness(column).get(ID, 0.0)
    measured = 0.0 if column.share("plain_integer") == 1 else column.share("time", "slashed", "clock", "number")
    if max(measured, column.share("email", "phone", "person", "url")) > 0.5:
        return 0.0
    first = 0.2 if column.position == 0 else 0.0
    return near + first + (0.1 if column.length < 40 else 0.0)
