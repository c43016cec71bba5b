"""Chooses among the values of one customer, row by row, and says which rule made the difference."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quanyu.customers.identity.golden import MOST_FREQUENT, MOST_RECENT, MOST_TRUSTED, VERIFIED, GoldenPolicy
from quanyu.foundation.text import Text

ONLY, AGREED, BESIDE, LATER_IMPORT, HIGHER_RECORD = "only", "agreed", "beside", "later_import", "higher_record"
WHY = {
    ONLY: Text("one record says it", "仅一条记录给出"),
    AGREED: Text("all records say the same", "各记录一致"),
    VERIFIED: Text("checked by its source", "来源已核验"),
    MOST_TRUSTED: Text("the most trusted source", "来源最可信"),
    MOST_FREQUENT: Text("said by most records", "最多记录给出"),
    MOST_RECENT: Text("said last", "最近给出"),
    LATER_IMPORT: Text("of the later import", "较后导入"),
    HIGHER_RECORD: Text("of the record opened later", "较后建立的记录"),
    BESIDE: Text("from the record that says the {attribute}", "取自给出{attribute}的记录"),
}
"""Why a value speaks: the first rule by which it is ahead of every other value."""


@dataclass(frozen=True)
class Saying:
    """What one record says: values by attribute, when each was observed, and which of them its source has checked."""

    record: int
    source: str
    import_number: int
    values: dict[str, Any]
    at: dict[str, datetime]
    verified: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Choice:
    """The value that speaks, the record it is from, and why (a key of WHY; `beside` names what it goes with)."""

    value: Any
    saying: Saying
    at: datetime
    why: str
    others: int  # values that differ from it
    beside: str | None = None


def choose(sayings: Sequence[Saying], policy: GoldenPolicy, attribute: str) -> Choice | None:
    """Return which value of an attribute speaks; None where no record says one."""
    leader = policy.rule(attribute).beside
    if leader is None:
        return _ahead(sayings, policy, attribute, sayings)
    led = _ahead(sayings, policy, leader, sayings)
    if led is not None and led.saying.values.get(attribute) is not None:
        value = led.saying.values[attribute]
        return Choice(value, led.saying, led.saying.at[attribute], BESIDE, _others(sayings, attribute, value), leader)
    return _ahead([each for each in sayings if each.values.get(leader) is None], policy, attribute, sayings)


def _others(sayings: Sequence[Saying], attribute: str, value: object) -> int:
    return len({each.values.get(attribute) for each in sayings} - {value, None})


def _ahead(sayings: Sequence[Saying], policy: GoldenPolicy, attribute: str, every: Sequence[Saying]) -> Choice | None:
    """Sort by the rules, and find the first that tells the best record from the best of another value."""
    said = [each for each in sayings if each.values.get(attribute) is not None]
    if not said:
        return None
    times = Counter(each.values[attribute] for each in said)
    rule = policy.rule(attribute)

    def keyed(each: Saying) -> dict[str, Any]:
        trust = rule.trusted.index(each.source) if each.source in rule.trusted else len(rule.trusted)
        answers = {
            VERIFIED: attribute in each.verified,
            MOST_TRUSTED: -trust,
            MOST_FREQUENT: times[each.values[attribute]],
            MOST_RECENT: each.at[attribute],
        }
        last = {MOST_RECENT: each.at[attribute], LATER_IMPORT: each.import_number, HIGHER_RECORD: each.record}
        return {**{word: answers[word] for word in rule.by}, **last}

    ordered = sorted(said, key=lambda each: tuple(keyed(each).values()), reverse=True)
    best = ordered[0]
    value = best.values[attribute]
    rival = next((each for each in ordered if each.values[attribute] != value), None)
    if rival is None:
        why = ONLY if len(said) == 1 else AGREED
    else:
        mine, theirs = keyed(best), keyed(rival)
        why = next(word for word in mine if mine[word] != theirs[word])
    return Choice(value, best, best.at[attribute], why, _others(every, attribute, value))
