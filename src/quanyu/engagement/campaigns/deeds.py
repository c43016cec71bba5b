"""What customers did in the days after one of their own: whether they bought, what they spent, what they opened."""

from datetime import date, timedelta
from typing import Any

import ibis
import pyarrow as pa

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.engagement.journeys.counting import ASSIGNED, around, beside, net, purchases
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import pinned_scope
from quanyu.foundation.money import exponent
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments.terms import in_force
from quanyu.targeting.fields.catalogue import BEHAVIOURS

READ = ("opened", "clicked", "replied")
"""Answers of who has read what came."""


def whom(members: OrdinalSet, arm: str, day: date) -> pa.Table:
    """Return customers with their arm and the day after which counts what they do."""
    many = members.count()
    columns = [pa.array(members.ordinals()), pa.repeat(pa.scalar(arm), many), pa.repeat(pa.scalar(day), many)]
    return pa.Table.from_arrays(columns, schema=ASSIGNED)


def deeds(ws: Workspace, people: pa.Table, days: int, campaign: str = "") -> pa.Table:
    """Return customer, arm, bought, spent (major units, net of what came back) and read, for rows as of `whom`.

    Counted is what each did from the day after his own on, for so many days; `read` is about messages of `campaign`,
    from his own day on.
    """
    used = [BEHAVIOURS[each] for each in ("orders", "returns", "refunds", "responses")]
    tables = tuple({t.name: t for each in used for t in (CUSTOMER_OF_RECORD, *each.tables)}.values())
    scope = pinned_scope(ws.lake, tables, ws.lake.vector(tables), ws.clock.now(), ws.time_zone)
    whose: Value = ibis.memtable(people)
    rows = purchases(scope, whose, days, in_force(ws))
    answers = around(scope, whose, "responses", ("campaign", "event"), 0, days)
    answers = answers.filter((answers.campaign == campaign) & answers.event.isin(READ))
    rows = beside(rows, answers.group_by("customer").agg(answers=answers.count()))
    spent = net(rows, 10 ** exponent(ws.currency))
    return ws.lake.to_arrow(
        rows.select("customer", "arm", bought=rows.paid.notnull(), spent=spent, read=rows.answers.notnull())
    )


def before(ws: Workspace, members: OrdinalSet, days: int) -> pa.Table:
    """Return what customers did in the last `days` whole days."""
    return deeds(ws, whom(members, "", ws.clock.today(ws.time_zone) - timedelta(days=days + 1)), days)


def who(rows: pa.Table, column: str) -> OrdinalSet:
    """Return the customers of whom a column is true."""
    chosen: Any = rows.filter(rows[column])["customer"].to_numpy()
    return OrdinalSet.of(chosen)
