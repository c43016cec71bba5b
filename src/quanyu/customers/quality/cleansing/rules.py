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

Action = Literal["normalise", "clear", "quarantine", "refill"]
REFILL: Action = "refill"
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
    """What to do with some values of one input, and why. Words are replaced whole, a pattern where it stands.

    A refill is about values that are not there.
    """

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
    givers: tuple[str, ...] = ()  # of a refill: the sources that may give the value, the best first; none: any


def needed(given: Input, kind: Kind) -> bool:
    """Say whether a row without this input would be no row of the kind."""
    return given.required or given.name in kind.key


_KEYS = ("name", "kind", "input", "source", "reason", "when", "do")


def load_rules(path: Path, kinds: Sequence[Kind]) -> tuple[Rule, ...]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        unread = Text("The file of rules cannot be read as UTF-8 text.", "规则文件无法按 UTF-8 文本读取。")
        raise NotFound(unread, received=f"{path.name} ({type(problem).__name__})") from problem
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
    deed = _do(reading, given.get("do"), (*path, "do"), found)
    if name is None or reason is None or kind is None or when is None or deed is None:
        return None
    rule = Rule(
        name,
        kind.name,
        found.name,
        reason,
        when,
        deed.action,
        source,
        deed.words,
        deed.pattern,
        deed.replacement,
        deed.givers,
    )
    _check_together(reading, rule, path, kind, found, conditional="when" in given)
    return rule


def _check_together(
    reading: Reading, rule: Rule, path: documents.Path, kind: Kind, about: Input, *, conditional: bool
) -> None:
    """Refuse what a rule cannot do to this input, or without this condition."""
    if rule.action == "clear" and needed(about, kind):
        no_row = Text("A row without this input would be no row.", "缺少该输入的行不成立。")
        reading.fault((*path, "do"), no_row, "clear", "quarantine", "normalise: …")
    if rule.action in {"clear", "quarantine"} and not conditional:
        broad = Text("Without a condition this would take every value.", "没有条件会作用于所有值。")
        reading.fault((*path, "when"), broad, None, *CONDITIONS)
    if rule.action == REFILL and conditional:
        lacking = Text("A refill is about values that are not there.", "补全只针对缺失的值。")
        reading.fault((*path, "when"), lacking, "when", "no condition")
    if rule.action == REFILL and about.name not in (allowed := refillable(kind)):
        closed = Text("Only words about a customer that are not sealed are refilled.", "只能补全未加密的客户文字属性。")
        reading.fault((*path, "input"), closed, about.name, *allowed)


def refillable(kind: Kind) -> tuple[str, ...]:
    """Return the inputs that one record of a customer may give to another."""
    if not kind.takes_identifiers:
        return ()
    open_columns = kind.tables[0].schema.names
    return tuple(i.name for i in kind.inputs if i.type in WORDS and i.name in open_columns and i.name not in kind.key)


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


@dataclass(frozen=True)
class _Deed:
    """What stands under `do`."""

    action: Action
    words: tuple[tuple[str, str], ...] = ()
    pattern: str | None = None
    replacement: str = ""
    givers: tuple[str, ...] = ()


_DEEDS = ("clear", "quarantine", "refill", "normalise: …", "refill: …")


def _do(reading: Reading, raw: object, path: documents.Path, about: Input) -> _Deed | None:
    if isinstance(raw, str) and raw in {"clear", "quarantine", REFILL}:
        return _Deed(cast("Action", raw))
    given = {} if isinstance(raw, str) or raw is None else reading.mapping(raw, path, (), ("normalise", REFILL))
    if len(given) != 1 or not given.keys() <= {"normalise", REFILL}:
        unknown = Text("This is nothing that a rule does.", "不是规则可执行的操作。")
        return reading.fault(path, unknown, raw, *_DEEDS)
    if REFILL in given:
        return _refill(reading, given[REFILL], (*path, REFILL))
    if about.type not in WORDS:
        only = Text("Only words are normalised.", "只能规范文字。")
        return reading.fault((*path, "normalise"), only, about.type, *sorted(WORDS))
    return _normalise(reading, given["normalise"], (*path, "normalise"), about)


def _refill(reading: Reading, raw: object, path: documents.Path) -> _Deed | None:
    given = reading.mapping(raw, path, ("from",), ("from",))
    named = reading.list(given["from"], (*path, "from")) if "from" in given else []
    words = [reading.word({"from": name}, "from", path) for name in named]
    return _Deed(REFILL, givers=tuple(word for word in words if word)) if named else None


def _normalise(reading: Reading, raw: object, path: documents.Path, about: Input) -> _Deed | None:
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
        return None if pattern is None else _Deed("normalise", pattern=pattern, replacement=replacement)
    raw_words = given["words"]
    known = tuple(cast("Mapping[str, object]", raw_words)) if isinstance(raw_words, Mapping) else ()
    words = reading.mapping(raw_words, (*path, "words"), (), known)
    codes = [code.value for code in about.codes]
    for word, meant in words.items():
        if not isinstance(meant, str) or _CONTROL.search(meant) or (codes and meant not in codes):
            unknown = Text("This is no word that may be meant.", "不是可用的词。")
            reading.fault((*path, "words", word), unknown, meant, *(near(str(meant), codes) if codes else ("a text",)))
    pairs = tuple((word, meant) for word, meant in words.items() if isinstance(meant, str))
    return _Deed("normalise", pairs) if pairs else None


def _pattern(reading: Reading, raw: object, path: documents.Path) -> str | None:
    """Return a pattern that the engine understands: RE2 has neither look-around nor back-references."""
    try:
        pc.call_function("match_substring_regex", [pa.array([""])], pc.MatchSubstringOptions(str(raw)))
    except pa.ArrowInvalid:
        return reading.fault(path, Text("This pattern cannot be read (RE2).", "无法读取该模式（RE2）。"), raw)
    return str(raw)
