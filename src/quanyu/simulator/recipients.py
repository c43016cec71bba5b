"""Reads messages that were sent to the company's people, and finds out whom each one reaches."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import duckdb
import numpy as np
from numpy.typing import NDArray

from quanyu.simulator.accounts import APP, OFFICIAL, WECOM, Accounts
from quanyu.simulator.arguments import DAYS_AHEAD, Refused
from quanyu.simulator.contact import ARTICLE, CHANNELS, CONTACT_DAYS, PUSH, SMS, WECOM_MESSAGE, WELCOME
from quanyu.simulator.draws import unhashed
from quanyu.simulator.people import BLOCK, Flags, Floats, Integers
from quanyu.simulator.phones import NONE, Phones, holder
from quanyu.simulator.world import World

COLUMNS = ("message_id", "channel", "recipient", "sent_at", "content", "offer")
TEXT = "text"
"""A column that may be there: what the message says, where `content` and `offer` are empty."""
_ACCOUNT = {WECOM_MESSAGE: WECOM, PUSH: APP, ARTICLE: OFFICIAL}
_LOTS = (2 * WELCOME, 1 << 19)
_TONGUES = ("zh", "en")
_LETTERS = 11  # of base64, which hold the 64 bits of an id
_PREFIX = {WECOM_MESSAGE: 2, ARTICLE: 4}  # letters before them; a registration id is hexadecimal


@dataclass(frozen=True)
class Sent:
    """Messages as they were sent; `person` is whom each was addressed to, NONE where nobody can have got it."""

    message: NDArray[np.object_]
    channel: Integers
    day: Integers
    second: Integers
    category: Integers
    offer: Floats
    number: Integers  # the phone, NONE where it went elsewhere
    person: Integers
    campaign: Integers  # its lot: what chance belongs to, whatever order the file has

    def __len__(self) -> int:
        return len(self.channel)

    def only(self, kept: Flags | Integers) -> Self:
        """Return those that are marked, or those at these places."""
        return type(self)(*(getattr(self, f.name)[kept] for f in fields(self)))


def read_messages(world: World, file: Path) -> Sent:
    """Read a CSV with the columns of COLUMNS, and of TEXT if it has one.

    `content` is the code of a category or of a product, `offer` a discount from 0 to 0.9. Who reads a text finds both
    in it: the category that it names, and the discount that it promises, as `9折` or `10% off`.

    `recipient` is a phone number (sms), an external_userid (wecom), a registration id (push) or an openid
    (official_account), as the company's files hold them. `sent_at` is local time within the days ahead.
    """
    connection = duckdb.connect()
    try:
        connection.read_csv(str(file), all_varchar=True).create_view("messages")
        given = [name for name, *_ in connection.execute("describe messages").fetchall()]
        if missing := set(COLUMNS) - set(given):
            received, wanted = ", ".join(given), ", ".join(COLUMNS)
            en = f"columns: {received} were given, {wanted} are wanted; {', '.join(sorted(missing))} are missing"
            raise Refused([(en, f"列：收到 {received}，需要 {wanted}")])
        said = TEXT if TEXT in given else "''"
        rows = connection.execute(_CHECKED.format(said=said, named=_named(world))).fetchnumpy()
    except (duckdb.Error, OSError):
        raise Refused([(f"{file.name} cannot be read as CSV", f"{file.name} 无法按 CSV 读取")]) from None
    return _sent(world, rows)


_CHECKED = f"""
        select message_id, channel, recipient, coalesce(nullif(content, ''), {{named}}, '') as content,
          coalesce(case when coalesce(offer, '') <> '' then coalesce(try_cast(offer as double), 0.0) end,
            case when folded >= 10 then 1 - folded / 100 else 1 - folded / 10 end, percent / 100, 0.0) as offer,
          coalesce(epoch(try_cast(sent_at as timestamp)), -1)::bigint as moment,
          {_LOTS[0]} + (hash(message_id) % {_LOTS[1] - _LOTS[0]})::bigint as lot
        from (select *, {{said}} as said,
          try_cast(nullif(regexp_extract(said, '([1-9][0-9]?([.][0-9])?) *折', 1), '') as double) as folded,
          try_cast(nullif(regexp_extract(said, '([0-9]+) *% off', 1), '') as double) as percent from messages)"""


def _named(world: World) -> str:
    """Return SQL for the category that a text names, of several the longest name; NULL where it names none."""
    mids = [row for row in world.catalogue.categories.to_pylist() if row["level"] == 2]
    names = {str(row[tongue]): key for row, key in zip(mids, world.catalogue.keys, strict=True) for tongue in _TONGUES}
    told = [(name.replace("'", "''"), names[name]) for name in sorted(names, key=len, reverse=True)]
    return "case " + " ".join(f"when contains(said, '{name}') then '{key}'" for name, key in told) + " end"


def _sent(world: World, rows: Mapping[str, Any]) -> Sent:
    channel = np.array(
        [CHANNELS.index(c) if c in CHANNELS else -1 for c in np.unique(_texts(rows["channel"]))], np.int64
    )
    channel = channel[np.unique(_texts(rows["channel"]), return_inverse=True)[1]]
    moment = rows["moment"].astype(np.int64)
    day = moment // 86_400 - world.first.astype("datetime64[D]").astype(np.int64)
    offer = rows["offer"].astype(np.float64)
    ahead = (day >= world.arguments.days) & (day < world.horizon - CONTACT_DAYS)
    faults = [
        *_fault("channel", "渠道", (channel < 0).sum(), "one of " + ", ".join(CHANNELS), "、".join(CHANNELS)),
        *_fault("offer", "优惠", ((offer < 0) | (offer > 0.9)).sum(), "0 to 0.9", "0 至 0.9"),
        *_fault("sent_at", "发送时间", (~ahead).sum(), *_window(world)),
    ]
    if faults:
        raise Refused(faults)
    recipient = _texts(rows["recipient"])
    number = np.array([int(r) if r.isascii() and r.isdigit() and len(r) == 11 else NONE for r in recipient], np.int64)
    number = np.where(channel == SMS, number, NONE)
    person = np.where(channel == SMS, holder(world.arguments.seed, number), NONE)
    for each in _ACCOUNT:
        here = np.flatnonzero(channel == each)
        person[here] = _account_holders(world, each, recipient[here])
    person = np.where(person < world.arguments.customers, person, NONE)
    return Sent(
        message=_texts(rows["message_id"]),
        channel=channel,
        day=day,
        second=moment % 86_400,
        category=_categories(world, _texts(rows["content"])),
        offer=offer,
        number=number,
        person=person,
        campaign=rows["lot"].astype(np.int64),
    )


def _texts(column: NDArray[np.generic]) -> NDArray[np.object_]:
    return np.array(["" if value is None else str(value) for value in np.ma.filled(column, "")], object)


def _fault(name: str, zh: str, wrong: int, allowed: str, allowed_zh: str) -> list[tuple[str, str]]:
    if not wrong:
        return []
    return [(f"{name}: {wrong:,} rows are wrong, allowed is {allowed}", f"{zh}：{wrong:,} 行有误，允许 {allowed_zh}")]


def _window(world: World) -> tuple[str, str]:
    first = world.first + world.arguments.days
    last = first + DAYS_AHEAD - CONTACT_DAYS - 1
    return f"{first} to {last}", f"{first} 至 {last}"


def _categories(world: World, content: NDArray[np.object_]) -> Integers:
    """Return the mid category that each content is about; -1 where it names none."""
    goods = world.catalogue
    known = {key: i for i, key in enumerate(goods.keys)}
    codes = goods.skus.column("code").to_pylist()
    known |= {code: int(category) for code, category in zip(codes, goods.category, strict=True)}
    names, place = np.unique(content, return_inverse=True)
    return np.array([known.get(name, -1) for name in names], np.int64)[place]


def _account_holders(world: World, channel: int, recipient: NDArray[np.object_]) -> Integers:
    """Return whose account each id is, NONE where it is no id of that system."""
    ids = np.array([_decoded(text, channel) for text in recipient], np.uint64)
    key = unhashed(world.arguments.seed, "account", ids).astype(np.int64)
    valid = (ids > 0) & (key >= 0) & ((key & 15) == _ACCOUNT[channel])
    return np.where(valid, key >> 4, NONE)


def _decoded(text: str, channel: int) -> int:
    try:
        if channel == PUSH:
            return int(text[3:], 16) if len(text) == 19 else 0
        start = _PREFIX[channel]
        return int.from_bytes(base64.urlsafe_b64decode(text[start : start + _LETTERS] + "=")[:8], "big")
    except ValueError:
        return 0


def block_of(sent: Sent) -> Integers:
    """Return the block that each message goes to, NONE where it reaches nobody."""
    return np.where(sent.person >= 0, sent.person // BLOCK, NONE)


def positions(sent: Sent, phones: Phones, accounts: Accounts, first: int, people: int) -> Integers:
    """Return the position in its block of each message's reader, NONE where it does not arrive.

    A number that has changed hands reaches whoever holds it on the day; a guide who was deleted reaches nobody.
    """
    position = np.where(sent.channel == SMS, NONE, sent.person - first)
    numbers = np.concatenate([phones.before, phones.after])
    order = np.argsort(numbers, kind="stable")
    for side in ("left", "right"):
        place = np.searchsorted(numbers[order], sent.number, side=side) - (side == "right")
        entry = order[np.clip(place, 0, len(order) - 1)]
        owner, second = entry % len(phones.before), entry >= len(phones.before)
        holds = (numbers[entry] == sent.number) & (second == (sent.day >= phones.change[owner]))
        position = np.where((sent.channel == SMS) & holds, owner, position)
    away = (sent.channel == WECOM_MESSAGE) & (accounts.deleted[np.maximum(position, 0)] <= sent.day)
    return np.where((position >= 0) & ~away & (position < people), position, NONE)
