"""What a journey changed: what those who entered did afterwards, against those who were left alone by lot.

Everybody who was assigned counts, reached or not. Counted is what each did from the day after his assignment on, for so
many days; money is net of what was given back. Until the last one's days are over, and the time in which goods may come
back, the answer is preliminary.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.people import people_in
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.engagement.journeys.definitions import load, newest, text_of
from quanyu.engagement.journeys.entering import CONTROL
from quanyu.engagement.journeys.model import Split
from quanyu.engagement.journeys.moving import ENTRANCE
from quanyu.engagement.journeys.tables import journey_move
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Scope, pinned_scope
from quanyu.foundation.money import exponent
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.model import Analysis
from quanyu.targeting.fields.catalogue import BEHAVIOURS
from quanyu.targeting.tags.packs import standing as standing_pack

ENTERED = "entered"
TO = "to:"
BOUGHT, SPENT, UNSUBSCRIBED = "bought", "spent", "unsubscribe"
OUTCOMES = (BOUGHT, SPENT, UNSUBSCRIBED)
RETURN_WINDOW = 15
"""Days in which goods may come back; in China seven for what was bought at a distance, and time to send it."""


@dataclass(frozen=True)
class Report:
    """`preliminary` until `settled_on`: purchases may still be made, or come back."""

    journey: str
    days: int
    analysis: Analysis
    first_day: date
    last_day: date
    settled_on: date
    preliminary: bool


def report(ws: Workspace, name: str, days: int = 30, step: str | None = None) -> Report:
    """Compare those who entered with the control; with `step` the ways of that split, of which `end` is the control.

    Raises Conflict where nobody was assigned or there is no control, Invalid where the step is no split.
    """
    text_of(ws, name)
    shares, control = _planned(ws, name, step)
    assigned = _assigned(ws, name, step)
    present = set(assigned["arm"].unique().to_pylist())
    if len(present) < 2 or control not in present:
        raise Conflict(
            Text("There is nobody to compare with.", "没有可比较的对照组。"),
            remedy=Text(
                "Leave some alone (control: 0.05), or send some of a split to `end`.",
                "请设置对照组（control: 0.05），或让分流的一部分进入 end。",
            ),
            received=", ".join(sorted(present)),
            allowed=[f"{control} and another group"],
        )
    rows = _outcomes(ws, assigned, days)
    expected = {arm: share for arm, share in shares.items() if arm in present}
    analysis = analyze(rows, "arm", control, OUTCOMES, expected)
    on = sorted(assigned["day"].unique().to_pylist())
    settled = on[-1] + timedelta(days=days + RETURN_WINDOW)
    today = ws.clock.today(ws.time_zone)
    return Report(name, days, analysis, on[0], on[-1], settled, preliminary=today <= settled)


def _planned(ws: Workspace, name: str, step: str | None) -> tuple[Mapping[str, float], str]:
    """Return the shares of the groups as they were planned, and which of them is the control."""
    journey = load(ws, name, newest(ws)[name], standing_pack(ws).askables)
    if step is None:
        return {CONTROL: journey.control, ENTERED: 1 - journey.control}, CONTROL
    split = journey.steps.get(step)
    if not isinstance(split, Split):
        splits = [name for name, each in journey.steps.items() if isinstance(each, Split)]
        raise Invalid(Text("This step is no split.", "该步骤不是分流。"), received=step[:60], allowed=splits)
    return {to: share for share, to in split.parts}, "end"


def _assigned(ws: Workspace, name: str, step: str | None) -> pa.Table:
    """Return who was assigned to which group on which day, each by his first time: customer, arm, day."""
    m, zone = journey_move.c, ZoneInfo(ws.time_zone)
    mine = (m.workspace == ws.number, m.journey == name, m.step == (step or ENTRANCE))
    wanted = m.outcome.in_((ENTERED, CONTROL)) if step is None else sa.func.starts_with(m.outcome, TO)
    met, parts = OrdinalSet.empty(), [_ASSIGNED.empty_table()]
    with ws.begin() as connection:
        epoch = people_in(ws, connection).epoch
        for row in connection.execute(sa.select(journey_move).where(*mine, wanted, m.epoch == epoch).order_by(m.tick)):
            members = from_bytes(row.members)
            news, met = members - met, met | members
            told = (news.ordinals(), row.outcome.removeprefix(TO), row.at.astimezone(zone).date())
            many = news.count()
            columns = [told[0], pa.repeat(pa.scalar(told[1]), many), pa.repeat(pa.scalar(told[2]), many)]
            parts.append(pa.Table.from_arrays([pa.array(columns[0]), *columns[1:]], schema=_ASSIGNED))
    return pa.concat_tables(parts)


_ASSIGNED = pa.schema([("customer", pa.int64()), ("arm", pa.string()), ("day", pa.date32())])


def _outcomes(ws: Workspace, assigned: pa.Table, days: int) -> pa.Table:
    """Return arm and outcomes of each: whether he bought, what he spent in major units, whether he unsubscribed."""
    used = [BEHAVIOURS[each] for each in ("orders", "returns", "refunds", "responses")]
    tables = tuple({t.name: t for each in used for t in (CUSTOMER_OF_RECORD, *each.tables)}.values())
    scope = pinned_scope(ws.lake, tables, ws.lake.vector(tables), ws.clock.now(), ws.time_zone)
    whom: Value = ibis.memtable(assigned)
    orders = _after(scope, whom, days, "orders", "amount")
    returns, refunds = (_after(scope, whom, days, each, "amount") for each in ("returns", "refunds"))
    answers = _after(scope, whom, days, "responses", "event")
    said_no = answers.filter(answers.event.isin(["unsubscribed", "complained"]))
    rows: Value = whom.select("customer", "arm")
    sums = {"paid": orders, "returned": returns, "refunded": refunds}
    for named, each in sums.items():
        rows = _beside(rows, each.group_by("customer").agg(**{named: each.amount.sum()}))
    rows = _beside(rows, said_no.group_by("customer").agg(no=said_no.count()))
    # Sources tell one return as goods, as money, or as both: the greater is what was given back.
    back = ibis.greatest(rows.returned.fill_null(0), rows.refunded.fill_null(0))
    spent = (rows.paid.fill_null(0) - back).cast("float64") / 10 ** exponent(ws.currency)
    told = rows.select("arm", **{BOUGHT: rows.paid.notnull(), SPENT: spent, UNSUBSCRIBED: rows.no.notnull()})
    return ws.lake.to_arrow(told)


def _beside(rows: Value, more: Value) -> Value:
    return rows.left_join(more.rename(_whose="customer"), [("customer", "_whose")]).drop("_whose")


def _after(scope: Scope, whom: Value, days: int, behaviour: str, column: str) -> Value:
    """Return what those assigned did within `days` after the day of their assignment: customer and the column."""
    did: Value = BEHAVIOURS[behaviour].build(scope, frozenset({column}))
    whose: Value = scope.tables[CUSTOMER_OF_RECORD.name]
    rows: Value = did.rename(did_on="day").inner_join(whose, "record").inner_join(whom, "customer")
    after = (rows.did_on > rows.day) & (rows.did_on <= rows.day + ibis.interval(days=days))
    return rows.filter(after).select("customer", column)
