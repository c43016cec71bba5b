"""A batch on the table of who delivers it: its members by ordinal, and whom its account reaches."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
import structlog

from quanyu.engagement.channels.addressing import addresses_of
from quanyu.engagement.channels.given import about_batch, aligned, unseal
from quanyu.engagement.channels.links import links_of
from quanyu.engagement.channels.message_ids import ids_of
from quanyu.engagement.channels.model import TOO_LONG, UNRENDERED, Account
from quanyu.engagement.channels.permitting import Integers, Reach
from quanyu.engagement.channels.rendering import COLUMNS, Renderer
from quanyu.engagement.channels.spec import CUSTOMERS, About, Channel
from quanyu.engagement.channels.tables import channel_batch
from quanyu.foundation.errors import QuanyuError
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.workspace import Workspace

NO_ADDRESS = "no_address"
_log = structlog.get_logger("quanyu.channels")
_compute: Any = pc  # its functions are made when it is imported


@dataclass(frozen=True)
class Work:
    """One batch. `ordinals` are its members, ascending; `changes` says how often they had become others."""

    number: int
    key: str
    content: str
    version: int
    purpose: str
    campaign: str
    epoch: int
    expires_at: datetime | None
    changes: int
    ordinals: Integers
    given: pa.Table | None  # what the batch's maker brings for customers
    fields: tuple[str, ...] | None = None

    def after(self, position: int) -> Integers:
        return self.ordinals[np.searchsorted(self.ordinals, position, side="right") :]

    def about(self, chunk: int) -> About:
        about = About(self.number, chunk, self.campaign, self.content, self.version, self.purpose)
        return about if self.fields is None else replace(about, of=CUSTOMERS)


@dataclass(frozen=True)
class Prepared:
    """Messages that are ready, one a customer, ascending, and who of `customers` gets none, by reason."""

    customers: Integers
    messages: pa.Table  # customer, record, and the columns that a channel is given
    reasons: Mapping[str, OrdinalSet]

    def cut(self, start: int, count: int) -> "Prepared":
        """Return `count` messages from one on, with whoever stands between them in ordinal order and gets none."""
        rows = self.messages.slice(start, count)
        receivers = self.messages["customer"].to_numpy()
        low = -1 if start == 0 else int(receivers[start - 1])
        ends = start + count >= len(receivers)
        high = int(self.customers[-1]) if ends else int(receivers[start + count - 1])
        inside = self.customers[(self.customers > low) & (self.customers <= high)]
        within = OrdinalSet.of(inside)
        return Prepared(inside, rows, {word: who & within for word, who in self.reasons.items() if who & within})

    def without(self, reason: str, who: OrdinalSet) -> "Prepared":
        """Leave out customers of late."""
        leaving = np.isin(self.messages["customer"].to_numpy(), who.ordinals())
        if not leaving.any():
            return self
        gone = OrdinalSet.of(self.messages["customer"].to_numpy()[leaving])
        told = {**self.reasons, reason: self.reasons.get(reason, OrdinalSet.empty()) | gone}
        return Prepared(self.customers, self.messages.filter(pa.array(~leaving)), told)

    @property
    def receivers(self) -> Integers:
        return self.messages["customer"].to_numpy()


_NOTHING = pa.table({name: pa.array([], pa.int64() if name == "customer" else pa.string()) for name in COLUMNS})


def work_of(ws: Workspace, connection: sa.Connection, number: int) -> Work:
    where = (channel_batch.c.workspace == ws.number, channel_batch.c.number == number)
    row: Any = connection.execute(sa.select(channel_batch).where(*where)).one()
    return Work(
        row.number,
        row.key,
        row.content,
        row.content_version,
        row.purpose,
        row.campaign,
        row.epoch,
        row.expires_at,
        row.changes,
        from_bytes(row.members).ordinals(),
        None if row.given is None else unseal(ws, row.given, about_batch(row.key)),
        None if row.fields is None else tuple(row.fields),
    )


def prepare(
    ws: Workspace, work: Work, account: Account, plugin: Channel, reach: Reach, render: Renderer, customers: Integers
) -> Prepared:
    """Look up the addresses of these customers and fill the content in for them; nothing lasting is done."""
    places, wanted = reach.places_of(customers), OrdinalSet.of(customers)
    reasons = {word: who & wanted for word, who in reach.reasons.items()}
    known = OrdinalSet.of(customers[places >= 0])
    for who in reasons.values():
        known = known | who
    addressed = addresses_of(ws, reach, account.channel, places[places >= 0])
    reached = OrdinalSet.of(addressed["customer"].to_numpy())
    # A reach is worked out for the members of a moment; who joined them since is asked about next time.
    lacking = (OrdinalSet.of(customers[places >= 0]) - reached) | (wanted - known)
    reasons[NO_ADDRESS] = reasons.get(NO_ADDRESS, OrdinalSet.empty()) | lacking
    try:
        ids = ids_of(ws, work.number, reached.ordinals())
        given = {"unsubscribe": _unsubscribing(account, ids), **links_of(ws, account, work.content, work.version, ids)}
        given |= {} if work.given is None else aligned(work.given, reached.ordinals())
        told = render(ws, work.content, work.version, account.channel, reached.ordinals(), given).sort_by("customer")
    except QuanyuError as error:  # such as a content that is not there, or not for this channel
        _log.warning("content failed", error=type(error).__name__, batch=work.number)
        told = _NOTHING.slice(0, 0)
    customer = told["customer"].to_numpy()
    faulty = ~told["fault"].is_null().to_numpy()
    long = _too_long(told, plugin) & ~faulty
    reasons[UNRENDERED] = OrdinalSet.of(customer[faulty]) | (reached - OrdinalSet.of(customer))
    reasons[TOO_LONG] = OrdinalSet.of(customer[long])
    good = told.filter(pa.array(~faulty & ~long))
    messages = _messages(ws, work, account, addressed, good)
    return Prepared(customers, messages, {word: who for word, who in reasons.items() if who})


def _too_long(told: pa.Table, plugin: Channel) -> npt.NDArray[np.bool_]:
    """Say of whom a part is longer than the channel takes, or is missing where it must not be."""
    wrong = np.zeros(told.num_rows, np.bool_)
    for part in plugin.capabilities.parts:
        if part.name in told.column_names:
            length = _compute.utf8_length(told[part.name]).fill_null(0).to_numpy()
            wrong |= (length > part.most) | (part.required & (length == 0))
        elif part.required:
            wrong[:] = True
    return wrong


def _messages(ws: Workspace, work: Work, account: Account, addressed: pa.Table, told: pa.Table) -> pa.Table:
    """Put addresses and ids beside what was filled in; both tables are ascending by customer."""
    customers = told["customer"].to_numpy()
    at = pa.array(np.searchsorted(addressed["customer"].to_numpy(), customers))
    ids = ids_of(ws, work.number, customers)
    parts = {name: told[name] for name in told.column_names if name not in COLUMNS}
    return pa.table(
        {
            "customer": told["customer"],
            "record": addressed["record"].take(at),
            "message_id": ids,
            "address": addressed["address"].take(at),
            "language": told["language"],
            "unsubscribe": _unsubscribing(account, ids),
            **parts,
        }
    )


def _unsubscribing(account: Account, ids: pa.Array) -> pa.Array:
    """Return each message's page to unsubscribe, NULL where the account names no server for it."""
    base = account.settings.get("unsubscribe_url")
    return pa.nulls(len(ids), pa.string()) if base is None else _compute.binary_join_element_wise(str(base), ids, "")


OWN = ("customer", "record")
"""Columns of prepared messages that a channel is not given."""
