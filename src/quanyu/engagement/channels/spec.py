"""What a channel plug-in must do: take messages over, say of each how it went, and declare as data what it can."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.foundation.text import Text

ACCEPTED, REFUSED, LATER, LOST, UNTRIED = range(5)
"""How it went with a message: taken over; will never be taken; was not taken now; nobody knows; was not begun."""

MESSAGES, CUSTOMERS = "messages", "customers"
Codes = npt.NDArray[np.int8]
SettingType = Literal["text", "url", "number", "flag", "choice", "secret"]
Per = Literal["minute", "hour", "day", "month"]


@dataclass(frozen=True)
class Setting:
    """One thing that an account of the channel has to say; a `secret` is sealed and never shown."""

    name: str
    type: SettingType
    title: Text
    required: bool = False
    default: object = None
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 1_000_000


@dataclass(frozen=True)
class Limited:
    """A part of a message that the channel carries, and the characters that it takes at most."""

    name: str
    most: int
    required: bool = True


@dataclass(frozen=True)
class Quota:
    """At most `most` messages of an account in each `per`, from a day on and until a day, both included.

    Windows begin where the workspace's own day, hour or month does. `why` says who set it.
    """

    most: int
    per: Per
    since: date | None = None
    until: date | None = None
    why: str = ""


@dataclass(frozen=True)
class Capabilities:
    """What a channel can.

    `carries` are the channels of consent that it may stand for, none meaning any. A request holds at most `batch`
    messages, and `requests` are under way at once; None leaves either to the account's setting of that name. After a
    lost answer an `idempotent` one is sent to again; None leaves it to the account's setting `idempotent`. Where it is
    not, only a message of one of the `transactional` purposes is sent again: the others count as unknown. One with
    `receipts` tells later what was delivered; None leaves that to the account's setting. Of one without, what it took
    over counts as delivered.
    """

    carries: tuple[str, ...] = ()
    parts: tuple[Limited, ...] = ()
    batch: int | None = 1
    requests: int | None = 1
    idempotent: bool | None = False
    transactional: tuple[str, ...] = ("transactional",)
    quotas: tuple[Quota, ...] = ()
    receipts: bool | None = False
    endpoint: bool = False  # an account without a channel is told of customers
    whole: bool = False  # a chunk is one request: there are no requests of `batch` messages


@dataclass(frozen=True)
class Opened:
    """An account with its secrets in clear, and where it stands."""

    name: str
    channel: str  # of consent
    settings: Mapping[str, object]
    now: Callable[[], datetime]
    folder: Path  # of the home, for what the account writes; not made yet
    time_zone: str


@dataclass(frozen=True)
class About:
    """What all messages of a request have in common. `batch` and `chunk` are the same when it is sent again.

    `of` says whether they are messages, or tell a receiver of customers, on behalf of a step of a journey.
    """

    batch: int
    chunk: int
    campaign: str
    content: str
    version: int
    purpose: str
    of: str = MESSAGES


@dataclass(frozen=True)
class Answered:
    """How a request went. `codes` has one of the five for each message.

    `reasons` are words of letters, digits and underscores, by position, for the REFUSED. `hold` asks for so many
    seconds without another request of this account, 0 for as long as we think fit. `broken` says in a word why the
    account as a whole is of no use until somebody has mended it.
    """

    codes: Codes
    reasons: Mapping[int, str] = field(default_factory=dict[int, str])
    hold: float | None = None
    broken: str | None = None

    @staticmethod
    def all(count: int, code: int, *, reason: str = "", hold: float | None = None, broken: str | None = None):
        reasons = dict.fromkeys(range(count), reason) if reason else {}
        return Answered(np.full(count, code, np.int8), reasons, hold, broken)


@dataclass(frozen=True)
class Response:
    """What somebody did with a message. `key` is the teller's own id; without one it is of message, event, instant."""

    message_id: str
    event: str
    occurred_at: datetime | None = None
    key: str | None = None


class Line(Protocol):
    """An account that is open for sending. `send` is called many times at once and never raises for what may happen.

    `messages` has the columns message_id, address, language, unsubscribe (a URL or NULL) and one for each part of the
    content. With `about.of` CUSTOMERS they are message_id, one_id and a column for each field: `tags.points`.
    """

    async def send(self, messages: pa.Table, about: About) -> Answered: ...

    async def close(self) -> None: ...


class Channel(Protocol):
    """A way to hand messages over. `name` is what an account's definition calls it in `through`."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> Text: ...

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def settings(self) -> Sequence[Setting]: ...

    async def open(self, account: Opened) -> Line: ...

    def read(self, file: Path) -> Sequence[Response] | None:
        """Read a file of what came back that has a form of the channel's own; None where it has not."""
        ...
