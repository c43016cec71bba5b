"""Kinds of input: what a room accepts from files, declared by the room that owns the tables it lands in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from quanyu.foundation.text import Text

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import sqlalchemy as sa

    from quanyu.foundation.bus.model import Fact
    from quanyu.foundation.lake.landing import Landing
    from quanyu.foundation.lake.model import LakeTable
    from quanyu.foundation.workspace import Workspace

InputType = Literal["text", "key", "decimal", "integer", "instant", "date", "flag", "code"]
"""A key is a text that tells things apart: what a spreadsheet has made of it is mended, or refused where it is lost."""

MOST_MONEY = 1_000_000_000
"""Amounts further from zero, in major units, are refused: in minor units and with six decimals they still fit."""
MOST_PIECES = 10_000_000


@dataclass(frozen=True)
class Code:
    """One value of a code: `value` is what is kept; files may say it, its title in either language, or a synonym."""

    value: str
    title: Text
    synonyms: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        return (self.value, *self.title, *self.synonyms)


@dataclass(frozen=True)
class Input:
    """One column that a kind understands. `example` is how a file may write it; a code has a list of `codes`."""

    name: str
    type: InputType
    title: Text
    required: bool = False
    most: int | None = None  # of a number: what is further from zero is refused
    least: int | None = None  # of a number: what is smaller is refused
    unit: Text | None = None
    example: str = ""
    codes: tuple[Code, ...] = ()
    as_written: bool = False  # of a number: its text comes beside it as `<name>_text`


DEFAULT_RANK = 100
MAJOR_UNITS = Text("major units of the mapping's currency", "映射所用货币的主单位")
PIECES = Text("pieces, or the product's unit", "件，或商品的计量单位")
OBSERVED_AT = Input("observed_at", "instant", Text("Observed at", "观测时间"), example="2026-03-01 09:30:00")


@dataclass(frozen=True)
class Accepted:
    """How the rows of one kind in one import came out; `landed + known` is the number of rows given."""

    landed: int
    known: int


@dataclass(frozen=True)
class Delivery:
    """Checked rows of one kind from one import, on their way into a room's tables.

    `rows` has the kind's inputs by name in their types (an input that is not mapped is NULL), an instant's local
    time beside it as `<name>_local`, the text of a number kept as written as `<name>_text`, identifiers as
    `identifier_<i>`, and `file` and `line`, which no two rows share. All that is written through `landing` and
    `connection` shows together, or not at all.
    """

    workspace: "Workspace"
    connection: "sa.Connection"
    landing: "Landing"
    source: str
    import_number: int
    currency: str
    files: int
    rows: "ir.Table"
    facts: "list[Fact]"  # to be published when all has landed: publishing holds others up until the commit
    identifiers: tuple[tuple[str, str], ...] = ()  # (type, scope) of identifier_0, identifier_1 …
    rank: int = DEFAULT_RANK  # of the source: where two tell of one thing, the lower one speaks
    whole: bool = False  # a document that comes again replaces its lines (see Kind.document)
    replays: tuple[int, ...] = ()  # the import whose refused lines these are, and its replays before


@dataclass(frozen=True)
class Kind:
    """A kind of input. A row in which one of the `key` inputs is empty says nothing of this kind.

    A kind whose rows have no key of their own names in `content` the inputs that tell one row from another; its rows
    then come with `content_hash`; `more_content` tells them apart, too, where a mapping gives it. Of each group in
    `either` a row needs one. One whose rows are lines of documents names in `document` what tells those apart: a
    mapping may then say that its files hold them as a whole. `settle` brings tables up to date that are derived from
    several kinds: it is called once, after all kinds of a mapping have landed, however many of them name it. When an
    import is taken back it is called with the source and the `document` of what has left as its rows. One that holds
    what a source may forbid names in `declared` what the legal basis of a mapping has to allow.
    """

    name: str
    title: Text
    inputs: tuple[Input, ...]
    key: tuple[str, ...]
    tables: "tuple[LakeTable, ...]"
    land: Callable[[Delivery], Accepted]
    takes_identifiers: bool = False
    content: tuple[str, ...] = ()
    more_content: tuple[str, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()
    document: tuple[str, ...] = ()
    settle: Callable[[Delivery], None] | None = None
    declared: str | None = None
