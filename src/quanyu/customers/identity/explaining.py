"""Explains why two records are one customer: the shortest chain of identifiers that joins them, rare ones first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import prod

import numpy as np
import sqlalchemy as sa

from quanyu.customers.identity.confidence import of_links
from quanyu.customers.identity.graph import since_of
from quanyu.customers.identity.naming import Entry, find_entries
from quanyu.customers.identity.policies import policy_of
from quanyu.customers.identity.policy import Policy
from quanyu.customers.identity.resolving import (
    ACROSS,
    CONTRADICTED,
    LINKED,
    OWN,
    REASONS,
    RECORDS,
    SEPARATED,
    Resolution,
    brand_of,
    resolve,
)
from quanyu.customers.identity.tables import customer, record, record_customer
from quanyu.customers.identity.waiting import Waiting, around
from quanyu.foundation.ids import outside
from quanyu.foundation.workspace import Workspace

MOST = 20_000
"""Records that are looked through at most."""


@dataclass(frozen=True)
class Link:
    """What two records share: never its value. `touches` counts the records that have it; rank 1 is the strongest.

    `confidence` is how often two records joined like this are one person's; 1 where somebody has said so.
    """

    type: str
    scope: str
    rank: int
    touches: int
    imports: tuple[int | None, int | None]  # that gave it first to the one record and to the other
    confidence: float


@dataclass(frozen=True)
class Refusal:
    """What both records have and what does not join them; `reason` is a key of `resolving.REASON_TITLES`."""

    type: str
    scope: str
    reason: str


@dataclass(frozen=True)
class Explanation:
    """The chain from the first entry to the second: one link fewer than entries, none where nothing joins them.

    `since` says of each entry when its source first told of it, None where it told no attributes. `customers` are the
    ids of the customers that the two belong to, None for one that is not recognised yet, or nobody. `whole` is false
    where the search ended at `MOST` records.
    """

    entries: tuple[Entry, ...]
    links: tuple[Link, ...]
    refusals: tuple[Refusal, ...]
    customers: tuple[str | None, str | None]
    whole: bool
    since: tuple[datetime | None, ...]

    @property
    def confidence(self) -> float:
        """Return how often two records joined by such a chain are one person's."""
        return prod(link.confidence for link in self.links)

    @property
    def same(self) -> bool:
        """Say whether both are one customer."""
        return self.customers[0] is not None and self.customers[0] == self.customers[1]


@dataclass(frozen=True)
class _Step:
    """From one record (place among the known ones) to the next, by a link of either (places among the links)."""

    before: int
    after: int
    here: int
    there: int


def explain(workspace: Workspace, one: str, other: str) -> Explanation:
    """Explain what joins two records, each named as SOURCE:KEY or SOURCE#ORDINAL, under the policy that holds.

    Raises Invalid and NotFound.
    """
    with workspace.begin() as connection:
        return explain_entries(workspace, connection, find_entries(workspace, connection, [one, other]))


def explain_entries(workspace: Workspace, connection: sa.Connection, found: Sequence[Entry]) -> Explanation:
    """Explain what joins two entries."""
    policy = policy_of(workspace, connection)
    ends = [found[0].record, found[1].record]
    beside, whole = around(workspace, connection, policy, ends, MOST)
    resolution = resolve(beside.known, beside.links, policy)
    steps = _chain(beside, resolution, *np.searchsorted(beside.known.record, ends).tolist())
    sure = of_links(beside.known, beside.links, resolution, policy)
    links = [
        _link(workspace, connection, beside, policy, step, float(sure[[step.here, step.there]].min())) for step in steps
    ]
    entries = [found[0], *_met(workspace, connection, beside, steps[:-1]), *([found[1]] if ends[0] != ends[1] else [])]
    refusals = [] if steps else _refusals(workspace, connection, policy, beside, resolution, ends)
    told = since_of(workspace, connection, [entry.record for entry in entries])
    since = tuple(told.get(entry.record) for entry in entries)
    customers = [_customer_of(connection, workspace, entry.record) for entry in found]
    return Explanation(tuple(entries), tuple(links), tuple(refusals), (customers[0], customers[1]), whole, since)


