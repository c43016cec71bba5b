"""The terms on which a workspace measures: in which days goods come back, what a sale leaves, what contact costs.

    returns: {days: 15, channels: {store: 7}}       # days in which goods may come back, by sales channel
    margin: 0.45                                    # what a sale leaves of its price before discounts, goods paid
    messages: {sms: 0.045, email: 0.002}            # price of one, by channel; others cost nothing
    points: {each: 200, worth: 0.01}                # points that each one who is not left alone is given
    software: 3000                                  # a month; a report bears its share of all messages

Amounts are in the major unit of the workspace's currency. Without `margin` nothing is said about the return on costs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import cast

import sqlalchemy as sa

from quanyu.customers.messages.words import CHANNELS
from quanyu.foundation.definitions import Reading
from quanyu.foundation.documents import Document, read, text_of
from quanyu.foundation.documents import Path as Place
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments.tables import experiment_terms

DEFAULT = """returns: {days: 15}
"""
_LONGEST = 365
_KEYS = ("returns", "margin", "messages", "points", "software")


@dataclass(frozen=True)
class Terms:
    """`returns` are days by sales channel, `other_returns` those of any other; prices in major units."""

    returns: Mapping[str, int] = field(default_factory=dict[str, int])
    other_returns: int = 15
    margin: float | None = None
    messages: Mapping[str, float] = field(default_factory=dict[str, float])
    points: float = 0.0
    software: float = 0.0

    @property
    def longest(self) -> int:
        """Return after how many days nothing that was bought comes back any more."""
        return max(self.other_returns, *self.returns.values(), 0)

    @property
    def said(self) -> Text:
        """Say the return windows, channel by channel."""
        en = "".join(f"{channel} {days} days, " for channel, days in self.returns.items())
        zh = "".join(f"{channel} {days} 天，" for channel, days in self.returns.items())
        word = ("other sales channels", "其他销售渠道") if self.returns else ("all sales channels", "所有销售渠道")
        return Text(
            f"Net of what came back. Goods may come back for: {en}{word[0]} {self.other_returns} days.",
            f"金额已扣除退货。可退货天数：{zh}{word[1]} {self.other_returns} 天。",
        )


def parse(document: Document) -> Terms:
    """Return the checked terms; raises `Invalid` with every fault and its line."""
    reading = Reading(document)
    given = reading.mapping(document.value, (), (), _KEYS)
    returns = reading.mapping(given.get("returns", {}), ("returns",), (), ("days", "channels"))
    other = _number(reading, returns, "days", ("returns",), _LONGEST, whole=True)
    by_channel = _numbers(reading, returns.get("channels", {}), ("returns", "channels"), _LONGEST, whole=True)
    margin = _number(reading, given, "margin", (), 1)
    messages = given.get("messages", {})
    reading.mapping(messages, ("messages",), (), [code.value for code in CHANNELS])
    prices = _numbers(reading, messages, ("messages",), 1e6)
    points = reading.mapping(given.get("points", {}), ("points",), (), ("each", "worth"))
    each, worth = (_number(reading, points, key, ("points",), 1e9) or 0.0 for key in ("each", "worth"))
    software = _number(reading, given, "software", (), 1e12) or 0.0
    reading.refuse_faults(Text("These terms cannot be used.", "该效果衡量设定无法使用。"))
    days = {name: int(many) for name, many in by_channel.items()}
    return Terms(days, 15 if other is None else int(other), margin, prices, each * worth, software)


def _number(
    reading: Reading, given: Mapping[str, object], key: str, path: Place, most: float, *, whole: bool = False
) -> float | None:
    if key not in given:
        return None
    raw = given[key]
    good = isinstance(raw, int | Decimal | float) and not isinstance(raw, bool) and 0 <= raw <= most
    if good and not (whole and raw != int(cast("int", raw))):
        return float(cast("float", raw))
    kind = (
        Text("Here stands a whole number.", "此处应为整数。")
        if whole
        else Text("Here stands a number.", "此处应为数字。")
    )
    return reading.fault((*path, key), kind, raw, f"0 … {most:g}")


def _numbers(reading: Reading, raw: object, path: Place, most: float, *, whole: bool = False) -> dict[str, float]:
    if not isinstance(raw, Mapping):
        reading.fault(path, Text("Here stands a mapping.", "此处应为键值。"), raw, "{sms: 0.045}")
        return {}
    given = cast("Mapping[str, object]", raw)
    found = {str(key): _number(reading, given, key, path, most, whole=whole) for key in given}
    return {key: value for key, value in found.items() if value is not None}


def apply(ws: Workspace, definition: Path | str) -> int:
    """Put terms in force and return their version; the same text again changes nothing."""
    text = text_of(definition)
    parse(read(text))
    newest = sa.select(experiment_terms).where(experiment_terms.c.workspace == ws.number)
    with ws.locked("experiments"), ws.begin() as connection:
        last = connection.execute(newest.order_by(experiment_terms.c.version.desc()).limit(1)).one_or_none()
        if last is not None and last.text == text:
            return int(last.version)
        version = 1 if last is None else int(last.version) + 1
        values = {"version": version, "text": text, "applied_at": ws.clock.now()}
        connection.execute(sa.insert(experiment_terms).values(workspace=ws.number, **values))
    return version


def written(ws: Workspace) -> str:
    query = sa.select(experiment_terms.c.text).where(experiment_terms.c.workspace == ws.number)
    with ws.begin() as connection:
        found = connection.execute(query.order_by(experiment_terms.c.version.desc()).limit(1)).scalar_one_or_none()
    return DEFAULT if found is None else str(found)


def in_force(ws: Workspace) -> Terms:
    """Return the terms in force, the shipped ones where none were applied."""
    return parse(read(written(ws)))
