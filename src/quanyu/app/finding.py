"""Finds customers by whatever somebody knows of them, and says of each what is worth seeing first.

What was typed is never written: not to a log, nor the audit, nor an error.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from quanyu.commerce.orders.showing import buyers_of
from quanyu.customers.consent.measures import LIT
from quanyu.customers.consent.model import REACHABLE
from quanyu.customers.identity.finding import by_card, by_name, by_tail, by_value, customers_of
from quanyu.customers.identity.held import held_by
from quanyu.customers.identity.identifiers import PHONE
from quanyu.customers.identity.private import open_of
from quanyu.customers.identity.profile import masked
from quanyu.customers.identity.tailing import has_tails
from quanyu.customers.identity.whose import Own, customer_of, entries_of, ids_of
from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.telling import values_of

By = Literal["one_id", "phone", "tail", "card", "order", "name"]
WAYS: tuple[By, ...] = get_args(By)
AT_MOST = 50
SHORTEST, LONGEST = 2, 200
"""Characters of what may be asked."""
_ID = re.compile(r"cus_[0-9a-f]{32}")
_TAIL = re.compile(r"\d{4}")
_LIGHTS = {channel: f"light_{channel}" for channel in LIT}
_TAGS = ("last_purchase", "monetary", "frequency", "member_level", *_LIGHTS.values())


@dataclass(frozen=True)
class Seen:
    """A customer who was found; what his records say is masked, what tags say is of the last run."""

    one_id: str
    name: str | None
    phone: str | None
    records: int
    sources: tuple[str, ...]
    last_purchase: date | None
    bought: int | None  # minor units
    orders: int | None
    level: str | None
    lit: tuple[str, ...]


@dataclass(frozen=True)
class Search:
    """The way that found customers, how many, and the first of them; `as_of` is of the last run of tags."""

    by: By | None
    total: int
    found: tuple[Seen, ...]
    as_of: datetime | None


def find(ws: Workspace, text: str, by: By | None = None, most: int = AT_MOST) -> Search:
    """Find customers by the way that is named, or by the first that finds anybody. Raises Invalid and Conflict."""
    asked = text.strip()
    if not SHORTEST <= len(asked) <= LONGEST:
        raise Invalid(
            Text("This is too short or too long to find anybody by.", "输入过短或过长，无法查找。"),
            received=f"{len(asked)}",
            allowed=[f"{SHORTEST}–{LONGEST}"],
        )
    for way in (by,) if by is not None else _ways(asked):
        found = _FIND[way](ws, asked)
        if found:
            return _search(ws, way, found, most)
    return Search(by, 0, (), None)


def show(ws: Workspace, one_ids: Sequence[str]) -> list[Seen]:
    """Say the same of customers with these ids; those who are no more are left out."""
    found: list[int] = []
    for one_id in one_ids:
        found += _by_id(ws, one_id)
    return list(_search(ws, "one_id", list(dict.fromkeys(found)), AT_MOST).found)


def _ways(asked: str) -> Sequence[By]:
    """Return the ways that what was typed may mean, the likeliest first."""
    if _ID.fullmatch(asked.lower()):
        return ("one_id",)
    if _TAIL.fullmatch(asked):
        return ("tail", "card", "order")
    if re.search(r"\d", asked):
        return ("phone", "card", "order", "name")
    return ("name", "card", "order")


def _by_id(ws: Workspace, one_id: str) -> list[int]:
    try:
        return [customer_of(ws, one_id.lower()).customer]
    except (Invalid, NotFound):
        return []


def _by_tail(ws: Workspace, digits: str) -> list[int]:
    if not _TAIL.fullmatch(digits):
        raise Invalid(Text("Four digits are needed.", "请输入四位数字。"), received=f"{len(digits)}", allowed=["4"])
    if not has_tails(ws):
        raise Conflict(
            Text("Phones cannot be found by their end yet.", "尚不能按手机号后四位查找。"),
            remedy=Text("Recognise once: quanyu identify", "请先执行一次：quanyu identify"),
        )
    return by_tail(ws, digits)


_FIND: dict[By, Callable[[Workspace, str], list[int]]] = {
    "one_id": _by_id,
    "phone": lambda ws, text: by_value(ws, text, [PHONE]),
    "tail": _by_tail,
    "card": by_card,
    "order": lambda ws, text: customers_of(ws, buyers_of(ws, text)),
    "name": by_name,
}


def _search(ws: Workspace, by: By, found: Sequence[int], most: int) -> Search:
    """Show those first who have bought most, by the last run of tags; without one those who have been known longest."""
    as_of, told = _told(ws, found)
    first = sorted(found, key=lambda each: (-(told.get(each, {}).get("monetary") or 0), each))[:most]
    with ws.begin() as connection:
        ids = ids_of(ws, connection, first)
        entries = entries_of(ws, connection, first)
    names, phones = _private(ws, [[own.record for own in entries[each] if not own.follows] for each in first])
    seen = tuple(_seen(ids[each], entries[each], names, phones, told.get(each, {})) for each in first if each in ids)
    return Search(by, len(found), seen, as_of)


def _private(ws: Workspace, persons: Sequence[Sequence[int]]) -> tuple[dict[int, Any], dict[int, str]]:
    """Return names and phones by record, of each person those that stand in the first record that has one.

    Of most his first record has both: only where it has not are the blocks of the others opened.
    """
    names: dict[int, Any] = {}
    phones: dict[int, str] = {}

    def look(records: list[int]) -> None:
        opened = open_of(ws, records)
        names.update((row["record"], row["value"]) for row in opened.attributes.to_pylist() if row["type"] == "name")
        held = reversed(held_by(ws, records, opened))
        phones.update((each.record, each.value) for each in held if each.type == PHONE)

    look([own[0] for own in persons if own])
    look([record for own in persons if own and not (names.get(own[0]) and own[0] in phones) for record in own[1:]])
    return names, phones


def _told(ws: Workspace, customers: Sequence[int]) -> tuple[datetime | None, dict[int, dict[str, Any]]]:
    try:
        run, told = values_of(ws, customers, _TAGS)
    except Conflict:
        return None, {}
    return run.as_of, told


def _seen(
    one_id: str, entries: Sequence[Own], names: dict[int, Any], phones: dict[int, str], tags: dict[str, Any]
) -> Seen:
    persons = [each for each in entries if not each.follows]
    name = next((names[each.record] for each in persons if names.get(each.record)), None)
    return Seen(
        one_id,
        None if name is None else masked("name", name),
        next((phones[each.record] for each in persons if each.record in phones), None),
        len(entries),
        tuple(sorted({each.source for each in persons})),
        tags.get("last_purchase"),
        tags.get("monetary"),
        tags.get("frequency"),
        tags.get("member_level"),
        tuple(channel for channel, tag in _LIGHTS.items() if tags.get(tag) == REACHABLE),
    )
