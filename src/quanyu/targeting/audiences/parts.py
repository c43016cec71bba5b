"""Makes parts of a tag fit to be shown: few enough to read, none of so few people that somebody could be found out."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import cast

import numpy as np

from quanyu.foundation.money import exponent
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.significance import Counts, shares
from quanyu.targeting.audiences.spreads import Part, Spread
from quanyu.targeting.fields.model import Stored
from quanyu.targeting.tags.model import Tag
from quanyu.targeting.tags.telling import titles_of

SMALL = 10
"""People: a part of a group with fewer of them, and not none, is put together with another one."""
READABLE = 6
"""Bands that are shown as they are; more are put together to fifths."""
VALUES = 10
"""Values of a code that are shown."""

Groups = list[list[int]]

UNKNOWN, KNOWN, OTHER = Text("unknown", "未知"), Text("known", "有值"), Text("other", "其他")
YES, NO = Text("yes", "是"), Text("no", "否")
_OR_UNKNOWN = Text("{label}, or unknown", "{label}，或未知")
_FROM, _TO = Text("{low} and over", "{low} 及以上"), Text("up to {high}", "{high} 及以下")
_SINCE, _UNTIL = Text("from {low} on", "{low} 起"), Text("until {high}", "{high} 及以前")
_OVER, _WITHIN = Text("over {low}", "大于 {low}"), Text("over {low}, up to {high}", "大于 {low}，至 {high}")
_CONTINUOUS = frozenset({"number", "share"})


def show(spread: Spread) -> Spread:
    """Return the spread in parts that can be read, in the order in which they are read."""
    if spread.ordered:
        return _show_bands(spread)
    return _show_values(spread)


def is_small(counts: Counts, mine: Counts) -> bool:
    """Say whether a figure of a part would be of too few people, shown or worked out from what is shown.

    `counts` are those of all parts, int64[only one · both · only the other, parts], `mine` those of this one: where
    one group lies within the other, who is outside it can be worked out.
    """
    nested = [mine[g] for g in (0, 2) if not counts[2 - g].any()]
    return any(0 < cell < SMALL for cell in (mine[0] + mine[1], mine[1] + mine[2], *nested))


def _show_bands(spread: Spread) -> Spread:
    known = [i for i, part in enumerate(spread.parts) if part.kind == "band"]
    rest = [i for i, part in enumerate(spread.parts) if part.kind != "band"]
    groups = _merged(spread, _fifths(spread, known))
    if rest and groups and _small(spread, rest):
        groups[groups.index(min(groups, key=lambda group: _total(spread, group)))] += rest
        groups, rest = _merged(spread, groups), []
    if rest and any(_small(spread, group) for group in groups):
        return spread.joined([[*groups[0], *rest]])  # nothing is left that could be told apart
    if _days_since(spread.tag):
        groups.reverse()
    return spread.joined([*groups, rest] if rest else groups)


def _merged(spread: Spread, groups: Groups) -> Groups:
    """Put a band of too few people together with the smaller of its neighbours, until there is none."""
    while len(groups) > 1 and (small := [group for group in groups if _small(spread, group)]):
        at = groups.index(min(small, key=lambda group: _total(spread, group)))
        near = [i for i in (at - 1, at + 1) if 0 <= i < len(groups)]
        first = min(at, min(near, key=lambda i: _total(spread, groups[i])))
        groups = [*groups[:first], groups[first] + groups[first + 1], *groups[first + 2 :]]
    return groups


def _fifths(spread: Spread, known: Sequence[int]) -> Groups:
    """Put bands together that lie within the same fifth of all who have a value."""
    if len(known) <= READABLE:
        return [[i] for i in known]
    upwards = np.cumsum(spread.totals[list(known)])
    ends = {int(np.searchsorted(upwards, -(-int(upwards[-1]) * fifth // 5))) for fifth in range(1, 6)}
    groups: Groups = [[]]
    for place, i in enumerate(known):
        groups[-1].append(i)
        if place in ends and place < len(known) - 1:
            groups.append([])
    return groups


def _show_values(spread: Spread) -> Spread:
    one, other = shares(spread.counts)
    weight = one + other
    values = [i for i, part in enumerate(spread.parts) if part.kind == "value"]
    others = [i for i, part in enumerate(spread.parts) if part.kind == "other"]
    unknown = [i for i, part in enumerate(spread.parts) if part.kind == "unknown"]
    ranked = sorted(values, key=lambda i: -weight[i])
    shown = [i for i in ranked[:VALUES] if not _small(spread, [i])]
    others += [i for i in values if i not in shown]
    if unknown and _small(spread, unknown):
        others, unknown = others + unknown, []
    while shown and others and _small(spread, others):
        others.append(shown.pop())
    if unknown and others and _small(spread, others):
        others, unknown = others + unknown, []
    shown.sort(key=lambda i: _place(spread, i))
    return spread.joined([*([i] for i in shown), *([others] if others else []), *([unknown] if unknown else [])])


def _place(spread: Spread, i: int) -> tuple[int, int]:
    """Put values that a definition lists in its order, others by how many of the group have them."""
    listed = spread.tag.askable.values or ()
    value = spread.parts[i].value
    return (listed.index(value), 0) if value in listed else (len(listed), -int(spread.counts[:2, i].sum()))


def _small(spread: Spread, group: Sequence[int]) -> bool:
    return is_small(spread.counts, spread.counts[:, list(group)].sum(axis=1))


def _total(spread: Spread, group: Sequence[int]) -> int:
    return int(spread.totals[list(group)].sum())


def _days_since(tag: Tag) -> bool:
    return tag.askable.form == "days_since"


def bounds(part: Part, tag: Tag, day: date) -> tuple[Stored | None, Stored | None]:
    """Return the lowest and the highest value of a band as they are asked for, None where it is open.

    Of numbers and shares the lowest is not itself in the band.
    """
    low, high = part.above, part.up_to
    if tag.type in _CONTINUOUS and tag.askable.form == "plain":
        return low, high
    lowest = None if low is None else _next(low)
    match tag.askable.form:
        case "days_since":
            return _days(high, day, -1), _days(lowest, day, -1)
        case "days_until":
            return _days(lowest, day, 1), _days(high, day, 1)
        case _:
            return lowest, high


def _next(value: Stored) -> Stored:
    return date.fromordinal(value.toordinal() + 1) if isinstance(value, date) else int(cast("int", value)) + 1


def _days(value: Stored | None, day: date, sign: int) -> int | None:
    return None if value is None else sign * (cast("date", value) - day).days


def label(part: Part, tag: Tag, day: date, currency: str) -> Text:
    """Return what a part is called: a value, a range of values, other or unknown."""
    if part.kind == "unknown":
        return UNKNOWN
    named = OTHER if part.kind == "other" else _named(part, tag, day, currency)
    return _with(_OR_UNKNOWN, label=named) if part.unknown else named


def _with(pattern: Text, **texts: Text) -> Text:
    en, zh = ({name: text[i] for name, text in texts.items()} for i in (0, 1))
    return Text(pattern.en.format(**en), pattern.zh.format(**zh))


def _named(part: Part, tag: Tag, day: date, currency: str) -> Text:
    if part.value is not None:
        return titles_of(tag).get(str(part.value)) or written(asked(part.value, tag, day), tag, currency)
    low, high = (None if b is None else written(b, tag, currency) for b in bounds(part, tag, day))
    continuous = tag.type in _CONTINUOUS and tag.askable.form == "plain"
    if low is None or high is None:
        return _open(low, high, tag, continuous=continuous)
    if low == high:
        return low
    return _with(_WITHIN, low=low, high=high) if continuous else Text(f"{low.en} – {high.en}", f"{low.zh} – {high.zh}")


def _open(low: Text | None, high: Text | None, tag: Tag, *, continuous: bool) -> Text:
    if high is not None:
        return _with(_UNTIL if tag.type == "date" else _TO, high=high)
    if low is not None:
        return _with(_OVER if continuous else _SINCE if tag.type == "date" else _FROM, low=low)
    return KNOWN


def asked(value: Stored, tag: Tag, day: date) -> Stored:
    """Return a stored value as it is asked for: days counted from `day` where a date is stored."""
    if tag.askable.form == "plain":
        return value
    return _days(value, day, -1 if _days_since(tag) else 1) or 0


def written(value: Stored, tag: Tag, currency: str) -> Text:
    """Return a value as a person reads it: amounts in major units, shares in percent."""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, int) and tag.type == "money":
        amount = Decimal(value).scaleb(-exponent(currency))
        plain = f"{amount:,f}"
        plain = plain.removesuffix("." + "0" * exponent(currency))
    elif isinstance(value, float):
        plain = f"{value:.4g}" if tag.type != "share" else f"{value * 100:.4g}%"
    else:
        plain = f"{value:,}" if isinstance(value, int) else str(value)
    return Text(plain, plain)
