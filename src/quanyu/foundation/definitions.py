"""Definitions that people write as YAML: read with line numbers, checked whole, all faults told at once."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.text import Text

MOST_BYTES = 4 << 20
DEEPEST = 400


@dataclass
class Definition:
    """A parsed YAML document, and the faults found in it so far.

    Places are written `kinds[0].columns.key`; `line` finds the line where a place begins.
    """

    name: str
    value: Any
    lines: dict[str, int]
    faults: list[Fault] = field(default_factory=list)

    def line(self, place: str) -> int | None:
        return self.lines.get(place)

    def fault(self, place: str, problem: Text, received: object = None, allowed: Iterable[object] = ()) -> None:
        line = self.line(place)
        where = f"{self.name}:{line} {place}" if line else f"{self.name} {place}"
        shown = None if received is None else str(received)[:200]
        self.faults.append(Fault(where.strip(), problem, shown, tuple(str(a) for a in allowed)))

    def mapping(self, place: str, value: object, allowed: Sequence[str] = ()) -> dict[str, Any]:
        """Return `value` as a mapping whose keys are among `allowed` (any, if empty), or an empty one and a fault."""
        if not isinstance(value, dict):
            self.fault(place, Text("A mapping is expected here.", "此处应为键值映射。"), _kind(value))
            return {}
        found: dict[str, Any] = {}
        for key, item in value.items():
            if allowed and key not in allowed:
                self.fault(
                    _join(place, key), Text("There is no such key.", "没有这个键。"), key, near(str(key), allowed)
                )
            else:
                found[str(key)] = item
        return found

    def text(self, place: str, value: object, *, required: bool = True) -> str | None:
        if value is None and not required:
            return None
        if not isinstance(value, str) or not value.strip():
            self.fault(place, Text("A text is expected here.", "此处应为文本。"), _kind(value))
            return None
        return value

    def one_of(self, place: str, value: object, allowed: Sequence[str]) -> str | None:
        if not isinstance(value, str) or value not in allowed:
            self.fault(
                place, Text("This is not an allowed value.", "不是允许的取值。"), value, near(str(value), allowed)
            )
            return None
        return value

    def sequence(self, place: str, value: object) -> list[Any]:
        if not isinstance(value, list) or not value:
            self.fault(
                place, Text("A list with at least one item is expected here.", "此处应为至少一项的列表。"), _kind(value)
            )
            return []
        return list(value)

    def bilingual(self, place: str, value: object) -> Text:
        """Return a text given as `{en: …, zh: …}`; both are required."""
        given = self.mapping(place, value, ("en", "zh"))
        en, zh = (self.text(_join(place, language), given.get(language)) for language in ("en", "zh"))
        return Text(en or "", zh or "")

    def finish(self, problem: Text) -> None:
        """Raise all faults together, if there are any."""
        if self.faults:
            raise Invalid(problem, faults=self.faults)


def read_definition(text: str, name: str) -> Definition:
    """Parse YAML (JSON is a part of it); a document that is no YAML, or too large or deep, is refused."""
    if len(text) > MOST_BYTES:
        raise Invalid(
            Text("The definition is too long.", "定义文件过大。"),
            received=f"{len(text)} bytes",
            allowed=[f"≤ {MOST_BYTES}"],
        )
    try:
        root = yaml.compose(text, Loader=_Loader)
        lines: dict[str, int] = {}
        if root is not None:
            _mark(root, lines)
        value = yaml.load(text, Loader=_Loader)  # noqa: S506  a SafeLoader below
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise Invalid(
            Text(f"{name} is not valid YAML: {error.problem}.", f"{name} 不是有效的 YAML：{error.problem}。"),
            received=None if mark is None else f"line {mark.line + 1}, column {mark.column + 1}",
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Invalid(
            Text(f"{name} cannot be read as YAML.", f"{name} 无法按 YAML 读取。"), received=type(error).__name__
        ) from None
    return Definition(name, value, lines)


def near(received: str, allowed: Iterable[str], most: int = 12) -> list[str]:
    """Return what is allowed, the names like `received` first."""
    names = list(allowed)
    alike = difflib.get_close_matches(received, names, n=3, cutoff=0.6)
    return [*alike, *(n for n in names if n not in alike)][:most]


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """Safe, and refuses a key that stands twice.

    Of what YAML 1.1 takes for something else than text only numbers, null, true and false are: a column may be called
    `no` or `on`, and 2011-12-10 is what was written.
    """

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, (str, int, float, bool)) or key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


_BOOLEAN = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, shape) for tag, shape in resolvers if tag not in (_BOOLEAN, "tag:yaml.org,2002:timestamp")]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOLEAN, re.compile(r"(?:true|false)$"), list("tf"))


def _mark(root: Any, lines: dict[str, int]) -> None:
    waiting: list[tuple[str, Any, int]] = [("", root, 0)]
    while waiting:
        place, node, depth = waiting.pop()
        lines[place] = node.start_mark.line + 1
        if depth > DEEPEST:
            raise ValueError("too deep")
        if isinstance(node, yaml.MappingNode):
            waiting += [(_join(place, k.value), v, depth + 1) for k, v in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(f"{place}[{i}]", v, depth + 1) for i, v in enumerate(node.value)]


def _join(place: str, key: object) -> str:
    return f"{place}.{key}" if place else str(key)


def _kind(value: object) -> str:
    names: dict[type, str] = {dict: "a mapping", list: "a list", type(None): "nothing"}
    return names.get(type(value), f"{type(value).__name__} {str(value)[:60]!r}")
