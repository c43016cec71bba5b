"""Makes a list of customers from pasted phones, addresses, cards, orders or ids; the values themselves are not kept."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from quanyu.customers.identity.identifiers import LONG, LOST, MASKED, NOT_A_NUMBER, NOT_AN_ADDRESS, NOTHING
from quanyu.customers.identity.people import read_people
from quanyu.customers.ingest.tables import source as sources
from quanyu.foundation import failpoints
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import stored
from quanyu.targeting.audiences.lists import KeptList, keep
from quanyu.targeting.audiences.matching import AUTO, KINDS, NOT_AN_ID, SEVERAL, UNKNOWN, Matches, Numbers, match

FAILPOINTS = ("lists.matched", "lists.kept")
AMBIGUOUS = "several customers"
MOST_TOLD = 1_000
MOST_VALUES = 5_000_000

COUNTED = {
    "read": Text("read", "读取"),
    "matched": Text("matched: customers", "匹配的客户"),
    "same_customer": Text("double: another value of a customer", "重复：同一客户的其他值"),
    "repeated": Text("double: the same value again", "重复：相同的值"),
    "invalid": Text("invalid", "无效"),
    "unknown": Text("unknown: nobody has it", "未匹配：无人拥有"),
}
"""What becomes of values, in words; the first is the sum of the others."""
REASONS = {
    NOT_A_NUMBER: Text("no such telephone number", "不是有效电话号码"),
    MASKED: Text("masked", "被打码"),
    LOST: Text("digits lost in a spreadsheet", "被电子表格舍去末位"),
    LONG: Text("too long", "过长"),
    NOT_AN_ADDRESS: Text("no such e-mail address", "不是有效邮箱"),
    NOTHING: Text("says nothing", "无内容"),
    NOT_AN_ID: Text("no id of a customer", "不是客户编号"),
    AMBIGUOUS: Text("several customers have it: name the source", "对应多位客户：请指定来源"),
}

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_LINES, _CELLS = r"\r\n|\r|\n", r"[\t,;|，；、]"
_CONTROLS = r"[\x00-\x08\x0b-\x1f\x7f]+"
_BLANK = r'^[\s"=\']*$'


@dataclass(frozen=True)
class Refused:
    """A value that cannot point at one customer: its line, from 1, and a code that says why."""

    line: int
    reason: str


@dataclass(frozen=True)
class Counts:
    """How values came out: read = matched + same_customer + repeated + invalid + unknown."""

    read: int
    matched: int  # customers
    same_customer: int  # another value of a customer who is matched
    repeated: int  # the same value again
    invalid: int
    unknown: int


@dataclass(frozen=True)
class Read:
    """What a text said. `lines` counts all lines, `blank` the empty ones; `refused` holds the first invalid values."""

    customers: Numbers
    lines: int
    blank: int
    counts: Counts
    reasons: dict[str, int]
    refused: tuple[Refused, ...]
    unknown_lines: tuple[int, ...]


@dataclass(frozen=True)
class Pasted(Read):
    """A list that was kept, and how its values came out."""

    kept: KeptList


@dataclass(frozen=True)
class Cells:
    """Values with their lines, from 1."""

    lines: Numbers
    texts: pa.ChunkedArray
    total: int
    blank: int


def paste(ws: Workspace, name: str, text: bytes, kind: str = AUTO, *, who: str, source: str | None = None) -> Pasted:
    """Keep the customers of the values in `text` as the list `name`, in the place of one that has the name.

    Values stand one a line or one a cell, parted by tabs, commas, semicolons or bars. `source` narrows cards and
    orders to those of one source.
    """
    _check(ws, name, kind, source)
    people = read_people(ws)
    said = read_customers(ws, text, kind, source)
    failpoints.reach("lists.matched")
    members = OrdinalSet.of(said.customers)
    size, counts = (members & people.alive).count(), vars(said.counts)
    kept = KeptList(name, 0, kind, people.epoch, size, counts, who, ws.clock.now())
    with ws.locked("audiences"):
        _refuse_taken(ws, name)
        with ws.begin() as connection:
            kept = keep(ws, connection, kept, members)
    failpoints.reach("lists.kept")
    return Pasted(**vars(said), kept=kept)


def read_customers(ws: Workspace, text: bytes, kind: str, source: str | None) -> Read:
    """Return the customers at whom the values in `text` point, and how each value came out."""
    cells = read_cells(text)
    found = match(ws, cells.texts, kind, source)
    return _told(cells, found, *_counted(found))


def read_column(ws: Workspace, cells: Cells, kind: str, source: str | None) -> tuple[Read, Numbers]:
    """Return how values came out, and of each the customer at whom it points; below 0 where it points at no one."""
    found = match(ws, cells.texts, kind, source)
    valid = (found.values >= 0) & (found.customers != SEVERAL) & (found.customers != UNKNOWN)
    return _told(cells, found, *_counted(found)), np.where(valid, found.customers, -1)


def read_cells(text: bytes) -> Cells:
    """Cut a text into its values, wherever they stand; control characters are spaces."""
    lines = pc.split_pattern_regex(pa.array([decoded(text)], pa.large_string()), _LINES).flatten()  # type: ignore[attr-defined]
    if len(lines) and lines[-1].as_py() == "":
        lines = lines[:-1]
    split = pc.split_pattern_regex(lines, _CELLS)  # type: ignore[attr-defined]
    texts = pc.replace_substring_regex(split.flatten(), _CONTROLS, " ")  # type: ignore[attr-defined]
    at = pc.list_parent_indices(split).to_numpy()  # type: ignore[attr-defined]
    full = np.invert(pc.match_substring_regex(texts, _BLANK).to_numpy(zero_copy_only=False))  # type: ignore[attr-defined]
    numbers = at[full].astype(np.int64) + 1
    _refuse_many(len(numbers))
    blank = len(lines) - np.unique(numbers).size
    return Cells(numbers, pa.chunked_array([texts.filter(pa.array(full))]), len(lines), blank)


def decoded(text: bytes) -> str:
    """Return a text that is UTF-8 or GB18030; raises Invalid."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return text.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(
        Text("The text cannot be read.", "无法读取该文本。"),
        remedy=Text("Save it as text in UTF-8; a workbook is no text.", "请另存为 UTF-8 文本；工作簿不是文本。"),
        allowed=("UTF-8", "GB18030"),
    )


