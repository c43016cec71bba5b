"""What people have decided, as a resolution needs it: of links, and of records who are never one person."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.numbering import number_pairs
from quanyu.customers.identity.resolving import Flags, Integers, Numbers
from quanyu.customers.identity.roll import halves_of
from quanyu.foundation.database.copying import read_columns
from quanyu.foundation.workspace import Workspace

_ENDS = 1 << 20  # a megabyte of flags, which the cache of a core holds


@dataclass(frozen=True)
class Said:
    """What was said last of each value (16 bytes) and record, -1 for everybody: the question, -1 for none, the act.

    `apart` are pairs of records (ordinals) who are never one person.
    """

    value_hash: pa.Array | pa.ChunkedArray
    record: Integers
    question: Integers
    act: Integers
    apart: Integers


def read_said(workspace: Workspace, connection: sa.Connection) -> Said:
    """Return all that has been said and was not taken back."""
    said = read_columns(connection, _SAID.format(workspace=workspace.number), dict(zip(SAID, _TYPES, strict=True)))
    rows = read_columns(connection, _APART.format(workspace=workspace.number), {"record": "bigint", "other": "bigint"})
    value, record, question, act = (said[name] for name in SAID)
    apart = np.stack([rows["record"].to_numpy(), rows["other"].to_numpy()], axis=1)
    return Said(value, record.to_numpy(), question.to_numpy(), act.to_numpy(), apart)


def decided(said: Said, record: Numbers, high: Integers, low: Integers) -> tuple[Flags, Integers]:
    """Return which links are parted, and which are together by what question, from 0; empty where none is.

    A link is a record (ordinal) and the halves of a hash. Of what is said of a record and of everybody the later act
    holds.
    """
    parted, together = np.zeros(len(record), np.bool_), np.empty(0, np.int64)
    if not len(said.act):
        return parted, together
    said_high, said_low = halves_of(said.value_hash)
    ends = np.zeros(_ENDS, np.bool_)  # of few decisions few links have the same last bits
    ends[said_low & _ENDS - 1] = True
    at = np.flatnonzero(ends[low & _ENDS - 1])
    value = number_pairs(np.r_[said_high, high[at]], np.r_[said_low, low[at]])
    told = np.r_[said.record, record[at].astype(np.int64)]  # -1 is everybody
    records = int(told.max()) + 2
    pair = value * records + told + 1
    of_pairs, of_links = pair[: len(said.act)], pair[len(said.act) :]
    order = np.argsort(of_pairs)
    act, question = (np.r_[each[order], -1] for each in (said.act, said.question))

    def found(wanted: Integers) -> Integers:
        """Return the place of what is said of each pair, in its order; the last place says nothing."""
        place = np.minimum(np.searchsorted(of_pairs[order], wanted), len(order) - 1)
        return np.where(of_pairs[order][place] == wanted, place, len(order))

    own, everybody = found(of_links), found(value[len(said.act) :] * records)
    last = np.where(act[own] >= act[everybody], own, everybody)
    asked = question[last]
    parted[at] = (act[last] >= 0) & (asked < 0)
    if (asked >= 0).any():
        together = np.full(len(record), -1)
        together[at] = np.where(asked >= 0, np.searchsorted(np.unique(asked[asked >= 0]), asked), -1)
    return parted, together


def set_apart(said: Said, record: Integers) -> Integers:
    """Return the pairs of whom the second is never the person of the first: places among `record`, where both are."""
    pairs = said.apart
    place = np.minimum(np.searchsorted(record, pairs), max(len(record) - 1, 0))
    return place[(record[place] == pairs).all(axis=1)] if len(record) else place[:0]


# Of each value and record, and of each value for everybody, what was said last.
SAID = ("said_value", "said_record", "said_question", "said_act")
_TYPES = ("uuid", "bigint", "bigint", "bigint")
# What is the company's own is said of everybody, before all that people have decided.
_SAID = """select distinct on (said_value, said_record) said_value, said_record, said_question, said_act
           from (select d.value_hash as said_value, coalesce(d.record, -1) as said_record,
                        coalesce(d.question, -1) as said_question, d.act as said_act, d.place
                 from identity_decision d join identity_act a on a.workspace = {workspace} and a.number = d.act
                 where d.workspace = {workspace} and d.value_hash is not null and a.withdrawn_at is null
                 union all
                 select value_hash, -1, -1, 0, 0 from own_identifier where workspace = {workspace}) s
           order by said_value, said_record, said_act desc, s.place desc"""
_APART = """select distinct d.record, d.other
            from identity_decision d join identity_act a on a.workspace = {workspace} and a.number = d.act
            where d.workspace = {workspace} and d.other is not null and a.withdrawn_at is null
            order by d.record, d.other"""
