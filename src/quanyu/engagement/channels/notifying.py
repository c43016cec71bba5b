"""Makes ready what a receiver is told of customers: a batch that is no message, but fields that its maker chose.

It is delivered as messages are, and so is tried again, held back, settled and listed as they are. Nobody is written to,
so that no light is asked; what is private is told only where the account says that its receiver may know it.
"""

import numpy as np
import pyarrow as pa
import structlog

from quanyu.customers.identity.people import read_people
from quanyu.engagement.channels.given import aligned
from quanyu.engagement.channels.message_ids import ids_of
from quanyu.engagement.channels.model import DEAD, UNRENDERED, Account
from quanyu.engagement.channels.permitting import Integers, Reach, pinned_now
from quanyu.engagement.channels.work import Prepared, Work
from quanyu.engagement.content.rendering import values as values_of
from quanyu.foundation.errors import QuanyuError
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace

NO_RECORD = -1
"""Stands where a message has the record whose address it used."""
PRIVATE = "customer."
"""Begins the fields that say who somebody is."""
NOT_PERMITTED = f"{DEAD}not_permitted"
_log = structlog.get_logger("quanyu.channels")


def everybody(ws: Workspace, members: OrdinalSet) -> Reach:
    """Return all of these who live as whom an endpoint reaches."""
    pinned, vector = pinned_now(ws)
    customers = (members & read_people(ws).alive).ordinals()
    sources = pa.chunked_array([pa.nulls(len(customers), pa.string())])
    return Reach(customers, np.full(len(customers), NO_RECORD, np.int64), sources, {}, vector, pinned)


def is_permitted(account: Account, fields: tuple[str, ...]) -> bool:
    """Say whether the account's receiver may know these fields."""
    return bool(account.settings.get("private")) or not any(name.startswith(PRIVATE) for name in fields)


def prepare_fields(ws: Workspace, work: Work, account: Account, customers: Integers) -> Prepared:
    """Look the fields of these customers up; nothing lasting is done."""
    fields, everyone = work.fields or (), OrdinalSet.of(customers)
    if not is_permitted(account, fields):
        return Prepared(customers, _rows(ws, work, customers[:0], {}), {NOT_PERMITTED: everyone})
    try:
        told = values_of(ws, fields, customers)
    except QuanyuError as error:  # such as that no tags were ever computed
        _log.warning("fields failed", error=type(error).__name__, batch=work.number)
        return Prepared(customers, _rows(ws, work, customers[:0], {}), {UNRENDERED: everyone})
    told |= {} if work.given is None else aligned(work.given, customers)
    known = ~told["one_id"].is_null().to_numpy(zero_copy_only=False)
    columns = {name: told[name].filter(pa.array(known)) for name in ("one_id", *fields) if name in told}
    lacking = OrdinalSet.of(customers[~known])
    return Prepared(customers, _rows(ws, work, customers[known], columns), {UNRENDERED: lacking} if lacking else {})


def _rows(ws: Workspace, work: Work, customers: Integers, columns: dict[str, pa.Array]) -> pa.Table:
    records = np.full(len(customers), NO_RECORD, np.int64)
    own = {"customer": customers, "record": records, "message_id": ids_of(ws, work.number, customers)}
    return pa.table({**own, **columns})
