"""Explains why two records are one customer: the shortest chain of identifiers that joins them, rare ones first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.tables import customer, record, record_customer
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.ids import outside
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

MOST = 20_000
"""Records that are looked through at most: what joins more of them is no person, and is shown as such."""
_BETWEEN = ":"
_NUMBERED = re.compile(r"([^:#]+)#(\d{1,18})")


@dataclass(frozen=True)
class Entry:
    """One source's entry about a person; `key` is as it was asked for, None where it was not."""

    record: int
    source: str
    key: str | None
    import_number: int  # that opened it


@dataclass(frozen=True)
class Link:
    """What two records share: never its value. `touches` counts the records that have it, up to one above `MOST`."""

    type: str
    scope: str
    touches: int
    imports: tuple[int | None, int | None]  # that gave it first to the one record and to the other


@dataclass(frozen=True)
class Explanation:
    """The chain from the first entry to the second: one link fewer than entries, none where nothing joins them.

    `customers` are the ids of the customers that the two belong to, None for one that is not recognised yet. `whole` is
    false where the search ended at `MOST` records.
    """

    entries: tuple[Entry, ...]
    links: tuple[Link, ...]
    customers: tuple[str | None, str | None]
    whole: bool

    @property
    def same(self) -> bool:
        """Say whether both are one customer."""
        return self.customers[0] is not None and self.customers[0] == self.customers[1]


def explain(workspace: Workspace, one: str, other: str) -> Explanation:
    """Explain what joins two records, each named as SOURCE:KEY or SOURCE#ORDINAL. Raises Invalid and NotFound."""
    named = [_parted(name) for name in (one, other)]
    hashes = _hashes(workspace, named)
    with workspace.begin() as connection:
        found = [_entry(connection, workspace, *name, hashes.get(name)) for name in named]
        whole = _spread(connection, workspace, found[0].record, found[1].record)
        entries, links = _chain(connection, workspace, found[0], found[1])
        customers = tuple(_customer_of(connection, workspace, entry.record) for entry in found)
    return Explanation(tuple(entries), tuple(links), (customers[0], customers[1]), whole)


def _parted(text: str) -> tuple[str, str | int]:
    """Return the source, and the key or the ordinal."""
    if numbered := _NUMBERED.fullmatch(text):
        return numbered[1], int(numbered[2])
    source, between, key = text.partition(_BETWEEN)
    if not (source and between and key):
        raise Invalid(
            Text(
                "A record is named by its source and its key, or its ordinal.",
                "记录以“来源:主键”或“来源#序号”表示。",
            ),
            received=source.partition("#")[0][:40],  # never the key, which may be somebody's phone
            allowed=["pos:M10023", "pos#4711"],
        )
    return source, key


def _hashes(workspace: Workspace, named: Sequence[tuple[str, str | int]]) -> dict[tuple[str, str | int], str]:
    """Return the keyed hashes of those that are named by their key."""
    keyed = [(source, key) for source, key in named if isinstance(key, str)]
    columns = pa.table(
        {"source": pa.array([s for s, _ in keyed], pa.string()), "key": pa.array([k for _, k in keyed], pa.string())}
    )
    rows: Value = ibis.memtable(columns)
    hashed = keyed_hash(workspace.key.hash_secret, ibis.literal("record"), rows["source"], rows["key"])
    told = workspace.lake.to_arrow(rows.mutate(hashed=hashed)).to_pylist() if keyed else []
    return {(row["source"], row["key"]): row["hashed"] for row in told}


