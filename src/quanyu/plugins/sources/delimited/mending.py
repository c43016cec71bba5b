"""Rewrites a file that the engine cannot read as it is: other encodings, line ends or quotes, with lines numbered."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from quanyu.plugins.sources.delimited.encodings import BAD, LONG, LONGEST_TEXT, blocks, decode

_LONGEST_RECORD = 1 << 20  # characters through which the end of a quote is looked for
_LF, _CR = b"\n", b"\r"

Unread = tuple[int, str, str]  # line, reason, text


@dataclass(frozen=True)
class Marks:
    """How fields are told apart."""

    delimiter: str
    quote: str
    fields: int

    @property
    def single(self) -> bool:
        return len(self.delimiter.encode()) == 1 and len(self.quote.encode()) <= 1


def is_plain(text: bytes, marks: Marks) -> bool:
    """Say whether each line of a run of UTF-8 lines is surely one record, with one kind of line end."""
    returns = text.count(_CR)
    if returns and (returns != text.count(b"\r\n") or returns != text.count(_LF)):
        return False
    if not marks.single or b"\n\n" in text or text[:1] in (_LF, _CR) or (returns and b"\n\r" in text):
        return False
    return not marks.quote or marks.quote.encode() not in text or _well_placed(text, marks)


def _well_placed(text: bytes, marks: Marks) -> bool:
    """Say whether quotes open and close where fields do, within a line."""
    codes: npt.NDArray[np.uint8] = np.frombuffer(text, np.uint8)
    quote, delimiter = ord(marks.quote), ord(marks.delimiter)
    places = np.flatnonzero(codes == quote)
    opening, closing = places[0::2], places[1::2]
    if len(opening) != len(closing):
        return False
    ends = np.flatnonzero(codes == 10)
    before = codes[opening - 1]
    begins = (before == delimiter) | (before == 10) | (before == quote) | (opening == 0)
    after = codes[np.minimum(closing + 1, len(codes) - 1)]
    finishes = (after == delimiter) | (after == 10) | (after == 13) | (after == quote) | (closing == len(codes) - 1)
    inside = np.searchsorted(places, ends) % 2 == 1
    return bool(begins.all() and finishes.all() and not inside.any())


def transcode(file: Path, encoding: str, marks: Marks, target: Path) -> bool:
    """Write the file into `target` in UTF-8, as long as each line is surely one record; say whether that was so."""
    with target.open("wb") as out:
        for block in blocks(file, encoding):
            if LONG.encode() in block or not is_plain(block, marks):
                return False
            text = decode(block, encoding)
            if BAD in text:
                return False
            out.write(text.encode())
    return True


def rewrite(file: Path, encoding: str, marks: Marks, header: bool, target: Path) -> list[Unread]:
    """Write every readable record into `target`, its line number first, and return the other lines."""
    mending = _Mending(marks)
    lines_before = 1
    left: list[str] = []
    skip = header
    with target.open("wb") as out:
        for block in blocks(file, encoding):
            text = decode(block, encoding)
            lines = text.removesuffix("\n").split("\n")
            if left or skip or not _simple(text, marks):
                lines = [*left, *lines]
                numbered = list(mending.records(lines, lines_before, last=False))
                left = lines[len(lines) - mending.open :] if mending.open else []
                _write(out, numbered[1:] if skip and numbered else numbered, marks)
                skip = skip and not numbered
                lines_before += len(lines) - len(left)
            else:
                _write(out, enumerate(lines, lines_before), marks)
                lines_before += len(lines)
        numbered = list(mending.records(left, lines_before, last=True))
        _write(out, numbered[1:] if skip else numbered, marks)
    return mending.unread


def _simple(text: str, marks: Marks) -> bool:
    if BAD in text or LONG in text:
        return False
    if marks.quote and marks.quote in text:
        return is_plain(text.encode(), marks)
    return "\n\n" not in text and not text.startswith("\n")


def _write(out: BinaryIO, records: "Sequence[tuple[int, str]] | enumerate[str]", marks: Marks) -> None:
    form = f"%d{marks.delimiter.replace('%', '%%')}%s\n"
    out.write("".join(map(form.__mod__, records)).encode())


@dataclass
class _Mending:
    """Finds the records of a run of lines: those that fit, and those that cannot be read."""

    marks: Marks
    unread: list[Unread] = field(default_factory=list[Unread])
    open: int = 0  # lines at the end of the last run that may belong to a record of the next

    def __post_init__(self) -> None:
        whole, begun = _shapes(self.marks)
        self._is_whole: Callable[[str], object] = whole.fullmatch
        self._is_begun: Callable[[str], object] = begun.fullmatch

    def records(self, lines: Sequence[str], first: int, *, last: bool) -> Iterator[tuple[int, str]]:
        self.open = 0
        quote = self.marks.quote
        refuse = partial(self._refuse, lines, first)
        at = 0
        while at < len(lines):
            line = lines[at]
            if not line:
                at += 1
            elif LONG in line:
                at = refuse(at, at + 1, "line size over maximum")
            elif BAD in line:
                at = refuse(at, at + 1, "invalid encoding")
            elif not quote or quote not in line or self._is_whole(line):
                yield first + at, line
                at += 1
            elif not self._is_begun(line):
                at = refuse(at, at + 1, "unquoted value")
            else:
                end = self._end(lines, at)
                if end is None and not last:
                    self.open = len(lines) - at
                    return
                if end is None or end == at:
                    at = refuse(at, at + 1, "unquoted value")
                elif self._fits(lines, at, end):
                    yield first + at, "\n".join(lines[at:end])
                    at = end
                else:
                    swallowed = any(self._stands_alone(lines, i) for i in range(at + 1, end))
                    reason = "unquoted value" if swallowed else "wrong number of fields"
                    at = refuse(at, at + 1 if swallowed else end, reason)

    def _refuse(self, lines: Sequence[str], first: int, at: int, end: int, reason: str) -> int:
        text = "\n".join(lines[at:end]).replace(BAD, "").replace(LONG, "")
        self.unread.append((first + at, reason, text[:LONGEST_TEXT]))
        return end

    def _end(self, lines: Sequence[str], at: int) -> int | None:
        """Return after which line an opened quote is closed; `at` where it surely is not, None where lines run out."""
        size = len(lines[at])
        for end in range(at + 1, len(lines)):
            line = lines[end]
            size += len(line) + 1
            if size > _LONGEST_RECORD or BAD in line or LONG in line:
                return at
            if self.marks.quote in line:
                text = "\n".join(lines[at : end + 1])
                if self._is_whole(text):
                    return end + 1
                if not self._is_begun(text):
                    return at
        return None

    def _stands_alone(self, lines: Sequence[str], at: int) -> bool:
        return lines[at].count(self.marks.quote) % 2 == 0 and self._fits(lines, at, at + 1)

    def _fits(self, lines: Sequence[str], at: int, end: int) -> bool:
        text = "\n".join(lines[at:end])
        if not self._is_whole(text):
            return False
        quote = self.marks.quote
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.marks.delimiter, quotechar=quote)
        return len(next(reader, [])) == self.marks.fields


def _shapes(marks: Marks) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what a whole record looks like, and one whose last quote is still open."""
    quote, delimiter = re.escape(marks.quote or '"'), re.escape(marks.delimiter)
    bare = rf"(?! *{quote})[^{delimiter}\n]*+"
    quoted = rf" *+{quote}(?:[^{quote}]++|{quote}{quote})*+{quote} *+"
    value = rf"(?:{quoted}(?={delimiter}|\Z)|{bare})"
    whole = rf"{value}(?:{delimiter}{value})*+"
    begun = rf"(?:{value}{delimiter})*+ *+{quote}(?:[^{quote}]++|{quote}{quote})*+"
    return re.compile(whole), re.compile(begun)
