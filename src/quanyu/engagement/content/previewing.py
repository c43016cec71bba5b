"""Shows a message as a real customer would get it, what is private of him masked, and what it weighs."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from quanyu.customers.identity.profile import masked
from quanyu.customers.identity.salutations import names_of
from quanyu.engagement.content.definitions import find
from quanyu.engagement.content.parts import PARTS, segments, weight
from quanyu.engagement.content.rendering import LANGUAGE, parts_of, render
from quanyu.engagement.content.variables import CUSTOMER, LINKS, UNSUBSCRIBE
from quanyu.foundation.workspace import Workspace

UNSUBSCRIBING = "https://…/unsubscribe"
"""Stands where the customer's own page to unsubscribe will."""


@dataclass(frozen=True)
class Shown:
    """One part as it would be sent: `weight` of `most`, in what the channel counts; `messages` a text is billed as."""

    part: str
    text: str | None
    weight: int
    most: int
    counted_in: str
    messages: int | None


@dataclass(frozen=True)
class Preview:
    content: str
    version: int
    channel: str
    language: str
    parts: tuple[Shown, ...]
    fault: str | None


def preview(ws: Workspace, name: str, channel: str, customer: int, version: int | None = None) -> Preview:
    """Return the message for one customer (an ordinal). Links stand as they are written: nobody is counted by them."""
    content, version = find(ws, name, version)
    parts_of(content, channel)
    whom = np.array([customer], np.int64)
    names = [None if name is None else masked("name", name) for name in names_of(ws, whom).to_pylist()]
    given = {f"{CUSTOMER}.name": pa.array(names, pa.string()), UNSUBSCRIBE: pa.array([UNSUBSCRIBING])}
    given |= {f"{LINKS}.{link}": pa.array([url]) for link, url in content.links.items()}
    (row,) = render(ws, name, version, channel, whom, given).to_pylist()
    shown = tuple(
        Shown(
            part.name,
            row[part.name],
            weight(part, row[part.name] or ""),
            part.most,
            part.counted_in,
            segments(len(row[part.name])) if channel == "sms" and row[part.name] else None,
        )
        for part in PARTS[channel]
        if part.name in row
    )
    return Preview(name, version, channel, row[LANGUAGE], shown, row["fault"])
