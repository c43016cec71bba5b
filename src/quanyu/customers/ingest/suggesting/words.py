"""What columns are called, in Chinese and English, and how near a header comes to one of those words."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from quanyu.foundation.kinds import Kind

IDENTIFIERS = "@"
"""In the list of words, the kind whose inputs are types of identifiers."""
UNITS: Mapping[str, str] = {
    "元": "CNY", "人民币": "CNY", "rmb": "CNY", "cny": "CNY", "¥": "CNY", "£": "GBP", "gbp": "GBP", "€": "EUR",
    "eur": "EUR", "usd": "USD", "$": "USD", "us$": "USD", "hkd": "HKD", "港币": "HKD", "jpy": "JPY", "日元": "JPY",
}  # fmt: skip
MINOR_UNITS = ("分", "cents", "cent", "fen", "pence", "minor", "minor units")

_FILLERS = ("no", "num", "nr", "nbr", "amt", "utc", "local")
_BRACKETS = re.compile(r"[(\[{<（【](.*?)[)\]}>）】]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN = re.compile(r"[\s_\-./\\:#*'\"|,;]+")
_COMMON = {"name", "code", "key", "type", "value", "status", "number", "event", "day", "level", "unit", "left"}
_SHORTEST_PART = {True: 2, False: 3}  # characters of a word that may stand inside a header: Chinese, other
_DOTTED, _COMPOSED, _NEAR = 0.95, 0.85, 0.6
"""How much a part of a header is worth: behind a dot, several words at its end, one word at an end."""


@dataclass(frozen=True)
class Header:
    """A header as it is compared: words in small letters between blanks, and the unit that stands in brackets."""

    words: tuple[str, ...]
    unit: str

    @property
    def text(self) -> str:
        return "".join(self.words)


Place = tuple[str, str]  # kind and input


def normalise(name: str) -> Header:
    """Take a header apart: full-width, case, camelCase, underscores and what stands in brackets."""
    plain = unicodedata.normalize("NFKC", name)
    units = _BRACKETS.findall(plain)
    bare = _BRACKETS.sub(" ", plain).strip() or plain
    split = _BETWEEN.split(_CAMEL.sub(" ", bare).lower())
    return Header(tuple(word for word in split if word), units[0].strip().lower() if units else "")


def currency_of(header: Header) -> str | None:
    """Return the currency that a header names: 金额(元), price_usd."""
    return UNITS.get(header.unit) or next((UNITS[word] for word in header.words[1:] if word in UNITS), None)


def in_minor_units(header: Header) -> bool:
    return header.unit in MINOR_UNITS or bool(set(header.words[1:]) & set(MINOR_UNITS))


@cache
def _listed() -> tuple[tuple[str, str, float, tuple[str, ...]], ...]:
    lines = files("quanyu.customers.ingest.suggesting").joinpath("words.tsv").read_text("utf-8").splitlines()[1:]
    rows = (line.split("\t") for line in lines)
    return tuple((kind, name, int(weight) / 100, tuple(words.split("|"))) for kind, name, weight, words in rows)


@dataclass(frozen=True)
class Words:
    """The words of all inputs of the kinds that there are."""

    exact: Mapping[str, Mapping[Place, float]]

    def near(self, name: str) -> dict[Place, float]:
        """Return how near a header comes to each input, 0 to 1; what is far from it is absent."""
        header = normalise(name)
        found: dict[Place, float] = {}
        for text, nearness in _readings(name, header):
            _raise(found, self.exact.get(text, {}), nearness)
        if not found:
            text = header.text
            for word in (word for word in self.exact if word in text):
                nearness = _inside(word, header)
                if nearness:
                    _raise(found, self.exact[word], nearness)
        return found


def gather(kinds: Iterable[Kind]) -> Words:
    """Collect the listed words, and of every input its title in both languages and its name."""
    exact: dict[str, dict[Place, float]] = {}
    known = {(kind.name, wanted.name) for kind in kinds for wanted in kind.inputs}
    for kind, name, weight, words in _listed():
        if kind == IDENTIFIERS or (kind, name) in known:
            for word in words:
                _raise(exact.setdefault(normalise(word).text, {}), {(kind, name): weight}, 1.0)
    for kind in kinds:
        for wanted in kind.inputs:
            for word in (*wanted.title, *(() if wanted.name in _COMMON else (wanted.name,))):
                _raise(exact.setdefault(normalise(word).text, {}), {(kind.name, wanted.name): 0.9}, 1.0)
    return Words(exact)


def _raise(found: dict[Place, float], places: Mapping[Place, float], times: float) -> None:
    for place, weight in places.items():
        found[place] = max(found.get(place, 0.0), weight * times)


def _readings(name: str, header: Header) -> Iterable[tuple[str, float]]:
    """Return the header and, of a dotted or composed one, its last parts: context.page.path is also a path."""
    words = header.words
    yield header.text, 1.0
    if len(words) > 1 and (words[-1] in _FILLERS or words[-1] in UNITS or words[-1] in MINOR_UNITS):
        yield "".join(words[:-1]), _DOTTED
    parts = name.split(".")
    for cut in range(1, len(parts)):
        yield normalise(".".join(parts[cut:])).text, _DOTTED
    for cut in range(1, len(words)):
        yield "".join(words[cut:]), _COMPOSED if cut < len(words) - 1 else _NEAR
    if len(words) > 1:
        yield words[0], _NEAR


def _inside(word: str, header: Header) -> float:
    """Return how much of a header a word in it is: 会员手机号码 holds 手机号."""
    chinese = not word.isascii()
    if len(word) < _SHORTEST_PART[chinese]:
        return 0.0
    if not chinese and word not in header.words:
        return 0.0
    return _NEAR + 0.3 * len(word) / len(header.text)
