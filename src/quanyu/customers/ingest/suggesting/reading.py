"""How the values of a column would be read as an input: in which forms, by which codes, and how many of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from quanyu.customers.ingest.suggesting.columns import Column
from quanyu.customers.ingest.suggesting.shapes import PATTERNS
from quanyu.customers.ingest.suggesting.words import in_minor_units, normalise
from quanyu.customers.ingest.values import NUMBER_FORMS, TIME_FORMS, words_of
from quanyu.foundation.kinds import Code, Input

NUMBERS, TIMES = ("decimal", "integer"), ("instant", "date")
_NEARLY_ALL = 0.9995
_GAIN = 0.005
_MOST_FORMS = 3
_CATCH_ALL = ("unknown", "other")
_EPOCH_MINIMUM = 0.98


@dataclass(frozen=True)
class Reading:
    """`share` of the values can be read so; `others` are forms that read as many."""

    share: float
    forms: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict[str, str])
    unread: tuple[str, ...] = ()  # words for which no code was found
    others: tuple[str, ...] = ()


def read_as(column: Column, wanted: Input) -> Reading:
    """Say how a column would be read as this input; words for nothing, such as -, count as empty cells."""
    read = _read(column, wanted)
    nothing = column.share("nothing")
    return replace(read, share=min(1.0, read.share / (1 - nothing))) if 0 < nothing < 1 and read.share < 1 else read


def _read(column: Column, wanted: Input) -> Reading:
    if wanted.type in NUMBERS:
        return _as_number(column, whole=wanted.type == "integer")
    if wanted.type in TIMES:
        return _as_time(column)
    if wanted.type == "flag":
        return Reading(column.share("flag"))
    if wanted.type == "code":
        return _as_code(column, wanted.codes)
    return Reading(1.0 if column.filled else 0.0)


def _as_number(column: Column, *, whole: bool) -> Reading:
    plain = column.share("number")
    best = max(NUMBER_FORMS[:2], key=lambda form: column.forms.get(form, 0.0))
    share, forms = plain, ()
    if column.forms.get(best, 0.0) > plain + _GAIN:
        share, forms = column.forms[best], (best,)
    elif in_minor_units(normalise(column.name)) and column.share("plain_integer") >= _NEARLY_ALL and not whole:
        forms = ("minor units",)
    return Reading(min(share, column.share("integer")) if whole and not forms else share, forms)


def _as_time(column: Column) -> Reading:
    plain = column.share("time")
    nearly = _NEARLY_ALL * (1 - column.share("nothing"))
    forms = _sensible(column)
    if plain >= nearly or not forms:
        return Reading(plain)
    ranked = sorted(forms, key=lambda form: -forms[form])
    best = forms[ranked[0]]
    if best > plain:
        others = tuple(form for form in ranked[1:] if forms[form] == best)
        if best >= nearly:
            return Reading(best, (ranked[0],), others=others[:3])
    together = _together({form: forms[form] for form in ranked[:8]})
    if together:
        return Reading(sum(forms[form] for form in together), together)
    return Reading(best, (ranked[0],)) if best > plain else Reading(plain)


def _sensible(column: Column) -> dict[str, float]:
    """Return the forms that read times; a number of digits is a time only where nearly all of them can be."""
    epoch = column.share("seconds") >= _EPOCH_MINIMUM or column.share("milliseconds") >= _EPOCH_MINIMUM
    known = {form: share for form, share in column.forms.items() if form not in NUMBER_FORMS}
    return {
        form: share
        for form, share in known.items()
        if form not in TIME_FORMS or (epoch and share >= _EPOCH_MINIMUM and _fits_epoch(column, form))
    }


def _fits_epoch(column: Column, form: str) -> bool:
    return column.share("seconds" if form == "unix" else "milliseconds") >= _EPOCH_MINIMUM


def _together(forms: Mapping[str, float]) -> tuple[str, ...]:
    """Return the fewest forms that read nearly all values, each of them others."""
    for size in range(2, _MOST_FORMS + 1):
        for chosen in combinations(forms, size):
            if _NEARLY_ALL <= sum(forms[form] for form in chosen) <= 2 - _NEARLY_ALL:
                return chosen
    return ()


def _as_code(column: Column, codes: Sequence[Code]) -> Reading:
    """Find the code of every word; what is not a word of ours is compared with them."""
    known = words_of(codes)
    if not column.is_listed:
        told = sum(times for word, times in column.common if word.lower() in known)
        return Reading(0.5 * told / sum(times for _, times in column.common) if column.common else 0.0)
    found: dict[str, str] = {}
    unread: list[str] = []
    told = 0
    for word, times in column.common:
        near = known.get(word.lower()) or _nearest(word.lower(), known)
        if near is None and re.match(PATTERNS["nothing"], word):
            continue
        if near is None:
            unread.append(word)
            continue
        told += times
        if word.lower() not in known:
            found[word] = near
    share = told / column.filled
    last = next((code.value for code in codes if code.value in _CATCH_ALL), None)
    if unread and last and share > 0:
        return Reading(1.0, codes={**found, "*": last}, unread=tuple(unread))
    return Reading(share, codes=found, unread=tuple(unread))


def _nearest(word: str, known: Mapping[str, str]) -> str | None:
    """Return the code of the longest word of ours that stands in the file's, or in which the file's stands."""
    inside = [ours for ours in known if len(ours) > 1 + ours.isascii() and ours in word]
    around = [ours for ours in known if len(word) > 1 + word.isascii() and word in ours]
    codes = {known[ours] for ours in inside} or {known[ours] for ours in around}
    if len(codes) == 1:
        return next(iter(codes))
    return known[max(inside, key=len)] if inside else None
