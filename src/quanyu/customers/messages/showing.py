"""Shows what some records were sent, and what came back, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.messages.tables import MESSAGES, RESPONSES
from quanyu.foundation.lake.asking import few
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class ShownMessage:
    """A message to one of the records (an ordinal); `status` is a code of `words.STATUSES`."""

    at: datetime
    record: int
    source: str
    key: str
    channel: str
    status: str | None
    campaign: str | None
    template: str | None


@dataclass(frozen=True)
class ShownResponse:
    """What one of the records did with a message; `event` is a code of `words.RESPONSE_EVENTS`."""

    at: datetime
    record: int
    source: str
    key: str
    channel: str
    event: str
    campaign: str | None


def messages_of(
    workspace: Workspace, records: Sequence[int], until: datetime | None = None, most: int = 100
) -> list[ShownMessage]:
    """Return the last messages sent to these records, up to and at an instant; those refused before are left out."""
    lake, vector = workspace.lake, workspace.lake.vector((MESSAGES,))
    fields = ("sent_at", "record", "source", "message_id", "channel", "status", "campaign", "template")

    def first(mine: list[Value]) -> ir.Table:
        sent = lake.picked(MESSAGES, vector, lambda rows: rows.record.isin(mine))
        seen = sent.filter(_.sent_at.notnull() if until is None else _.sent_at <= until)
        return seen.order_by(ibis.desc("sent_at"), "source", "message_id").limit(most).select(*fields)

    found = lake.to_arrow(first(few(records))) if until else lake.answer("messages", vector, records, first, most)
    return [ShownMessage(*(row[name] for name in fields)) for row in found.to_pylist()]


def responses_of(
    workspace: Workspace, records: Sequence[int], until: datetime | None = None, most: int = 100
) -> list[ShownResponse]:
    """Return the last responses that name these records, up to and at an instant."""
    lake, vector = workspace.lake, workspace.lake.vector((RESPONSES,))
    fields = ("occurred_at", "record", "source", "response_key", "channel", "event", "campaign")

    def first(mine: list[Value]) -> ir.Table:
        rows: Value = lake.table(RESPONSES, vector)
        seen = rows.filter(rows.record.isin(mine))
        seen = seen if until is None else seen.filter(_.occurred_at <= until)
        return seen.order_by(ibis.desc("occurred_at"), "source", "response_key").limit(most).select(*fields)

    found = lake.to_arrow(first(few(records))) if until else lake.answer("responses", vector, records, first, most)
    return [ShownResponse(*(row[name] for name in fields)) for row in found.to_pylist()]
