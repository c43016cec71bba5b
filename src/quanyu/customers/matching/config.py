"""Reads what a match is told, and finds everything that is wrong with it at once."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import cast, get_args

from quanyu.customers.matching.model import (
    HOWS,
    LEVELS,
    PARTS,
    Comparison,
    Config,
    Field,
    Keep,
    Key,
    Rule,
    Task,
    Training,
)
from quanyu.foundation import documents
from quanyu.foundation.definitions import Reading, near
from quanyu.foundation.errors import NotFound
from quanyu.foundation.text import Text

_TOP = ("id", "task", "country", "threshold", "keep", "most_pairs", "fields", "compare", "blocking", "training")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ALL_HOWS = ("names", *dict.fromkeys(how for hows in HOWS.values() for how in hows))
_MOST_PAIRS = 100_000_000


def load_config(path: Path) -> Config:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        unread = Text("The configuration cannot be read as UTF-8 text.", "配置文件无法按 UTF-8 文本读取。")
        suggest = Text(
            "quanyu identity suggest-match FILE writes one.", "可用 quanyu identity suggest-match FILE 生成。"
        )
        raise NotFound(unread, remedy=suggest, received=f"{path.name} ({type(problem).__name__})") from problem
    return read_config(text)


def read_config(text: str) -> Config:
    """Return what the text says, or raise `Invalid` with every fault and its line."""
    reading = Reading(documents.read(text))
    given = reading.mapping(reading.document.value, (), ("fields", "compare", "blocking", "training"), _TOP)
    fields = _fields(reading, given.get("fields"), "fields" in given)
    config = Config(
        fields=fields,
        compare=_comparisons(reading, given.get("compare"), fields, "compare" in given),
        blocking=_rules(reading, given.get("blocking"), ("blocking",), fields, "blocking" in given),
        training=_training(reading, given.get("training"), fields, "training" in given),
        id=_words(reading, given, "id", ()),
        task=cast("Task | None", reading.choice(given, "task", (), get_args(Task))),
        country=_country(reading, given),
        threshold=_number(reading, given, "threshold", (), 0.5, 0.0, 1.0),
        keep=cast("Keep", reading.choice(given, "keep", (), get_args(Keep)) or "all"),
        most_pairs=int(_number(reading, given, "most_pairs", (), 200_000_000, 1, 10**12)),
    )
    reading.refuse_faults(Text("This configuration cannot be used.", "无法使用该配置。"))
    return config


def _country(reading: Reading, given: Mapping[str, object]) -> str:
    found = given.get("country", "CN")
    if isinstance(found, str) and re.fullmatch(r"[A-Z]{2}", found):
        return found
    reading.fault(("country",), Text("Here stands a country's two letters.", "此处应为两位国家代码。"), found, "CN")
    return "CN"


def _number(
    reading: Reading,
    given: Mapping[str, object],
    key: str,
    path: documents.Path,
    default: float,
    least: float,
    most: float,
) -> float:
    found = given.get(key, default)
    if isinstance(found, int | float | Decimal) and not isinstance(found, bool) and least <= found <= most:
        return float(found)
    told = Text("This number is not in the range allowed.", "数值不在允许范围内。")
    reading.fault((*path, key), told, found, f"{least:g} … {most:g}")
    return default


def _fields(reading: Reading, raw: object, given: bool) -> tuple[Field, ...]:
    entries = reading.mapping(raw, ("fields",), (), tuple(cast("dict[str, object]", raw))) if _is_mapping(raw) else {}
    if given and not entries:
        reading.fault(("fields",), Text("Here stand the fields by name.", "此处应按名称列出字段。"), raw, "name: {…}")
    return tuple(field for name, entry in entries.items() if (field := _field(reading, name, entry)) is not None)


def _is_mapping(raw: object) -> bool:
    return isinstance(raw, Mapping)


def _field(reading: Reading, name: str, raw: object) -> Field | None:
    path = ("fields", name)
    if not _NAME.fullmatch(name):
        bad = Text("A name has small letters, digits and underscores.", "名称只能含小写字母、数字和下划线。")
        reading.fault(path, bad, name, "a to z, 0 to 9, _")
    given = reading.mapping(raw, path, ("column", "means"), ("column", "means", "forms"))
    means = reading.choice(given, "means", path, tuple(PARTS))
    columns = _words(reading, given, "column", path)
    forms = _words(reading, given, "forms", path)
    if forms and means is not None and means != "birth_date":
        only = Text("Only dates have forms.", "只有日期才有格式。")
        reading.fault((*path, "forms"), only, means, "birth_date")
    return None if means is None or not columns else Field(name, columns, means, forms)


def _words(reading: Reading, given: Mapping[str, object], key: str, path: documents.Path) -> tuple[str, ...]:
    """Read one text or a list of them."""
    found = given.get(key)
    told = [found] if isinstance(found, str) else found
    words = cast("list[object]", told) if isinstance(told, list) else []
    if key in given and not (words and all(isinstance(word, str) and word.strip() for word in words)):
        reading.fault((*path, key), Text("Here stands a text or a list of texts.", "此处应为文字或文字列表。"), found)
        return ()
    return tuple(str(word) for word in words)


def _comparisons(reading: Reading, raw: object, fields: Sequence[Field], given: bool) -> tuple[Comparison, ...]:
    entries = cast("dict[str, object]", raw) if _is_mapping(raw) else {}
    if given and not entries:
        reading.fault(
            ("compare",), Text("Here stand the comparisons by name.", "此处应按名称列出比较项。"), raw, "name: {…}"
        )
    known = {field.name: field for field in fields}
    found = [_comparison(reading, name, entry, known) for name, entry in entries.items()]
    return tuple(each for each in found if each is not None)


def _comparison(reading: Reading, name: str, raw: object, known: Mapping[str, Field]) -> Comparison | None:
    path = ("compare", name)
    if not _NAME.fullmatch(name):
        bad = Text("A name has small letters, digits and underscores.", "名称只能含小写字母、数字和下划线。")
        reading.fault(path, bad, name, "a to z, 0 to 9, _")
    given = reading.mapping(raw, path, ("how", "fields"), ("how", "fields", "levels", "frequency"))
    how = reading.choice(given, "how", path, _ALL_HOWS)
    names = _words(reading, given, "fields", path)
    for one in names:
        if one not in known:
            unknown = Text("There is no such field.", "没有该字段。")
            reading.fault((*path, "fields"), unknown, one, *near(one, tuple(known)))
    means = [known[one].means for one in names if one in known]
    if how is not None and len(means) == len(names):
        _check_fit(reading, path, how, means)
    frequency = given.get("frequency", True)
    if not isinstance(frequency, bool):
        reading.fault((*path, "frequency"), Text("Here stands true or false.", "此处应为 true 或 false。"), frequency)
    levels = _levels(reading, given, path, how)
    return None if how is None or not names else Comparison(name, how, names, levels, frequency is True)


def _check_fit(reading: Reading, path: documents.Path, how: str, means: Sequence[str]) -> None:
    if how == "names":
        if sorted(means) != ["given_name", "surname"]:
            pair = Text("This compares a given name and a surname.", "此方式比较一个名与一个姓。")
            reading.fault((*path, "fields"), pair, ", ".join(means), "given_name, surname")
        return
    if len(means) != 1:
        one = Text("This compares one field.", "此方式只比较一个字段。")
        reading.fault((*path, "fields"), one, len(means), "1")
    elif how not in HOWS[means[0]]:
        unfit = Text("A field of this meaning is not compared so.", "该含义的字段不能这样比较。")
        reading.fault((*path, "how"), unfit, f"{how}: {means[0]}", *HOWS[means[0]])


def _levels(reading: Reading, given: Mapping[str, object], path: documents.Path, how: str | None) -> tuple[float, ...]:
    if "levels" not in given:
        return LEVELS.get(how or "", ())
    raw = given["levels"]
    told = [
        float(each)
        for each in (cast("list[object]", raw) if isinstance(raw, list) else [])
        if isinstance(each, int | float | Decimal) and not isinstance(each, bool)
    ]
    whole = isinstance(raw, list) and len(told) == len(cast("list[object]", raw)) > 0
    falling = whole and told == sorted(set(told), reverse=True) and all(0.5 <= each < 1 for each in told)
    rising = whole and told == sorted(set(told)) and all(each in (1, 2, 3) for each in told)
    if (how == "text" and falling) or (how == "number" and rising):
        return tuple(told)
    allowed = {"text": ("0.92, 0.8: falling, from 0.5 to 1",), "number": ("1, 2: rising, up to 3",)}
    unfit = Text("These levels do not fit the way of comparing.", "这些级别与比较方式不符。")
    reading.fault((*path, "levels"), unfit, raw, *allowed.get(how or "", ("none: text and number have levels",)))
    return ()


def _training(reading: Reading, raw: object, fields: Sequence[Field], given: bool) -> Training:
    if not given:
        return Training(())
    found = reading.mapping(raw, ("training",), ("passes",), ("passes", "pairs", "seed"))
    passes = _rules(reading, found.get("passes"), ("training", "passes"), fields, "passes" in found)
    if len(passes) == 1:
        two = Text("What a pass blocks on it cannot learn: name two.", "每轮无法学习其分块字段：请至少给出两轮。")
        reading.fault(("training", "passes"), two, 1, "2 or more")
    crossed = [rule for rule in passes if any(key.crossed for key in rule)]
    if crossed:
        plain = Text("Swapped fields are for blocking alone.", "交换字段只能用于分块。")
        reading.fault(("training", "passes"), plain, str(crossed[0][0]))
    pairs = int(_number(reading, found, "pairs", ("training",), 500_000, 1_000, _MOST_PAIRS))
    return Training(passes, pairs, int(_number(reading, found, "seed", ("training",), 1, 0, 2**31)))


def _rules(
    reading: Reading, raw: object, path: documents.Path, fields: Sequence[Field], given: bool
) -> tuple[Rule, ...]:
    entries = reading.list(raw, path) if given else []
    return tuple(rule for i, entry in enumerate(entries) if (rule := _rule(reading, entry, (*path, i), fields)))


def _rule(reading: Reading, raw: object, path: documents.Path, fields: Sequence[Field]) -> Rule:
    words = [raw] if isinstance(raw, str) else raw
    entries = reading.list(words, path)
    known = [name for field in fields for name in (field.name, *(f"{field.name}.{p}" for p in PARTS[field.means]))]
    keys: list[Key] = []
    for entry in entries:
        left, _, right = str(entry).partition("~")
        for one in (left, right) if right else (left,):
            if one not in known:
                unknown = Text("No field or part of one is called so.", "没有这样的字段或其部分。")
                reading.fault(path, unknown, one, *near(one, known))
        keys.append(Key(left, right or left))
    return tuple(keys)
