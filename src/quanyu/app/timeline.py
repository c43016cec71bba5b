"""All that is known to have happened with one customer, of every room, the newest first, page by page."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quanyu.commerce.orders.showing import ShownOrder, cases_of, orders_of
from quanyu.customers.events.showing import events_of
from quanyu.customers.events.touches import registrations_of
from quanyu.customers.identity.whose import Whose
from quanyu.customers.messages.showing import messages_of, responses_of
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

KINDS = ("registration", "order", "return", "case", "event", "message", "response")
_PLACE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?\+00:00)\|(\d{1,6})")


@dataclass(frozen=True)
class Happened:
    """Something that happened, of a kind in `KINDS`; `about` are its fields as its room tells them."""

    at: datetime
    kind: str
    source: str
    key: str
    about: Mapping[str, Any]


@dataclass(frozen=True)
class Stretch:
    """A page; `next` is where the one before it in time begins, None after the first thing that ever happened."""

    happened: tuple[Happened, ...]
    next: str | None


def timeline(ws: Workspace, whose: Whose, kinds: Sequence[str], before: str | None, most: int) -> Stretch:
    """Return what happened up to the place `before`, which is `next` of the page before; of these kinds only."""
    until, shown = (None, 0) if before is None else _place(before)
    found = [each for each in _told(ws, whose, kinds, until, most + shown + 1) if until is None or each.at <= until]
    found.sort(key=lambda each: (each.kind, each.source, each.key))
    ordered = sorted(found, key=lambda each: each.at, reverse=True)[shown:]
    page = ordered[:most]
    if len(ordered) <= most:
        return Stretch(tuple(page), None)
    last = page[-1].at
    again = sum(each.at == last for each in page) + (shown if last == until else 0)
    return Stretch(tuple(page), f"{last.isoformat()}|{again}")


def _place(text: str) -> tuple[datetime, int]:
    """Return the instant of the last thing that was shown, and how many of that instant were."""
    told = _PLACE.fullmatch(text)
    if told is None:
        raise Invalid(
            Text("This is not where a page ended.", "这不是有效的翻页位置。"),
            received=text[:40],
            allowed=["the value of `next` of the page before"],
        )
    return datetime.fromisoformat(told[1]), int(told[2])


def _told(ws: Workspace, whose: Whose, kinds: Sequence[str], until: datetime | None, most: int) -> Iterator[Happened]:
    records = whose.records
    if {"order", "return", "case"} & set(kinds):
        orders = orders_of(ws, records)
        yield from (each for each in map(_of_order, orders) if each.kind in kinds)
        if "case" in kinds:
            for case in cases_of(ws, records, orders):
                yield Happened(case.opened_at, "case", case.source, case.case_number, _about(case, "opened_at"))
    if "event" in kinds:
        for event in events_of(ws, records, until, most):
            yield Happened(event.at, "event", event.source, event.key, _about(event))
    if "message" in kinds:
        for message in messages_of(ws, records, until, most):
            key = f"{message.key}|{message.record}"  # one id may go to two addresses of his
            yield Happened(message.at, "message", message.source, key, _about(message))
    if "response" in kinds:
        for response in responses_of(ws, records, until, most):
            yield Happened(response.at, "response", response.source, response.key, _about(response))
    if "registration" in kinds:
        for touch in registrations_of(ws, records):
            yield Happened(touch.at, "registration", touch.source, str(touch.record), {})


def _of_order(order: ShownOrder) -> Happened:
    kind = "return" if order.type == "return" else "order"
    return Happened(order.placed_at, kind, order.source, order.order_number, _about(order, "placed_at"))


def _about(told: Any, at: str = "at") -> dict[str, Any]:
    return {name: value for name, value in vars(told).items() if name not in (at, "record", "source", "key")}
