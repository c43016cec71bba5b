"""Finds a customer by his id: of one who was merged away his survivor, with the records that are his now."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from quanyu.customers.identity.tables import customer, record, record_customer
from quanyu.foundation.errors import NotFound
from quanyu.foundation.ids import inside, outside
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Own:
    """A record of a customer; `follows` marks a device or a recipient."""

    record: int
    source: str
    follows: bool
    import_number: int  # that opened it

    @property
    def name(self) -> str:
        """Return how verbs name it that take SOURCE#ORDINAL."""
        return f"{self.source}#{self.record}"


@dataclass(frozen=True)
class Whose:
    """A customer, by ordinal and id; he may have been asked for by the id of one who was merged into him."""

    customer: int
    one_id: str
    entries: tuple[Own, ...]

    @property
    def records(self) -> list[int]:
        return [each.record for each in self.entries]

    @property
    def persons(self) -> list[Own]:
        """Return his records without devices and recipients."""
        return [each for each in self.entries if not each.follows]


def customer_of(workspace: Workspace, one_id: str) -> Whose:
    """Return the customer with this id, or his survivor. Raises Invalid and NotFound."""
    wanted = {"workspace": workspace.number, "one_id": inside("customer", one_id)}
    with workspace.begin() as connection:
        row = connection.execute(_SURVIVOR, wanted).one_or_none()
        entries = () if row is None else entries_of(workspace, connection, [row.customer])[row.customer]
    if row is None or not entries:
        raise NotFound(
            Text("There is no customer of this id.", "没有此编号的客户。"),
            remedy=Text("He may have been erased, or his records parted.", "该客户可能已被清除，或其记录已拆分。"),
            received=one_id[:60],
        )
    return Whose(row.customer, outside("customer", row.one_id), entries)


def entries_of(workspace: Workspace, connection: sa.Connection, ordinals: Sequence[int]) -> dict[int, tuple[Own, ...]]:
    """Return the records of each of these customers (ordinals), in their order."""
    of_record = sa.and_(record.c.workspace == record_customer.c.workspace, record.c.record == record_customer.c.record)
    query = (
        sa.select(
            record_customer.c.customer, record.c.record, record.c.source, record.c.follows, record.c.import_number
        )
        .join_from(record_customer, record, of_record)
        .where(record_customer.c.workspace == workspace.number, record_customer.c.customer.in_(ordinals))
        .order_by(record.c.record)
    )
    found: dict[int, list[Own]] = {ordinal: [] for ordinal in ordinals}
    for ordinal, *own in connection.execute(query):
        found[ordinal].append(Own(*own))
    return {ordinal: tuple(owns) for ordinal, owns in found.items()}


def ids_of(workspace: Workspace, connection: sa.Connection, ordinals: list[int]) -> dict[int, str]:
    """Return the ids of customers (ordinals)."""
    query = sa.select(customer.c.customer, customer.c.one_id).where(
        customer.c.workspace == workspace.number, customer.c.customer.in_(ordinals)
    )
    return {row.customer: outside("customer", row.one_id) for row in connection.execute(query)}


_SURVIVOR = sa.text(
    """with recursive line as (
         select customer, one_id, merged_into from customer where workspace = :workspace and one_id = :one_id
         union all
         select c.customer, c.one_id, c.merged_into from line l
         join customer c on c.workspace = :workspace and c.customer = l.merged_into)
       select customer, one_id from line where merged_into is null"""
)