def _entry(connection: sa.Connection, workspace: Workspace, source: str, key: str | int, hashed: str | None) -> Entry:
    wanted = record.c.record == key if hashed is None else record.c.key_hash == hashed
    query = sa.select(record.c.record, record.c.import_number).where(
        record.c.workspace == workspace.number, record.c.source == source, wanted
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(
            Text("That source has told of no such record.", "该来源没有这条记录。"),
            remedy=Text(
                "Write the key as its file does; the sources: quanyu status",
                "请按文件中的写法给出主键；来源见 quanyu status",
            ),
            received=source,
        )
    return Entry(row.record, source, key if isinstance(key, str) else None, row.import_number)


_MET = sa.text(
    """create temporary table met (record bigint primary key, round int, came_from bigint, type text, scope text,
                                   value_hash uuid, touches bigint) on commit drop"""
)
# An identifier is followed once, from the lowest record that has it, and to so many records at most: one that millions
# share would else be read as often as there are records that share it.
_FRESH = """with fresh as (
              select distinct on (i.type, i.scope, i.value_hash) i.type, i.scope, i.value_hash, m.record
              from met m join identifier i on i.workspace = :workspace and i.record = m.record
              where m.round = :round - 1 order by i.type, i.scope, i.value_hash, m.record),
            counted as (
              select f.*, (select count(*) from (
                             select 1 from identifier k where k.workspace = :workspace and k.type = f.type
                             and k.scope = f.scope and k.value_hash = f.value_hash limit :room + 1) x) as touches
              from fresh f)"""
_ARRIVE = sa.text(
    f"""insert into met {_FRESH}
        select e.record, :round, c.record, c.type, c.scope, c.value_hash, c.touches
        from counted c join identifier e on e.workspace = :workspace and e.record = :end and e.type = c.type
                                            and e.scope = c.scope and e.value_hash = c.value_hash
        order by c.touches, c.record, c.type, c.scope limit 1"""
)
_NEXT = sa.text(
    f"""insert into met {_FRESH}
        select distinct on (j.record) j.record, :round, c.record, c.type, c.scope, c.value_hash, c.touches
        from counted c
        cross join lateral (select k.record from identifier k where k.workspace = :workspace and k.type = c.type
                            and k.scope = c.scope and k.value_hash = c.value_hash limit :room + 1) j
        where not exists (select 1 from met n where n.record = j.record)
        order by j.record, c.touches, c.record, c.type, c.scope
        limit :room + 1"""
)


def _spread(connection: sa.Connection, workspace: Workspace, start: int, end: int) -> bool:
    """Go from record to record by what they share until the end is met; say whether all could be looked at."""
    connection.execute(_MET)
    connection.execute(sa.text("insert into met (record, round) values (:record, 0)"), {"record": start})
    reached, steps = 1, 0
    while start != end and reached <= MOST:
        steps += 1
        numbers = {"workspace": workspace.number, "round": steps, "room": MOST}
        if connection.execute(_ARRIVE, {**numbers, "end": end}).rowcount:
            return True
        new = connection.execute(_NEXT, numbers).rowcount
        if not new:
            return True
        reached += new
    return start == end


_BACK = sa.text(
    """with recursive back as (
         select m.*, 0 as depth from met m where m.record = :end
         union all select m.*, b.depth + 1 from back b join met m on m.record = b.came_from)
       select b.record, b.came_from, b.type, b.scope, b.touches, r.source, r.import_number,
              mine.import_number as here, theirs.import_number as there
       from back b
       join record r on r.workspace = :workspace and r.record = b.record
       left join identifier mine on mine.workspace = :workspace and mine.type = b.type and mine.scope = b.scope
            and mine.value_hash = b.value_hash and mine.record = b.record
       left join identifier theirs on theirs.workspace = :workspace and theirs.type = b.type
            and theirs.scope = b.scope and theirs.value_hash = b.value_hash and theirs.record = b.came_from
       order by b.depth desc"""
)


def _chain(connection: sa.Connection, workspace: Workspace, start: Entry, end: Entry) -> tuple[list[Entry], list[Link]]:
    rows = connection.execute(_BACK, {"workspace": workspace.number, "end": end.record}).all()
    if not rows:
        return [start, end], []
    keys = {start.record: start.key, end.record: end.key}
    entries = [Entry(row.record, row.source, keys.get(row.record), row.import_number) for row in rows]
    links = [Link(row.type, row.scope, row.touches, (row.there, row.here)) for row in rows[1:]]
    return entries, links


def _customer_of(connection: sa.Connection, workspace: Workspace, ordinal: int) -> str | None:
    query = (
        sa.select(customer.c.one_id)
        .join(
            record_customer,
            sa.and_(
                record_customer.c.workspace == customer.c.workspace, record_customer.c.customer == customer.c.customer
            ),
        )
        .where(record_customer.c.workspace == workspace.number, record_customer.c.record == ordinal)
    )
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else outside("customer", found)