def _counted(found: Matches) -> tuple[Counts, Numbers]:
    """Count how each value came out, and return the customers."""
    valid = (found.values >= 0) & (found.customers != SEVERAL)
    places = np.flatnonzero(valid)
    firsts = places[np.unique(found.values[places], return_index=True)[1]]
    known = found.customers[firsts]
    customers = np.unique(known[known != UNKNOWN])
    unknown = int((known == UNKNOWN).sum())
    same = firsts.size - unknown - customers.size
    invalid = valid.size - places.size
    return Counts(valid.size, customers.size, same, places.size - firsts.size, invalid, unknown), customers


def _told(cells: Cells, found: Matches, counts: Counts, customers: Numbers) -> Read:
    several = (found.values >= 0) & (found.customers == SEVERAL)
    wrong = np.flatnonzero((found.values < 0) | several)
    why = [found.reasons[i] or AMBIGUOUS for i in wrong.tolist()]
    refused = tuple(Refused(int(cells.lines[i]), w) for i, w in zip(wrong[:MOST_TOLD].tolist(), why, strict=False))
    unknown = cells.lines[(found.values >= 0) & (found.customers == UNKNOWN)]
    lines = tuple(np.unique(unknown)[:MOST_TOLD].tolist())
    return Read(customers, cells.total, cells.blank, counts, dict(Counter(why)), refused, lines)


def _check(ws: Workspace, name: str, kind: str, source: str | None) -> None:
    if not _NAME.fullmatch(name):
        raise Invalid(
            Text("This cannot be the name of a list.", "不能作为名单名称。"),
            received=name[:60],
            allowed=["a-z, 0-9 and _, at most 60, beginning with a letter"],
        )
    check_values(ws, kind, source)
    _refuse_taken(ws, name)


def check_values(ws: Workspace, kind: str, source: str | None) -> None:
    """Refuse a kind of value, or a source, that does not exist."""
    if kind not in KINDS:
        raise Invalid(Text("There is no such kind of value.", "没有这种值类型。"), received=kind[:60], allowed=KINDS)
    with ws.begin() as connection:
        query = sa.select(sources.c.name).where(sources.c.workspace == ws.number).order_by(sources.c.name)
        known = list(connection.execute(query).scalars())
    if source is not None and source not in known:
        raise Invalid(Text("There is no such source.", "没有这个来源。"), received=source[:60], allowed=known)


def _refuse_taken(ws: Workspace, name: str) -> None:
    if name in stored(ws):
        raise Conflict(
            Text("An audience with a rule has this name.", "已有同名的规则人群。"),
            remedy=Text("Choose another name for the list.", "请为名单另取名称。"),
            received=name,
        )


def _refuse_many(count: int) -> None:
    if count > MOST_VALUES:
        raise Invalid(
            Text("There are too many values for one list.", "一个名单的值过多。"),
            remedy=Text("Import them as a source instead, or paste them in parts.", "请改为导入，或分批粘贴。"),
            received=count,
            allowed=[f"≤ {MOST_VALUES:,}"],
        )
