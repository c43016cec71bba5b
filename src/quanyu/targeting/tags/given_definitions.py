"""Reads the source of a tag whose values people give or files bring, and the values that it may have."""

from collections.abc import Mapping, Sequence
from typing import cast

from quanyu.foundation.definitions import Reading
from quanyu.foundation.documents import Path
from quanyu.foundation.measuring import ValueType
from quanyu.foundation.text import Text
from quanyu.targeting.fields.values import LONGEST_TEXT
from quanyu.targeting.tags.model import Case, Given, Hand

TYPES: tuple[ValueType, ...] = ("code", "text", "boolean", "integer", "number", "date")
"""What can be given by hand or brought by a file."""
HANDS: tuple[Hand, ...] = ("manual", "imported")


def read_given(reading: Reading, how: Hand, raw: object, path: Path, type_: ValueType) -> Given | None:
    """Return the source, None where it has faults; only a code has a closed list of values."""
    if type_ not in TYPES:
        problem = Text("Values of this type cannot be given.", "此类型的值不能人工或导入赋予。")
        return reading.fault((*path[:-1], "type"), problem, type_, *TYPES)
    given = reading.mapping(raw, path, (), ("values",))
    if "values" not in given:
        return Given(how)
    if type_ != "code":
        problem = Text("Only a code has a list of values.", "只有代码类型可以列出取值。")
        return reading.fault((*path, "values"), problem, type_, "code")
    items = reading.list(given["values"], (*path, "values"))
    cases = [_value(reading, item, (*path, "values", i)) for i, item in enumerate(items)]
    found = tuple(case for case in cases if case is not None)
    _refuse_doubles(reading, found, (*path, "values"))
    return Given(how, found) if len(found) == len(items) else None


def _value(reading: Reading, raw: object, path: Path) -> Case | None:
    keys = ("value", "title")
    given = reading.mapping(raw, path, keys, keys)
    title, value = reading.text(given, "title", path), given.get("value")
    good = isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_TEXT
    if "value" in given and not good:
        reading.fault((*path, "value"), Text("This cannot be a value.", "不能作为取值。"), value, "a text")
    return Case(str(value), title, None) if good and title is not None else None


def _refuse_doubles(reading: Reading, cases: Sequence[Case], path: Path) -> None:
    """A value, or a title that files may say in its place, means one thing."""
    taken: set[str] = set()
    for i, case in enumerate(cases):
        words = {case.value, *case.title}
        for word in sorted(words & taken):
            reading.fault((*path, i), Text("Two values are called so.", "取值或名称重复。"), word, "another word")
        taken |= words


def listed_values(given: Mapping[str, object]) -> list[object]:
    """Return the values of a tag that is given, as they are written; none where it has no list."""
    written = next((given[how] for how in HANDS if how in given), None)
    listed = cast("Mapping[str, object]", written).get("values") if isinstance(written, Mapping) else None
    return cast("list[object]", listed) if isinstance(listed, list) else []
