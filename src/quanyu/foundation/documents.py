"""Reads a definition written in YAML or JSON into plain values that remember their lines; never executes anything.

Scalars follow the YAML 1.2 core schema: only `true` and `false` are booleans, so that a country code NO stays text.
Numbers with a point become decimals, exact for money; what begins with a needless zero (007) stays text. Anchors, tags
and duplicate keys are refused.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path as File

import yaml

from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.text import Text

Path = tuple[str | int, ...]

MAX_DEPTH = 2_000
MAX_CHARACTERS = 32 << 20

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True)
class Document:
    """A decoded definition, and the line (from 1) on which the value at each path begins."""

    value: object
    lines: Mapping[Path, int] = field(default_factory=dict[Path, int])

    def place(self, path: Path) -> str:
        """Name a place for a person: `line 12: tags[3].type`."""
        written = written_path(path)
        nearest = next((path[:n] for n in range(len(path), -1, -1) if path[:n] in self.lines), None)
        return written if nearest is None else f"line {self.lines[nearest]}: {written}".rstrip(": ")


def written_path(path: Path) -> str:
    """Return `rule.all[1].tag` for ("rule", "all", 1, "tag")."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def read(text: str) -> Document:
    """Decode one YAML or JSON document, without recursion; raises `Invalid` with the line of what is not YAML."""
    if len(text) > MAX_CHARACTERS:
        raise _unreadable(f"{len(text):,} characters", f"at most {MAX_CHARACTERS:,} characters")
    builder = _Builder()
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        where = "" if mark is None else f"line {mark.line + 1}: "
        raise _unreadable(f"{where}{problem.problem}", "YAML or JSON") from None
    except yaml.YAMLError as problem:
        raise _unreadable(str(problem).splitlines()[0], "YAML or JSON") from None
    if builder.faults:
        raise Invalid(_UNREADABLE, faults=builder.faults)
    return Document(builder.root, builder.lines)


def text_of(definition: File | str) -> str:
    """Return the text of a file, or the text itself; raises `Invalid` where the file is none that can be read."""
    if isinstance(definition, str):
        return definition
    try:
        return definition.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise Invalid(
            Text("The definition cannot be read.", "无法读取该定义。"),
            remedy=Text(
                "Give the path of a UTF-8 file in YAML or JSON.", "请给出 UTF-8 编码的 YAML 或 JSON 文件路径。"
            ),
            received=f"{definition}: {type(problem).__name__}",
        ) from None


def _events(text: str) -> Iterator[yaml.Event]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.parse(text, Loader=loader)


@dataclass
class _Open:
    """A list or mapping whose end has not come yet."""

    value: list[object] | dict[str, object]
    path: Path
    key: str | None = None


@dataclass
class _Builder:
    root: object = None
    lines: dict[Path, int] = field(default_factory=dict[Path, int])
    faults: list[Fault] = field(default_factory=list[Fault])
    _stack: list[_Open] = field(default_factory=list[_Open])
    _documents: int = 0

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._count_document(line)
        elif isinstance(event, yaml.AliasEvent):
            self._fault(line, Text("References are not allowed.", "不允许使用引用。"), f"*{event.anchor}")
            self._put(None, line)
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event, line)
            self._scalar(event, line)
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            self._refuse_tag(event, line)
            self._open([] if isinstance(event, yaml.SequenceStartEvent) else {}, line)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._stack.pop()

    def _count_document(self, line: int) -> None:
        self._documents += 1
        if self._documents > 1:
            self._fault(line, Text("Only one document is allowed in a file.", "一个文件只能有一个文档。"), "---")

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            if event.value in top.value:
                self._fault(line, Text("This key stands twice.", "键重复。"), event.value)
            top.key = event.value
            return
        self._put(_plain(event.value) if event.implicit[0] else event.value, line)

    def _open(self, value: list[object] | dict[str, object], line: int) -> None:
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._fault(line, Text("A key must be a word.", "键必须是文字。"), type(value).__name__)
            top.key = ""
        if len(self._stack) >= MAX_DEPTH:
            raise _unreadable(f"line {line}: deeper than {MAX_DEPTH} levels", f"at most {MAX_DEPTH} levels")
        path = self._put(value, line)
        self._stack.append(_Open(value, path))

    def _put(self, value: object, line: int) -> Path:
        if not self._stack:
            self.root = value
            self.lines[()] = line
            return ()
        top = self._stack[-1]
        if isinstance(top.value, list):
            path = (*top.path, len(top.value))
            top.value.append(value)
        else:
            path = (*top.path, top.key or "")
            top.value[top.key or ""] = value
            top.key = None
        self._remember(path, value, line)
        return path

    def _remember(self, path: Path, value: object, line: int) -> None:
        """Keep lines of everything but the single values of long lists, whose list says where they are."""
        if isinstance(value, (list, dict)) or isinstance(path[-1], str):
            self.lines[path] = line

    def _refuse_tag(self, event: yaml.NodeEvent, line: int) -> None:
        tag = getattr(event, "tag", None)
        if event.anchor is not None or (tag is not None and tag != "!"):
            received = f"&{event.anchor}" if event.anchor is not None else str(tag)
            self._fault(line, _TAGGED, received)

    def _fault(self, line: int, problem: Text, received: str) -> None:
        self.faults.append(Fault(f"line {line}", problem, received[:60]))


def _plain(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= 40:
        if _WHOLE.fullmatch(text):
            return int(text)
        if _NUMBER.fullmatch(text):
            return Decimal(text)
    return text


_TAGGED = Text(
    'Anchors and tags are not allowed; put quotes around an operator such as "!=".',
    '不允许使用锚点和类型标记；"!=" 等运算符请加引号。',
)
_UNREADABLE = Text("This definition cannot be read.", "无法读取该定义。")


def _unreadable(received: str, allowed: str) -> Invalid:
    return Invalid(
        _UNREADABLE,
        remedy=Text(
            'Correct that place; indent with spaces, and put quotes around ">=", "!=" and text with a colon.',
            '请修改该处文字；用空格缩进，">="、"!=" 以及含冒号的文字请加引号。',
        ),
        received=received,
        allowed=[allowed],
    )
