"""What people have decided, as a resolution needs it: of links, and of records who are never one person."""

import numpy as np
import sqlalchemy as sa

from quanyu.customers.identity.numbering import number_pairs
from quanyu.customers.identity.resolving import Flags, Integers, Numbers
from quanyu.customers.identity.roll import halves_of
from quanyu.foundation.database.copying import read_columns
from quanyu.foundation.workspace import Workspace


def decided(
    workspace: Workspace, connection: sa.Connection, record: Numbers, high: Integers, low: Integers
) -> tuple[Flags, Integers]:
    """Return which links are parted, and which are together by what question, from 0; empty where none is.

    A link is a record (ordinal) and the halves of a hash. Of what is said of a record and of everybody the later act
    holds.
    """
    parted, together = np.zeros(len(record), np.bool_), np.empty(0, np.int64)
    said = read_columns(connection, _SAID.format(workspace=workspace.number), _SAID_COLUMNS)
    if not said.num_rows:
        return parted, together
    said_high, said_low = halves_of(said["value_hash"])
    ends = np.zeros(1 << 16, np.bool_)  # of few decisions few links have the same last bits
    ends[said_low & 0xFFFF] = True
    at = np.flatnonzero(ends[low & 0xFFFF])
    value = number_pairs(np.r_[said_high, high[at]], np.r_[said_low, low[at]])
    told = np.r_[said["record"].to_numpy(), record[at].astype(np.int64)]  # -1 is everybody
    records = int(told.max()) + 2
    pair = value * records + told + 1
    of_pairs, of_links = pair[: said.num_rows], pair[said.num_rows :]
    order = np.argsort(of_pairs)
    act, question = (np.r_[said[name].to_numpy()[order], -1] for name in ("act", "question"))

    def found(wanted: Integers) -> Integers:
        """Return the place of what is said of each pair, in its order; the last place says nothing."""
        place = np.minimum(np.searchsorted(of_pairs[order], wanted), len(order) - 1)
        return np.where(of_pairs[order][place] == wanted, place, len(order))

    own, everybody = found(of_links), found(value[said.num_rows :] * records)
    last = np.where(act[own] >= act[everybody], own, everybody)
    asked = question[last]
    parted[at] = (act[last] >= 0) & (asked < 0)
    if (asked >= 0).any():
        together = np.full(len(record), -1)
        together[at] = np.where(asked >= 0, np.searchsorted(np.unique(asked[asked >= 0]), asked), -1)
    return parted, together


def set_apart(workspace: Workspace, connection: sa.Connection, record: Integers) -> Integers:
    """Return the pairs of whom the second is never the person of the first: places among `record`, where both are."""
    rows = read_columns(connection, _APART.format(workspace=workspace.number), {"record": "bigint", "other": "bigint"})
    pairs = np.stack([rows["record"].to_numpy(), rows["other"].to_numpy()], axis=1)
    place = np.minimum(np.searchsorted(record, pairs), max(len(record) - 1, 0))
    return place[(record[place] == pairs).all(axis=1)] if len(record) else place[:0]


# Of each value and record, and of each value for everybody, what was said last.
_SAID_COLUMNS = {"value_hash": "uuid", "record": "bigint", "question": "bigint", "act": "bigint"}
_SAID = """select distinct on (d.value_hash, d.record) d.value_hash, coalesce(d.record, -1) as record,
                  coalesce(d.question, -1) as question, d.act
           from identity_decision d join identity_act a on a.workspace = {workspace} and a.number = d.act
           where d.workspace = {workspace} and d.value_hash is not null and a.withdrawn_at is null
           order by d.value_hash, d.record, d.act desc, d.place desc"""
_APART = """select distinct d.record, d.other
            from identity_decision d join identity_act a on a.workspace = {workspace} and a.number = d.act
            where d.workspace = {workspace} and d.other is not null and a.withdrawn_at is null
            order by d.record, d.other"""
