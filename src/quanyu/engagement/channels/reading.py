"""Reads files of what came back: CSV or JSON lines with the id of a message, the event, and when it happened."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pyarrow as pa
from pyarrow import csv

from quanyu.customers.messages.words import RESPONSE_EVENTS
from quanyu.engagement.channels.spec import Channel, Response
from quanyu.foundation.errors import Fault, Invalid, NotFound
from quanyu.foundation.text import Text

COLUMNS = ("message_id", "event", "occurred_at", "response_id")
_NEEDED = COLUMNS[:2]
_LEFT = ("deleted_guide", "unfollowed")
WORDS = {word.lower(): code.value for code in RESPONSE_EVENTS for word in code.words} | dict.fromkeys(
    _LEFT, "unsubscribed"
)
"""What an event may be called; who deletes a guide or unfollows an account unsubscribes."""


def read_file(file: Path, channel: Channel, time_zone: str) -> list[Response]:
    """Return what a file says came back; instants without an offset are of the workspace's zone."""
    if not file.is_file():
        raise NotFound(Text("There is no file at this path.", "这个路径下没有文件。"), received=file)
    own = channel.read(file)
    if own is not None:
        return list(own)
    return [_response(row, time_zone) for row in _rows(file)]


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    try:
        if file.suffix.lower() in (".jsonl", ".json", ".ndjson"):
            with file.open("rb") as lines:
                rows: Sequence[Any] = [msgspec.json.decode(line) for line in lines if line.strip()]
        else:
            texts = csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string()))
            rows = csv.read_csv(file, convert_options=texts).to_pylist()
    except (msgspec.DecodeError, pa.ArrowInvalid):
        raise _unreadable(file, "neither CSV nor JSON lines") from None
    faults = [
        Fault(f"row {i}: {name}", Text("It is missing.", "缺少该值。"), None, COLUMNS)
        for i, row in enumerate(rows, 1)
        for name in _NEEDED
        if not isinstance(row, dict) or not row.get(name)
    ]
    if faults:
        raise Invalid(Text("Not every row says what came back.", "部分行内容不完整。"), faults=faults[:20])
    return iter(rows)


def _response(row: Mapping[str, Any], time_zone: str) -> Response:
    event, key = str(row["event"]).strip().lower(), row.get("response_id")
    at = _instant(row.get("occurred_at"), time_zone)
    return Response(str(row["message_id"]), WORDS.get(event, event), at, str(key) if key else None)


def _instant(written: object, time_zone: str) -> datetime | None:
    if not written:
        return None
    try:
        at = datetime.fromisoformat(str(written))
    except ValueError:
        raise Invalid(
            Text("This is not an instant.", "这不是时间。"),
            received=str(written)[:40],
            allowed=["2026-03-01T09:30:00+08:00"],
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(time_zone))


def _unreadable(file: Path, received: str) -> Invalid:
    return Invalid(
        Text("The file of what came back cannot be read.", "无法读取反馈文件。"),
        received=f"{file.name}: {received}",
        allowed=[f"CSV or JSON lines with {', '.join(COLUMNS)}"],
    )
