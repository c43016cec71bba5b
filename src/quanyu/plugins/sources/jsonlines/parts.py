"""How the values of a file follow each other, and what is read of it: itself, or a copy with one kind of line end."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from quanyu.customers.ingest.spec import Scratch
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

LONGEST_LINE = 4 << 20
_HEAD = 1 << 20
_BLOCK = 1 << 22

Form = Literal["lines", "gaps", "array", "values"]  # gaps: lines, some of them empty


@dataclass(frozen=True)
class Part:
    file: Path
    form: Form
    read: Path  # the file itself, or a copy with one kind of line end
    long: bool = False  # a line of it may be longer than is taken


def prepare(file: Path, scratch: Scratch) -> Part | None:
    """Return how a file is read, or None of an empty one."""
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
        form = _form(file, head)
        mixed = form == "gaps" and _mixes_ends(file)
        long = form in ("gaps", "lines") and _is_long(file)
    except OSError as error:
        raise unreadable([file], type(error).__name__) from None
    if form is None or not mixed:
        return None if form is None else Part(file, form, file, long)
    copy = scratch.new(".jsonl")
    _unite_ends(file, copy)
    return Part(file, form, copy, long)


def _form(file: Path, head: bytes) -> Form | None:
    """Return how values follow each other in a file, or None of an empty one."""
    if not head:
        return None
    if head.startswith(b"["):
        if not _tail(file).rstrip().endswith(b"]"):  # the engine takes what is there of a file that was cut
            raise unreadable([file], "its array is not closed")
        return "array"
    lines = head.splitlines()
    if head.startswith(b"{") and len(lines) > 1 and not any(_is_value(line) for line in lines):
        return "values"
    return "gaps" if _has_gaps(file) or _mixes_ends(file) else "lines"


def _tail(file: Path) -> bytes:
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - _HEAD))
        return opened.read()


def _is_value(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _has_gaps(file: Path) -> bool:
    last = b"\n"
    for block in _blocks(file):
        text = last + block
        if b"\n\n" in text or b"\n\r" in text or b"\r\r" in text:
            return True
        last = block[-1:]
    return False


def _is_long(file: Path) -> bool:
    """Say whether a piece of half the longest line has no line end: each line that is too long has such a piece."""
    with file.open("rb") as opened:
        while len(piece := opened.read(LONGEST_LINE // 2)) == LONGEST_LINE // 2:
            if b"\n" not in piece and b"\r" not in piece:
                return True
    return False


def _mixes_ends(file: Path) -> bool:
    found: set[str] = set()
    for block in _blocks(file):
        pairs = block.count(b"\r\n") if b"\r" in block else 0
        counts = {"\r\n": pairs, "\n": block.count(b"\n") - pairs, "\r": block.count(b"\r") - pairs}
        found |= {end for end, count in counts.items() if count}
    return len(found) > 1


def _unite_ends(file: Path, target: Path) -> None:
    with target.open("wb") as out:
        for block in _blocks(file):
            out.write(block.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))


def _blocks(file: Path) -> Iterator[bytes]:
    """Yield the file in pieces that do not part CR and LF."""
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            yield block + opened.read(1) if block.endswith(b"\r") else block


def unreadable(files: Sequence[Path], received: str) -> Invalid:
    return Invalid(
        Text("The file cannot be read as JSON.", "文件无法按 JSON 读取。"),
        remedy=Text(
            "Export it as JSON lines in UTF-8: one object on each line.", "请导出为 UTF-8 的 JSON Lines：每行一个对象。"
        ),
        received=f"{', '.join(file.name for file in files[:5])}: {received}",
    )
