"""Chooses which column is which input, as a whole, and which kinds the lines of a file are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy.optimize import linear_sum_assignment

from quanyu.customers.ingest.suggesting.columns import Column, Sample
from quanyu.customers.ingest.suggesting.exports import Named
from quanyu.customers.ingest.suggesting.fitting import Fit, Fitting
from quanyu.customers.ingest.suggesting.model import Choice, Entry
from quanyu.customers.ingest.suggesting.reading import NUMBERS, TIMES
from quanyu.customers.ingest.suggesting.words import normalise
from quanyu.customers.ingest.values import OTHER, words_of
from quanyu.foundation.kinds import Input, Kind
from quanyu.foundation.text import Text

_MOST = 300  # columns that are looked at whatever they are called
_LEAST = 0.3  # of a score that counts at all
_SURE = 0.5  # of an optional input that is mapped and not only proposed
_ALL = 0.9995  # of the values that an optional input must be able to read: others would be refused with their lines
_TIE = 0.1
_OPTIONAL = 0.85  # of an optional input's score, where it wants the column that a required one wants, too
_BY_NAME = 0.6  # of an input whose text for all lines is told by the files' names
_UNLIKELY = 0.4
DOUBTFUL_VALUES = Text("not all values can be read so", "并非所有取值都能这样读取")
DOUBTFUL_CODES = Text("not all words are known: say in codes what they stand for", "有未知取值：请在 codes 中说明")
UNSURE = Text("not sure", "不确定")


@dataclass
class Matching:
    """Fits worked out once for all kinds; `told` are words of the files' names."""

    fitting: Fitting
    sample: Sample
    told: Sequence[str]
    _near: dict[str, dict[tuple[str, str], float]] = field(default_factory=dict[str, dict[tuple[str, str], float]])

    @cached_property
    def filled(self) -> tuple[Column, ...]:
        """Return the columns that are looked at; of very many, the first ones and those with a known name."""
        near = [c for c in self.sample.columns if c.position < _MOST or self.near(c)]
        return tuple(c for c in near if c.filled or self.near(c))[: 2 * _MOST]

    def near(self, column: Column) -> dict[tuple[str, str], float]:
        if column.name not in self._near:
            self._near[column.name] = self.fitting.near(column)
        return self._near[column.name]

    def entry(
        self, kind: Kind, columns: Iterable[Column] | None = None, given: Mapping[str, Column] | None = None
    ) -> Entry:
        """Give each input of a kind the column that suits it when all get one; a column serves one input.

        `given` are inputs whose columns are known; the others take of `columns`.
        """
        known = given or {}
        free = [c for c in (self.filled if columns is None else columns) if c not in known.values()]
        wanted = [each for each in kind.inputs if each.name not in known]
        fits = [[self.fitting.fit(kind, each, c, self.near(c)) for c in free] for each in wanted]
        chosen = [self.given(kind, each, known[each.name]) for each in kind.inputs if each.name in known]
        doubtful: list[Choice] = []
        for row, column in _assign(wanted, fits):
            choice = self._choice(wanted[row], fits[row], column)
            why = doubt(choice)
            if why is None:
                chosen.append(choice)
            else:
                doubtful.append(replace(choice, why=why))
        for each in wanted:
            if each.required and each.name not in {choice.wanted.name for choice in chosen}:
                text = self._told(each)
                chosen += [Choice(each, None, _BY_NAME, constant=text)] if text else []
        order = {each.name: i for i, each in enumerate(kind.inputs)}
        whole = sorted(chosen, key=lambda choice: order[choice.wanted.name])
        return replace(Entry(kind, tuple(whole), doubtful=tuple(doubtful)), score=self._score(kind, whole))

    def given(self, kind: Kind, wanted: Input, column: Column, *also: Column) -> Choice:
        """Return an input whose columns are known; the others speak where the first is empty."""
        fits = [self.fitting.fit(kind, wanted, each, {(kind.name, wanted.name): 1.0}) for each in (column, *also)]
        codes = {word: code for fit in fits for word, code in fit.reading.codes.items()}
        unread = tuple(word for fit in fits for word in fit.reading.unread)
        share = min(fit.reading.share for fit in fits)
        reading = replace(fits[0].reading, share=share, codes=codes, unread=unread)
        return Choice(wanted, column, min(fit.score for fit in fits), reading, also=also)

    def known_entry(
        self,
        kind: Kind,
        columns: Mapping[str, Named],
        constants: Mapping[str, str],
        codes: Mapping[str, Mapping[str, str]],
    ) -> Entry:
        """Return a kind of a known export."""
        inputs = {wanted.name: wanted for wanted in kind.inputs}
        found = [self._named(kind, inputs[name], named) for name, named in columns.items()]
        choices = [_with_codes(choice, codes.get(choice.wanted.name, {})) for choice in found]
        chosen = [choice for choice in choices if doubt(choice, known=True) is None]
        doubtful = [replace(choice, why=why) for choice in choices if (why := doubt(choice, known=True))]
        chosen += [Choice(inputs[name], None, 1.0, constant=text) for name, text in constants.items() if name in inputs]
        return Entry(kind, tuple(chosen), doubtful=tuple(doubtful), score=1.0)

    def _named(self, kind: Kind, wanted: Input, named: Named) -> Choice:
        """Return an input of a known export; the parts of a joined one need not look like it."""
        choice = self.given(kind, wanted, *(self.sample.by_name[column] for column in named.columns))
        return replace(choice, how=named.how, score=1.0 if named.how == "joined" else choice.score)

    def _choice(self, wanted: Input, fits: Sequence[Fit], column: int) -> Choice:
        best = fits[column]
        rivals = [fit for i, fit in enumerate(fits) if i != column and fit.score >= max(_LEAST, best.score - _TIE)]
        others = tuple((fit.column.name, fit.score) for fit in sorted(rivals, key=lambda fit: -fit.score)[:3])
        return Choice(wanted, best.column, best.score, best.reading, others=others)

    def _told(self, wanted: Input) -> str:
        """Return what the files' names say for an input that no column holds: sms/sent-2026.csv is of text messages."""
        if wanted.type == "code":
            words = words_of(wanted.codes)
            found = [words[word] for word in self.told if word in words]
            found += [value for known, value in words.items() for word in self.told if _stem(word) == known]
            return found[0] if found else ""
        return self.told[0] if wanted.name == "platform" and self.told else ""

    def _score(self, kind: Kind, chosen: Sequence[Choice]) -> float:
        """Return how likely lines are of this kind: all that is required, most columns, and its key once a line."""
        by_name = {choice.wanted.name: choice for choice in chosen}
        needed = list(dict.fromkeys((*_required(kind), *kind.key)))
        if any(name not in by_name for name in _required(kind)):
            return 0.0
        scores = [by_name[name].score if name in by_name else _UNLIKELY for name in needed]
        sure = float(np.prod(scores)) ** (1 / len(scores)) if scores else 0.0
        optional = sum(choice.score for choice in chosen if choice.wanted.name not in needed)
        explained = (sum(choice.score for choice in chosen) + 1) / (len(self.filled) + 3)
        own = 0.15 * max(0, len(needed) - 1)
        return sure * (0.5 + 0.5 * self._own_key(kind, by_name)) + 0.08 * optional + 0.4 * explained + own

    def _own_key(self, kind: Kind, chosen: Mapping[str, Choice]) -> float:
        """Return 1 where each line has a key of its own; lines of a document need none."""
        if kind.content:
            return 1.0
        columns = [choice.column for name in kind.key if (choice := chosen.get(name)) and choice.column]
        return max((column.variety * column.fill for column in columns), default=0.5) if len(columns) < 2 else 1.0


