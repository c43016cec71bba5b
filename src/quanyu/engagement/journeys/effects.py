"""What a journey changed: what those who entered did afterwards, against those who were left alone by lot.

Everybody who was assigned counts, reached or not. Counted is what each did from the day after his assignment on, for so
many days; money is net of what was given back, and what each did in the year before is allowed for. Until the last
one's days are over, and the time in which goods may come back, the answer is preliminary: its limits are then such
that they hold however often somebody looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.people import people_in
from quanyu.engagement.journeys.counting import ASSIGNED, BEFORE, OUTCOMES, SPENT, Counted, count
from quanyu.engagement.journeys.definitions import load, newest, text_of
from quanyu.engagement.journeys.entering import CONTROL
from quanyu.engagement.journeys.model import Journey, Split
from quanyu.engagement.journeys.moving import ENTRANCE
from quanyu.engagement.journeys.precedence import expectations, place_of
from quanyu.engagement.journeys.tables import journey_move
from quanyu.engagement.journeys.tagvalues import beside, values_before
from quanyu.engagement.journeys.testers import find_testers
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments.adjusting import prepare
from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.looking import Looking
from quanyu.targeting.experiments.model import Analysis
from quanyu.targeting.experiments.paying import Books, Payback, pay_back
from quanyu.targeting.experiments.terms import Terms, in_force
from quanyu.targeting.tags.packs import standing as standing_pack

ENTERED = "entered"
TO = "to:"
PLANNED = 5_000
"""Customers at which limits that hold at any look are tightest; fixed, for it must not depend on what is seen."""
_MONTH = 30.4375


@dataclass(frozen=True)
class Report:
    """`preliminary` until `settled_on`: purchases may still be made, or come back.

    `paid` says of every group but the control whether it paid, where the terms tell a margin. `by_past` says whether
    the values of the tag are those from before the journey; None without a tag. `place` says by what the journey comes
    before or after others where caps leave room for few; None where the report is on no journey.
    """

    journey: str
    days: int
    analysis: Analysis
    first_day: date
    last_day: date
    settled_on: date
    preliminary: bool
    terms: Terms
    currency: str
    paid: tuple[Payback, ...] = ()
    by_past: bool | None = None
    place: Text | None = None


def report(ws: Workspace, name: str, days: int = 30, step: str | None = None, by: str | None = None) -> Report:
    """Compare those who entered with the control; with `step` the ways of that split, of which `end` is the control.

    With `by` also by the values of a tag. Raises Conflict where nobody was assigned or there is no control, Invalid
    where the step is no split or there is no such tag.
    """
    text_of(ws, name)
    journey = load(ws, name, newest(ws)[name], standing_pack(ws).askables)
    shares, control = _planned(journey, step)
    place = place_of(journey.priority, expectations(ws).get(name), ws.currency)
    assigned = assigned_to(ws, name, step)
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
    expected = {arm: share for arm, share in shares.items() if arm in present}
    return replace(compare(ws, name, assigned, control, expected, days, by), place=place)


def compare(
    ws: Workspace,
    name: str,
    assigned: pa.Table,
    control: str,
    expected: Mapping[str, float],
    days: int,
    by: str | None = None,
    *,
    at_once: bool = True,
) -> Report:
    """Report on customers who were assigned to groups on a day: `assigned` has the columns of ASSIGNED."""
    terms = in_force(ws)
    counted = count(ws, assigned, days, terms, at_once=at_once)
    on = sorted(assigned["day"].unique().to_pylist())
    settled = on[-1] + timedelta(days=days + terms.longest)
    today = ws.clock.today(ws.time_zone)
    preliminary = today <= settled
    rows, by_past = counted.rows, None
    if by is not None:
        told, by_past = values_before(ws, by, on[0])
        rows = beside(rows, told, by)
    looking = Looking(PLANNED, _seen(assigned, today, days)) if preliminary else None
    analysis = analyze(rows, "arm", control, OUTCOMES, expected, BEFORE, looking, by)
    payback = paid(counted, control, terms, (on[-1] - on[0]).days + days, looking)
    told_of = (on[0], on[-1], settled, preliminary)
    return Report(name, days, analysis, *told_of, terms, ws.currency, payback, by_past)


def _seen(assigned: pa.Table, today: date, days: int) -> float:
    """Return which share of everybody's days has passed."""
    since = np.array(today, "datetime64[D]") - assigned["day"].to_numpy().astype("datetime64[D]")
    return float(np.clip(since.astype(np.int64) - 1, 0, days).mean() / days)


def paid(counted: Counted, control: str, terms: Terms, lasting: int, looking: Looking | None) -> tuple[Payback, ...]:
    """Say of every group but the control whether it paid in so many days; nothing without a margin."""
    if terms.margin is None:
        return ()
    rows = counted.rows
    arms = rows["arm"].to_numpy()
    spent, discount, messages = (rows[each].to_numpy() for each in (SPENT, "discount", "messages"))
    before = prepare([rows[each].to_numpy().astype(np.float64) for each in BEFORE])
    margin = terms.margin * (spent + discount)

    def books(arm: str) -> Books:
        mine = arms == arm
        given = 0.0 if arm == control else terms.points
        return Books(margin[mine], (discount + messages)[mine] + given, before[mine])

    software = terms.software * lasting / _MONTH / max(counted.all_messages, 1)
    found: list[Payback] = []
    for arm in sorted(set(arms) - {control}):
        mine, alone = books(arm), books(control)
        sent = int(rows["sent"].to_numpy()[arms == arm].sum())
        alpha = 0.05 if looking is None else looking.alpha(mine.margin.size + alone.margin.size)
        found.append(pay_back(arm, mine, alone, software * sent, alpha))
    return tuple(found)


def _planned(journey: Journey, step: str | None) -> tuple[Mapping[str, float], str]:
    """Return the shares of the groups as they were planned, and which of them is the control."""
    if step is None:
        return {CONTROL: journey.control, ENTERED: 1 - journey.control}, CONTROL
    split = journey.steps.get(step)
    if not isinstance(split, Split):
        splits = [name for name, each in journey.steps.items() if isinstance(each, Split)]
        raise Invalid(Text("This step is no split.", "该步骤不是分流。"), received=step[:60], allowed=splits)
    return {to: share for share, to in split.parts}, "end"


def assigned_to(ws: Workspace, name: str, step: str | None = None) -> pa.Table:
    """Return who was assigned to which group on which day, each by his first time: customer, arm, day."""
    m, zone = journey_move.c, ZoneInfo(ws.time_zone)
    mine = (m.workspace == ws.number, m.journey == name, m.step == (step or ENTRANCE))
    wanted = m.outcome.in_((ENTERED, CONTROL)) if step is None else sa.func.starts_with(m.outcome, TO)
    met, parts = find_testers(ws), [ASSIGNED.empty_table()]  # whoever tries things out is in no figure
    with ws.begin() as connection:
        epoch = people_in(ws, connection).epoch
        for row in connection.execute(sa.select(journey_move).where(*mine, wanted, m.epoch == epoch).order_by(m.tick)):
            members = from_bytes(row.members)
            news, met = members - met, met | members
            told = (news.ordinals(), row.outcome.removeprefix(TO), row.at.astimezone(zone).date())
            many = news.count()
            columns = [told[0], pa.repeat(pa.scalar(told[1]), many), pa.repeat(pa.scalar(told[2]), many)]
            parts.append(pa.Table.from_arrays([pa.array(columns[0]), *columns[1:]], schema=ASSIGNED))
    return pa.concat_tables(parts)
