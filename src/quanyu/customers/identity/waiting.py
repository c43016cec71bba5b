"""What recognition has to look at: what is new or has changed, and all that hangs together with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from quanyu.customers.identity.numbering import number_hashes
from quanyu.customers.identity.people import People
from quanyu.customers.identity.policy import MOST, Policy
from quanyu.customers.identity.resolving import Flags, Integers, Known, Links
from quanyu.foundation.database.copying import read_columns
from quanyu.foundation.workspace import Workspace

LARGE = 0.2
"""The part of all records from which on reading all of them is faster than following them from one to the next."""


@dataclass(frozen=True)
class Waiting:
    """What to resolve, closed under what records share.

    `customer` is the one (ordinal) of each record now, -1 for none; `hashes` holds the two words of each link's value.
    """

    known: Known
    links: Links
    customer: Integers
    hashes: NDArray[np.uint64]


def look(workspace: Workspace, connection: sa.Connection, people: People, policy: Policy) -> Waiting | None:
    """Return what waits, and note that it has been looked at; None where nothing does.

    The caller holds the lock of the workspace's people, which every import holds that opens records or gives
    identifiers.
    """
    mine = {"workspace": workspace.number}
    found = connection.execute(_FOUND, mine).one()
    changed = found.policy != policy.key
    if not (changed or found.waiting or found.recognised < people.records):
        return None
    waiting = found.waiting + people.records - found.recognised
    everything = changed or waiting > LARGE * people.records
    if not everything:
        _open_tables(connection)
        connection.execute(_BEGIN, mine)
        _follow(connection, workspace, policy)
    read = _read(connection, workspace, _proving(policy), everything=everything)
    connection.execute(_LOOKED_AT, mine | {"policy": policy.key})
    connection.execute(_EMPTY, mine)
    return read


def read_everything(workspace: Workspace, connection: sa.Connection) -> Waiting:
    """Return all records with all identifiers, whatever these prove."""
    return _read(connection, workspace, "true", everything=True)


def around(
    workspace: Workspace, connection: sa.Connection, policy: Policy, records: Sequence[int], most: int
) -> tuple[Waiting, bool]:
    """Return all that hangs together with these records (ordinals), and whether it is all: it ends at `most`."""
    _open_tables(connection)
    for ordinal in set(records):
        connection.execute(_START, {"record": ordinal})
    whole = _follow(connection, workspace, policy, most)
    return _read(connection, workspace, _proving(policy), everything=False), whole


def _open_tables(connection: sa.Connection) -> None:
    for statement in _TABLES:
        connection.execute(sa.text(statement))


def _follow(connection: sa.Connection, workspace: Workspace, policy: Policy, most: int | None = None) -> bool:
    """Add to `touched` whatever shares a value or a customer with what is there, and to `opened` the values.

    A value that more than `MOST` records share joins nobody: whoever has it is looked at only when it has become so.
    Returns False where it stopped at `most` records.
    """
    mine = {"workspace": workspace.number}
    step, proves = 0, _proving(policy).replace(":", "\\:")  # a colon would begin a parameter
    while connection.execute(_ANY, {"step": step}).scalar_one():
        now = {**mine, "step": step, "most": MOST}
        connection.execute(sa.text(_VALUES.format(proves=proves)), now)
        connection.execute(_SHARE, now)
        connection.execute(_SAME_CUSTOMER, now)
        step += 1
        if most is not None and connection.execute(_COUNT).scalar_one() > most:
            return False
    return True


def _proving(policy: Policy) -> str:
    """Return the condition under which the type of an identifier proves something, as SQL."""
    proves = {name: rule.strength == "proves" for name, rule in policy.types.items()}
    other = policy.otherwise.strength == "proves"
    told = ", ".join(_quoted(name) for name, mine in proves.items() if mine != other)
    if not told:
        return "true" if other else "false"
    return f"i.type {'not in' if other else 'in'} ({told})"


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _read(connection: sa.Connection, workspace: Workspace, proves: str, *, everything: bool) -> Waiting:
    number = workspace.number
    among = "true" if everything else "r.record in (select record from touched)"
    told = read_columns(connection, _RECORDS.format(workspace=number, among=among), dict.fromkeys(_TOLD, "bigint"))
    column = {name: told[name].to_numpy() for name in _TOLD}
    source = np.unique(column["source"], return_inverse=True)[1]
    known = Known(column["record"], source, column["follows"] == 1, *(column[name] for name in _EVIDENCE))
    reach = "" if everything else _REACH.format(most=MOST)
    query = _LINKS.format(workspace=number, reach=reach, proves=proves)
    links = read_columns(connection, query, {"value_hash": "uuid", "kind": "bigint", "record": "bigint"})
    said = read_columns(connection, _SAID.format(workspace=number), _SAID_COLUMNS)
    apart = read_columns(connection, _APART.format(workspace=number), {"record": "bigint", "other": "bigint"})
    kinds = connection.execute(_KINDS, {"workspace": number}).all()
    return _waiting(known, column["customer"], links, kinds, said, apart)


def _waiting(
    known: Known, customer: Integers, told: pa.Table, kinds: "Sequence[sa.Row[Any]]", said: pa.Table, apart: pa.Table
) -> Waiting:
    """Number values and kinds, and leave out what anonymous records have."""
    record = known.record
    at = told["record"].to_numpy()
    place = np.minimum(np.searchsorted(record, at), max(len(record) - 1, 0))
    told = told.filter(pa.array(record[place] == at if len(record) else np.zeros(len(at), np.bool_)))
    place = np.searchsorted(record, told["record"].to_numpy())
    key = number_hashes(_words(told["value_hash"]))
    kind = np.zeros(int(key.max()) + 1 if len(key) else 0, np.int64)
    hashes = np.array([row.kind for row in kinds], np.int64)
    order = np.argsort(hashes)
    kind[key] = order[np.searchsorted(hashes[order], told["kind"].to_numpy())]
    named = [(row.type, row.scope) for row in kinds]
    links = Links(place, key, kind, named, *_decided(told, said), _places(record, apart))
    return Waiting(known, links, customer, _words(told["value_hash"]))


def _decided(told: pa.Table, said: pa.Table) -> tuple[Flags, Integers]:
    """Return which links are parted, and which are together by what question; `said` has record -1 for everybody's.

    Of what is said of a record and of everybody the later act holds.
    """
    parted, together = np.zeros(told.num_rows, np.bool_), np.empty(0, np.int64)
    if not said.num_rows:
        return parted, together
    hashes = pa.concat_tables([said.select(["value_hash"]), told.select(["value_hash"])]).combine_chunks()
    value = number_hashes(_words(hashes["value_hash"]))
    records = int(max(said["record"].to_numpy().max(), told["record"].to_numpy().max(initial=-1))) + 2
    pair = value * records + np.r_[said["record"].to_numpy(), told["record"].to_numpy()] + 1
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
    if (asked >= 0).any():
        together = np.where(asked >= 0, np.searchsorted(np.unique(asked[asked >= 0]), asked), -1)
    return (act[last] >= 0) & (asked < 0), together


def _places(record: Integers, apart: pa.Table) -> Integers:
    """Return the pairs of records of whom both are there, as places."""
    pairs = np.stack([apart["record"].to_numpy(), apart["other"].to_numpy()], axis=1)
    place = np.minimum(np.searchsorted(record, pairs), max(len(record) - 1, 0))
    return place[(record[place] == pairs).all(axis=1)] if len(record) else place[:0]


def _words(hashes: pa.ChunkedArray) -> NDArray[np.uint64]:
    """Return 128-bit hashes as two words each: rows, 2."""
    array = hashes.combine_chunks() if isinstance(hashes, pa.ChunkedArray) else hashes
    return np.frombuffer(array.buffers()[1] or b"", np.uint64)[: 2 * len(array)].reshape(-1, 2)


_FOUND = sa.text(
    """select recognised, policy, (select count(*) from identity_waiting where workspace = :workspace) as waiting
       from population where workspace = :workspace"""
)
_LOOKED_AT = sa.text("update population set recognised = records, policy = :policy where workspace = :workspace")
_EMPTY = sa.text("delete from identity_waiting where workspace = :workspace")

_TABLES = (
    "create temporary table touched (record bigint primary key, step int) on commit drop",
    """create temporary table opened (type text, scope text, value_hash uuid, step int, shared bigint,
                                      primary key (type, scope, value_hash)) on commit drop""",
)
_ANY = sa.text("select exists (select 1 from touched where step = :step)")
_COUNT = sa.text("select count(*) from touched")
_START = sa.text("insert into touched values (:record, 0)")
_BEGIN = sa.text(
    """insert into touched
       select record, 0 from identity_waiting where workspace = :workspace
       union
       select r.record, 0 from record r join population p on p.workspace = :workspace and r.record >= p.recognised
       where r.workspace = :workspace and not r.anonymous"""
)
_VALUES = """insert into opened
    select type, scope, value_hash, :step, (
             select count(*) from (select 1 from identifier j where j.workspace = :workspace and j.type = d.type
                                   and j.scope = d.scope and j.value_hash = d.value_hash limit :most + 1) x)
    from (select distinct i.type, i.scope, i.value_hash from identifier i join touched t
          on t.step = :step and i.workspace = :workspace and i.record = t.record where {proves}) d
    on conflict do nothing"""
# Of a value that too many share, those who were recognised by it while they were fewer have to be parted.
_SHARE = sa.text(
    """insert into touched
       select distinct on (i.record) i.record, :step + 1 from opened o
       cross join lateral (
         select j.record from identifier j where j.workspace = :workspace and j.type = o.type and j.scope = o.scope
         and j.value_hash = o.value_hash and o.shared <= :most
         union all
         (select old.record from (
            select j.record, count(*) over () as before from identifier j
            join record_customer c on c.workspace = :workspace and c.record = j.record
            where o.shared > :most and j.workspace = :workspace and j.type = o.type and j.scope = o.scope
                  and j.value_hash = o.value_hash
                  and not exists (select 1 from identity_waiting w
                                  where w.workspace = :workspace and w.record = j.record)
            limit :most + 1) old
          where old.before <= :most)) i
       where o.step = :step on conflict do nothing"""
)
_SAME_CUSTOMER = sa.text(
    """insert into touched
       select distinct c.record, :step + 1 from touched t
       join record_customer mine on mine.workspace = :workspace and mine.record = t.record
       join record_customer c on c.workspace = :workspace and c.customer = mine.customer
       where t.step = :step on conflict do nothing"""
)
_EVIDENCE = ("family", "name", "born", "gender")
_TOLD = ("record", "source", "follows", "customer", *_EVIDENCE)
_RECORDS = """select r.record, hashtextextended(r.source, 0) as source, r.follows::int as follows,
                     coalesce(c.customer, -1) as customer, coalesce(e.family, 0) as family,
                     coalesce(e.name, 0) as name, coalesce(e.born, 0) as born, coalesce(e.gender, 0) as gender
              from record r
              left join record_customer c on c.workspace = {workspace} and c.record = r.record
              left join record_evidence e on e.workspace = {workspace} and e.record = r.record
              where r.workspace = {workspace} and not r.anonymous and {among} order by r.record"""
_KIND = "hashtextextended(type || chr(31) || scope, 0)"
_LINKS = f"""select i.value_hash, {_KIND} as kind, i.record from identifier i {{reach}}
             where i.workspace = {{workspace}} and {{proves}}"""
_REACH = """join (select type, scope, value_hash from opened where shared <= {most}) o
             using (type, scope, value_hash)"""
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
# Of millions of rows the few kinds, each found by one step through the index.
_KINDS = sa.text(
    f"""with recursive met as (
         (select type, scope from identifier where workspace = :workspace order by type, scope limit 1)
         union all
         select n.type, n.scope from met m cross join lateral (
           select type, scope from identifier
           where workspace = :workspace and (type, scope) > (m.type, m.scope) order by type, scope limit 1) n)
       select type, scope, {_KIND} as kind from met"""
)
