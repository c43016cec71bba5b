"""Which encoding a text file is in, told by its bytes, and its decoding block by block, whatever the file's size."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

BLOCK = 1 << 22
LONGEST_LINE = 4 << 20
LONGEST_TEXT = 1 << 16  # of a line that is kept because it cannot be read
BAD = "\udfff"  # stands before bytes that are not valid in the file's encoding: no decoded text can hold it
LONG = "\x00\x1e\x00"  # ends a line that was too long to be kept whole; the same bytes in every encoding

_NAMES = {
    "utf-8": "utf-8",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "gb18030": "gb18030",
    "gbk": "gb18030",  # both are subsets of it
    "gb2312": "gb18030",
}
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PAIR = re.compile(rb"[\x81-\xfe]([\x30-\x7e\x80-\xfe])")
_TAIL_OF_UTF8 = 3  # bytes of a character that a cut may leave


def encoding_of(head: bytes, wanted: object = None) -> str | None:
    """Return the encoding of a file that begins with `head`; None while it holds nothing but ASCII."""
    if wanted is not None:
        return _named(wanted, head)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    return _without_mark(head)


def _named(wanted: object, head: bytes) -> str:
    found = _NAMES.get(str(wanted).lower().replace("_", "-"))
    if found is None:
        raise Invalid(
            Text("This encoding is not known.", "不支持这种编码。"),
            remedy=Text(
                "Leave format_options.encoding out: it is found.", "可不写 format_options.encoding，会自动识别。"
            ),
            received=wanted,
            allowed=list(_NAMES),
        )
    return found if found != "utf-16" else "utf-16-be" if head.startswith(codecs.BOM_UTF16_BE) else "utf-16-le"


def _without_mark(head: bytes) -> str | None:
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) >= max(2, len(head) // 20) and min(even, odd) * 8 < max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    if head.isascii():
        return None
    if _is(head, "utf-8") or any(_is(head[:-cut], "utf-8") for cut in range(1, _TAIL_OF_UTF8 + 1)):
        return "utf-8"
    lines = [line for line in re.split(rb"[\r\n]+", head) if not line.isascii()]
    other = [line for line in lines if not _is(line, "utf-8")]
    chinese = sum(_is(line, "gb18030") for line in other)
    return "gb18030" if chinese > len(lines) - len(other) and _looks_chinese(b"\n".join(other)) else "utf-8"


def _looks_chinese(head: bytes) -> bool:
    """Latin-1 can be read as gb18030 too, but then nearly every pair is an accented letter and a plain one."""
    second = _PAIR.findall(head)
    return sum(byte >= b"\x80" for byte in second) * 2 > len(second)


def _is(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def blocks(file: Path, encoding: str) -> Iterator[bytes]:
    """Yield the file in runs of whole lines; UTF-16 comes as UTF-8. What is beyond a line's limit is left out."""
    kept = b""
    skipping = False
    for piece in _pieces(file, encoding):
        if skipping:
            end = _first_end(piece)
            if end < 0:
                continue
            piece, skipping = piece[end:], False  # noqa: PLW2901 — what remains of the piece
        whole = kept + piece
        cut = _last_end(whole)
        if cut > 0:
            yield whole[:cut]
        kept = whole[cut:]
        if len(kept) > LONGEST_LINE:
            kept, skipping = kept[:LONGEST_TEXT] + LONG.encode(), True
    if kept:
        yield kept


def _last_end(text: bytes) -> int:
    """Return where the last whole line ends; a final CR may be half of CR LF."""
    found = text.rfind(b"\n") + 1
    return found or text.rfind(b"\r", 0, -1) + 1


def _first_end(text: bytes) -> int:
    places = [place for place in (text.find(b"\n"), text.find(b"\r")) if place >= 0]
    return min(places, default=-1)


def _pieces(file: Path, encoding: str) -> Iterator[bytes]:
    with file.open("rb") as opened:
        if not encoding.startswith("utf-16"):
            opened.seek(3 if opened.read(3) == codecs.BOM_UTF8 else 0)
            while piece := opened.read(BLOCK):
                yield piece
            return
        decoder = codecs.getincrementaldecoder(encoding)("quanyu.bad")
        first = True
        while piece := opened.read(BLOCK):
            text = decoder.decode(piece)
            yield text.removeprefix("\ufeff" if first else "").encode("utf-8", "surrogatepass")
            first = False
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


def decode(block: bytes, encoding: str) -> str:
    """Return the block's text, line ends as LF; lines that are not in the encoding have a `BAD` in them."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if encoding != "gb18030":
        return block.decode("utf-8", "surrogatepass" if encoding != "utf-8" else "quanyu.bad")
    text = block.decode(encoding, "quanyu.bad")
    foreign = _foreign_lines(block)
    if not foreign:
        return text
    lines = text.split("\n")
    for number in foreign:
        lines[number] = BAD + lines[number]
    return "\n".join(lines)


def _foreign_lines(block: bytes) -> set[int]:
    """Return the lines of a block of gb18030 that are Chinese in UTF-8: they can be decoded, to other characters."""
    suspects = _suspects(block)
    lines = block.split(b"\n") if suspects else []
    return {number for number in suspects if _is(lines[number], "utf-8")}


def _suspects(block: bytes) -> set[int]:
    """Return the lines that hold two neighbours in UTF-8 of U+4000 to U+9FFF, by chance or not."""
    codes: npt.NDArray[np.uint8] = np.frombuffer(block, np.uint8)
    if len(codes) < 6:
        return set()
    first = (codes - np.uint8(0xE4)) <= 5
    after = (codes & np.uint8(0xC0)) == 0x80
    char = first[:-2] & after[1:-1] & after[2:]
    places = np.flatnonzero(char[:-3] & char[3:])
    if not len(places):
        return set()
    ends = np.flatnonzero(codes == 10)
    return set(np.searchsorted(ends, places).tolist())


def _bad(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return BAD + "".join(f"\\x{byte:02x}" for byte in wrong), error.end


codecs.register_error("quanyu.bad", _bad)