def _with_codes(choice: Choice, codes: Mapping[str, str]) -> Choice:
    """Add what the export's own words stand for."""
    if not codes:
        return choice
    known = {word.lower() for word in codes}
    unread = () if OTHER in codes else tuple(word for word in choice.reading.unread if word.lower() not in known)
    share = choice.reading.share if unread else 1.0
    reading = replace(choice.reading, codes={**choice.reading.codes, **codes}, unread=unread, share=share)
    return replace(choice, reading=reading, score=max(choice.score, share))


def _required(kind: Kind) -> list[str]:
    """Return what lines of a kind mostly have: where one of several inputs will do, the first of them."""
    firsts = {group[0] for group in kind.either}
    return [wanted.name for wanted in kind.inputs if wanted.required or wanted.name in firsts]


def _assign(wanted: Sequence[Input], fits: Sequence[Sequence[Fit]]) -> list[tuple[int, int]]:
    if not wanted or not fits[0]:
        return []
    scores = np.array([[fit.score if fit.score >= _LEAST else 0.0 for fit in row] for row in fits])
    weights = np.array([1.0 if each.required else _OPTIONAL for each in wanted])[:, None]
    rows, columns = linear_sum_assignment(scores * weights, maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if scores[r, c] > 0]


def doubt(choice: Choice, *, known: bool = False) -> Text | None:
    """Say why an input is only proposed; what is required is mapped even where some lines will be refused."""
    typed = choice.wanted.type in (*NUMBERS, *TIMES, "flag")
    if choice.wanted.type == "code" and choice.reading.share < _ALL and choice.reading.unread:
        return DOUBTFUL_CODES
    if choice.wanted.required:
        return None
    if (typed or choice.wanted.type == "code") and choice.reading.share < _ALL:
        return DOUBTFUL_VALUES
    return None if known or choice.score >= _SURE else UNSURE


def tokens(name: str) -> tuple[str, ...]:
    """Return the words of a file's or folder's name without dates and numbers."""
    return tuple(word for word in normalise(name).words if not any(sign.isdigit() for sign in word))


def _stem(word: str) -> str:
    return word.removesuffix("s")
