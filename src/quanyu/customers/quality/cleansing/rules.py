"""Reads cleansing rules from a file, with all its faults at once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal, cast

import pyarrow as pa
import pyarrow.compute as pc

from quanyu.foundation import documents
from quanyu.foundation.definitions import Reading, near
from quanyu.foundation.errors import NotFound
from quanyu.foundation.kinds import Input, InputType, Kind
from quanyu.foundation.text import Text

Action = Literal["normalise", "clear", "quarantine"]
Bound = Decimal | date | datetime

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # hashes of rows rely on there being none

WORDS: frozenset[InputType] = frozenset({"text", "key", "code"})
NUMBERS: frozenset[InputType] = frozenset({"decimal", "integer"})
TIMES: frozenset[InputType] = frozenset({"date", "instant"})
CONDITIONS: Mapping[str, frozenset[InputType]] = {
    "one_of": WORDS | NUMBERS,
    "matches": WORDS,
    "beyond": NUMBERS | TIMES,
    "in_future": TIMES,
}


@dataclass(frozen=True)
class When:
    """Which values a rule is about; exactly one of these is given, none for every value."""

    one_of: tuple[str | Decimal, ...] = ()
    matches: str | None = None
    least: Bound | None = None  # beyond: smaller than this
    most: Bound | None = None  # beyond: greater than this
    in_future: bool = False


@dataclass(frozen=True)
class Rule:
    """What to do with some values of one input, and why. Words are replaced whole, a pattern where it stands."""

    name: str
    kind: str
    input: str
    reason: Text
    when: When
    action: Action
    source: str | None = None
    words: tuple[tuple[str, str], ...] = ()
    pattern: str | None = None
    replacement: str = ""


def needed(given: Input, kind: Kind) -> bool:
    """Say whether a row without this input would be no row of the kind."""
    return given.required or given.name in kind.key


_KEYS = ("name", "kind", "input", "source", "reason", "when", "do")


def load_rules(path: Path, kinds: Sequence[Kind]) -> tuple[Rule, ...]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError) as problem:
        raise NotFound(Text("There is no such file of rules.", "没有该规则文件。"), received=path) from problem
    return read_rules(text, kinds)


def read_rules(text: str, kinds: Sequence[Kind]) -> tuple[Rule, ...]:
    reading = Reading(documents.read(text))
    given = reading.mapping(reading.document.value, (), ("rules",), ("rules",))
    entries = reading.list(given["rules"], ("rules",)) if "rules" in given else []
    by_name = {kind.name: kind for kind in kinds}
    found = [_rule(reading, raw, ("rules", place), by_name) for place, raw in enumerate(entries)]
    rules = [rule for rule in found if rule is not None]
    for place, rule in enumerate(found):
        if rule is not None and sum(rule.name == other.name for other in rules) > 1:
            twice = Text("This name stands twice.", "名称重复。")
            reading.fault(("rules", place, "name"), twice, rule.name)
    reading.refuse_faults(Text("These rules cannot be used.", "无法使用这些规则。"))
    return tuple(rules)


def _rule(reading: Reading, raw: object, path: documents.Path, kinds: Mapping[str, Kind]) -> Rule | None:
    given = reading.mapping(raw, path, ("name", "kind", "input", "reason", "do"), _KEYS)
    name, source = reading.word(given, "name", path), reading.word(given, "source", path)
    reason = reading.text(given, "reason", path)
    kind = kinds.get(reading.choice(given, "kind", path, tuple(kinds)) or "")
    inputs = {} if kind is None else {each.name: each for each in kind.inputs}
    found = inputs.get(reading.choice(given, "input", path, tuple(inputs)) or "") if kind else None
    if found is None:
        return None
    when = _when(reading, given.get("when"), (*path, "when"), found) if "when" in given else When()
    done = _do(reading, given.get("do"), (*path, "do"), found)
    if done is not None and done[0] == "clear" and kind is not None and needed(found, kind):
        no_row = Text("A row without this input would be no row.", "缺少该输入的行不成立。")
        reading.fault((*path, "do"), no_row, "clear", "quarantine", "normalise: …")
    if "when" not in given and done is not None and done[0] != "normalise":
        broad = Text("Without a condition this would take every value.", "没有条件会作用于所有值。")
        reading.fault((*path, "when"), broad, None, *CONDITIONS)
    if name is None or reason is None or kind is None or when is None or done is None:
        return None
    action, words, pattern, replacement = done
    return Rule(name, kind.name, found.name, reason, when, action, source, words, pattern, replacement)


def _when(reading: Reading, raw: object, path: documents.Path, about: Input) -> When | None:
    given = reading.mapping(raw, path, (), tuple(CONDITIONS))
    if len(given) != 1:
        return reading.fault(path, Text("Here stands one condition.", "此处应为一个条件。"), raw, *CONDITIONS)
    name, value = next(iter(given.items()))
    if about.type not in CONDITIONS.get(name, ()):
        fitting = [each for each, types in CONDITIONS.items() if about.type in types]
        unfit = Text("This condition does not fit the input's type.", "该条件不适用于此输入的类型。")
        return reading.fault((*path, name), unfit, about.type, *fitting)
    inner = (*path, name)
    if name == "one_of":
        return _one_of(reading, value, inner, about)
    if name == "matches":
        found = _pattern(reading, value, inner)
        return None if found is None else When(matches=found)
    if name == "beyond":
        return _beyond(reading, value, inner, about)
    if value is not True:
        return reading.fault(inner, Text("Here stands true.", "此处应为 true。"), value, "true")
    return When(in_future=True)


def _one_of(reading: Reading, raw: object, path: documents.Path, about: Input) -> When | None:
    values = reading.list(raw, path)
    wanted = str if about.type in WORDS else (int, Decimal)
    wrong = [value for value in values if not isinstance(value, wanted) or isinstance(value, bool)]
    if wrong:
        unfit = Text("This value does not fit the input's type.", "该值与输入的类型不符。")
        return reading.fault(path, unfit, wrong[0], about.type)
    told = tuple(value if isinstance(value, str) else Decimal(str(value)) for value in values)
    return When(one_of=told) if told else None


def _beyond(reading: Reading, raw: object, path: documents.Path, about: Input) -> When | None:
    given = reading.mapping(raw, path, (), ("least", "most"))
    bounds = {name: _bound(value, about) for name, value in given.items()}
    wrong = [name for name, bound in bounds.items() if bound is None]
    for name in wrong:
        unfit = Text("This bound does not fit the input's type.", "该界限与输入的类型不符。")
        reading.fault((*path, name), unfit, given[name], about.type)
    if not given:
        return reading.fault(path, Text("Here stands a bound.", "此处应为界限。"), raw, "least", "most")
    return None if wrong else When(least=bounds.get("least"), most=bounds.get("most"))


def _bound(raw: object, about: Input) -> Bound | None:
    if about.type in NUMBERS:
        number = isinstance(raw, int | Decimal) and not isinstance(raw, bool)
        return Decimal(str(raw)) if number else None
    try:
        if about.type == "date":
            return date.fromisoformat(str(raw))
        told = datetime.fromisoformat(str(raw))
    except ValueError:
        return None
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)


Done = tuple[Action, tuple[tuple[str, str], ...], str | None, str]


def _do(reading: Reading, raw: object, path: documents.Path, about: Input) -> Done | None:
    if isinstance(raw, str) and raw in {"clear", "quarantine"}:
        return cast("Action", raw), (), None, ""
    if isinstance(raw, str) or raw is None:
        unknown = Text("This is nothing that a rule does.", "不是规则可执行的操作。")
        return reading.fault(path, unknown, raw, "clear", "quarantine", "normalise: …")
    given = reading.mapping(raw, path, ("normalise",), ("normalise",))
    if "normalise" not in given:
        return None
    if about.type not in WORDS:
        only = Text("Only words are normalised.", "只能规范文字。")
        return reading.fault((*path, "normalise"), only, about.type, *sorted(WORDS))
    return _normalise(reading, given["normalise"], (*path, "normalise"), about)


def _normalise(reading: Reading, raw: object, path: documents.Path, about: Input) -> Done | None:
    given = reading.mapping(raw, path, (), ("words", "pattern", "replacement"))
    if ("words" in given) == ("pattern" in given):
        one = Text("Here stand either words or a pattern.", "此处应为 words 或 pattern 之一。")
        return reading.fault(path, one, raw, "words", "pattern")
    if "pattern" in given and about.codes:
        coded = Text("Codes are replaced whole.", "代码只能整体替换。")
        return reading.fault((*path, "pattern"), coded, given["pattern"], "words")
    if "pattern" in given:
        pattern = _pattern(reading, given["pattern"], (*path, "pattern"))
        replacement = given.get("replacement")
        if not isinstance(replacement, str) or _CONTROL.search(replacement):
            missing = Text("Here stands a text on one line, perhaps an empty one.", "此处应为单行文字，可以为空。")
            return reading.fault((*path, "replacement"), missing, replacement, "a text")
        return None if pattern is None else ("normalise", (), pattern, replacement)
    raw_words = given["words"]
    known = tuple(cast("Mapping[str, object]", raw_words)) if isinstance(raw_words, Mapping) else ()
    words = reading.mapping(raw_words, (*path, "words"), (), known)
    codes = [code.value for code in about.codes]
    for word, meant in words.items():
        if not isinstance(meant, str) or _CONTROL.search(meant) or (codes and meant not in codes):
            unknown = Text("This is no word that may be meant.", "不是可用的词。")
            reading.fault((*path, "words", word), unknown, meant, *(near(str(meant), codes) if codes else ("a text",)))
    pairs = tuple((word, meant) for word, meant in words.items() if isinstance(meant, str))
    return ("normalise", pairs, None, "") if pairs else None


def _pattern(reading: Reading, raw: object, path: documents.Path) -> str | None:
    """Return a pattern that the engine understands: RE2 has neither look-around nor back-references."""
    try:
        pc.call_function("match_substring_regex", [pa.array([""])], pc.MatchSubstringOptions(str(raw)))
    except pa.ArrowInvalid:
        return reading.fault(path, Text("This pattern cannot be read (RE2).", "无法读取该模式（RE2）。"), raw)
    return str(raw)