def _chain(beside: Waiting, resolution: Resolution, start: int, end: int) -> list[_Step]:
    """Go from record to record by what joins them, rare values first, until the end is met."""
    links = beside.links
    touches = np.bincount(links.key, minlength=links.keys)
    of_record, of_group = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    joined = np.flatnonzero((resolution.reason == LINKED) & (resolution.component[links.record] >= 0))
    for link in joined[np.argsort(touches[links.key[joined]], kind="stable")].tolist():
        of_record[int(links.record[link])].append(link)
        of_group[int(resolution.group[link])].append(link)
    came, front, followed = {start: None}, [start], set[int]()
    steps: dict[int, _Step] = {}
    while front and end not in came:
        out = [link for place in front for link in of_record[place]]
        front = []
        for here in sorted(out, key=lambda link: int(touches[links.key[link]])):
            group = int(resolution.group[here])
            if group in followed:
                continue
            followed.add(group)
            for there in of_group[group]:
                after = int(links.record[there])
                if after not in came:
                    came[after] = None
                    steps[after] = _Step(int(links.record[here]), after, here, there)
                    front.append(after)
    return _back(steps, start, end) if end in came else []


def _back(steps: dict[int, _Step], start: int, end: int) -> list[_Step]:
    chain: list[_Step] = []
    while end != start:
        chain.append(steps[end])
        end = steps[end].before
    return chain[::-1]


def _link(
    workspace: Workspace, connection: sa.Connection, beside: Waiting, policy: Policy, step: _Step, confidence: float
) -> Link:
    links, record_ = beside.links, beside.known.record
    key = int(links.key[step.here])
    type_, scope = links.kinds[int(links.kind[key])]
    both = {"workspace": workspace.number, "type": type_, "scope": scope}
    ends = {"here": int(record_[step.before]), "there": int(record_[step.after])}
    given = connection.execute(_GIVEN, both | ends).one()
    touches = int((links.key == key).sum())
    return Link(type_, scope, policy.rule(type_).rank, touches, (given.here, given.there), confidence)


def _met(workspace: Workspace, connection: sa.Connection, beside: Waiting, steps: Sequence[_Step]) -> list[Entry]:
    """Return the entries between the two ends."""
    ordinals = [int(beside.known.record[step.after]) for step in steps]
    query = sa.select(record.c.record, record.c.source, record.c.import_number).where(
        record.c.workspace == workspace.number, record.c.record.in_(ordinals)
    )
    told = {row.record: Entry(row.record, row.source, None, row.import_number) for row in connection.execute(query)}
    return [told[ordinal] for ordinal in ordinals]


def _refusals(
    workspace: Workspace,
    connection: sa.Connection,
    policy: Policy,
    beside: Waiting,
    resolution: Resolution,
    ends: Sequence[int],
) -> list[Refusal]:
    """Say why what both records have does not join them."""
    both = {"workspace": workspace.number, "here": ends[0], "there": ends[1]}
    links, places = beside.links, np.searchsorted(beside.known.record, ends)
    mine = np.flatnonzero(np.isin(links.record, places))
    kinds = [links.kinds[int(links.kind[links.key[link]])] for link in mine.tolist()]
    told: list[Refusal] = []
    brand = brand_of(beside.known, policy)[places]
    across = bool((brand != brand[0]).any())
    for row in connection.execute(_SHARED, both):
        shared = [
            int(resolution.reason[link])
            for link, kind in zip(mine, kinds, strict=True)
            if kind == (row.type, row.scope)
        ]
        # What too many share is not read; where neither is refused, each has the value as a person of his own.
        reason = REASONS[max(shared) or CONTRADICTED if shared else RECORDS]
        proves = policy.rule(row.type).strength == "proves"
        own = row.own and REASONS.index(reason) == SEPARATED
        reason = OWN if own else ACROSS if across else reason
        told.append(Refusal(row.type, row.scope, reason if proves else "type"))
    return told


_GIVEN = sa.text(
    """select mine.import_number as here, theirs.import_number as there
       from identifier mine join identifier theirs using (workspace, type, scope, value_hash)
       where mine.workspace = :workspace and mine.type = :type and mine.scope = :scope
             and mine.record = :here and theirs.record = :there
       order by mine.value_hash limit 1"""
)
_SHARED = sa.text(
    """select mine.type, mine.scope, bool_or(o.value_hash is not null) as own
       from identifier mine join identifier theirs using (workspace, type, scope, value_hash)
       left join own_identifier o using (workspace, type, scope, value_hash)
       where mine.workspace = :workspace and mine.record = :here and theirs.record = :there
       group by mine.type, mine.scope order by mine.type, mine.scope"""
)


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
