"""What a message of each journey is expected to bring, and whether that has held.

Those who entered long enough ago are parted by the day on which they did, into an earlier and a later half. What each
message of the journey brought the earlier half, against those left alone, is the prediction; what it brought the later
half is the test. Calibration is shown where the limits of the later half hold what was foretold, and leave out nothing:
limits at any look, for this is asked day after day. Then the journey counts by what each message brought all of them;
any other counts as nothing, and so comes before those that are shown to lose.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
import structlog
from numpy.typing import NDArray

from quanyu.customers.identity.people import people_in
from quanyu.engagement.journeys.counting import BEFORE, SPENT, Counted, count
from quanyu.engagement.journeys.definitions import load, newest
from quanyu.engagement.journeys.effects import ENTERED, PLANNED, assigned_to, paid
from quanyu.engagement.journeys.entering import CONTROL
from quanyu.engagement.journeys.model import END, RUNNING, Journey, Split
from quanyu.engagement.journeys.precedence import FEW, Brought, Expectation, expectations, judge, keep
from quanyu.engagement.journeys.steps.send import SENT
from quanyu.engagement.journeys.tables import journey_move, journey_state
from quanyu.foundation.errors import QuanyuError
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.looking import Looking
from quanyu.targeting.experiments.terms import Terms, in_force
from quanyu.targeting.tags.packs import standing as standing_pack

DAYS = 30
"""Days after entering that count."""
LEAST = 2
"""Customers of each group, without whom there is no spread."""
_log = structlog.get_logger("quanyu.journeys")


def expect(ws: Workspace, *, most: int | None = None, anew: bool = False) -> list[Expectation]:
    """Work out what was not worked out today, of the journeys that run; `anew` all of them. Return what was.

    With `most` only so many, those that were worked out longest ago: each reads the lake for seconds.
    """
    today, known, terms = ws.clock.today(ws.time_zone), {} if anew else expectations(ws), in_force(ws)
    asked = [name for name in _settled(ws, today, terms) if name not in known or known[name].day < today]
    asked.sort(key=lambda name: (known[name].day if name in known else date.min, name))
    found: list[Expectation] = []
    for name in asked[:most]:
        try:
            found.append(_expected(ws, name, today, terms))
        except QuanyuError as error:  # the present tags do not allow it: the others are worked out all the same
            _log.warning("no effect of a journey is expected", journey=name, error=type(error).__name__)
    for each in found:
        keep(ws, each)
    return found


def _settled(ws: Workspace, today: date, terms: Terms) -> list[str]:
    """Return the running journeys of whose entrants some are settled."""
    m, s, zone = journey_move.c, journey_state.c, ZoneInfo(ws.time_zone)
    first = sa.func.min(m.at).label("first")
    runs = sa.exists().where(s.workspace == m.workspace, s.journey == m.journey, s.state == RUNNING)
    query = sa.select(m.journey, first).where(m.workspace == ws.number, runs).group_by(m.journey).order_by(m.journey)
    with ws.begin() as connection:
        rows = connection.execute(query).all()
    return [row.journey for row in rows if row.first.astimezone(zone).date() < _last_settled(today, terms)]


def _last_settled(today: date, terms: Terms) -> date:
    return today - timedelta(days=DAYS + terms.longest + 1)


def _expected(ws: Workspace, name: str, today: date, terms: Terms) -> Expectation:
    journey = load(ws, name, newest(ws)[name], standing_pack(ws).askables)
    assigned = _assigned(ws, journey)
    over = assigned["day"].to_numpy().astype("datetime64[D]") <= np.datetime64(_last_settled(today, terms))
    whose = _Entrants(assigned.filter(pa.array(over)).sort_by("customer"))
    if not whose.parted or not all(whose.enough(each) for each in (whose.earlier, ~whose.earlier)):
        return Expectation(name, today, FEW)
    counted, sent = count(ws, whose.table, DAYS, terms), _sent(ws, name, whose)
    earlier, later, all_of_them = (
        _brought(counted, mask, int(sent[mask].sum()), terms, whose.lasting)
        for mask in (whose.earlier, ~whose.earlier, np.ones(len(sent), np.bool_))
    )
    if earlier is None or later is None or all_of_them is None:
        return Expectation(name, today, FEW)
    return Expectation(name, today, judge(earlier.value, later), all_of_them.value, earlier.value, later)


def _assigned(ws: Workspace, journey: Journey) -> pa.Table:
    """Return who entered and who was left alone: at the door, or else by the first split that leaves people alone."""
    if journey.control:
        return assigned_to(ws, journey.name)
    lots = [n for n, step in journey.steps.items() if isinstance(step, Split) and END in [to for _, to in step.parts]]
    if not lots:
        return assigned_to(ws, journey.name).slice(0, 0)
    found = assigned_to(ws, journey.name, lots[0])
    arms = np.where(found["arm"].to_numpy() == END, CONTROL, ENTERED)
    return found.set_column(found.schema.get_field_index("arm"), "arm", pa.array(arms, pa.string()))


@dataclass(frozen=True)
class _Entrants:
    """Those whose days are over, by customer: the earlier half of them by the day on which they entered."""

    table: pa.Table

    @property
    def days(self) -> NDArray[np.datetime64]:
        return self.table["day"].to_numpy().astype("datetime64[D]")

    @property
    def parted(self) -> bool:
        return self.table.num_rows > 0 and bool(self.earlier.any()) and not bool(self.earlier.all())

    @property
    def earlier(self) -> NDArray[np.bool_]:
        days, many = np.unique(self.days, return_counts=True)
        halfway = min(int(np.searchsorted(np.cumsum(many), many.sum() / 2)), max(days.size - 2, 0))
        return self.days <= days[halfway]

    @property
    def lasting(self) -> int:
        return int((self.days.max() - self.days.min()).astype(int)) + DAYS

    def enough(self, mask: NDArray[np.bool_]) -> bool:
        alone = self.table["arm"].to_numpy()[mask] == CONTROL
        return min(int(alone.sum()), int((~alone).sum())) >= LEAST


def _sent(ws: Workspace, name: str, whose: _Entrants) -> NDArray[np.int64]:
    """Return how many messages of the journey went to each in the days that count."""
    customers, days, zone = whose.table["customer"].to_numpy(), whose.days, ZoneInfo(ws.time_zone)
    found, m = np.zeros(customers.size, np.int64), journey_move.c
    mine = (m.workspace == ws.number, m.journey == name, sa.func.starts_with(m.outcome, SENT))
    with ws.begin() as connection:
        epoch = people_in(ws, connection).epoch
        for row in connection.execute(sa.select(m.at, m.members).where(*mine, m.epoch == epoch)):
            members = from_bytes(row.members).ordinals().astype(np.int64)
            places = np.searchsorted(customers, members)
            places = places[customers[np.minimum(places, customers.size - 1)] == members]
            after = np.array(row.at.astimezone(zone).date(), "datetime64[D]") - days[places]
            after = after.astype(np.int64)
            found[places[(after >= 0) & (after <= DAYS)]] += 1
    return found


def _brought(counted: Counted, mask: NDArray[np.bool_], messages: int, terms: Terms, lasting: int) -> Brought | None:
    """Return what each message brought these customers, or None where none went."""
    rows = counted.rows.filter(pa.array(mask))
    looking = Looking(PLANNED)
    if messages == 0:
        return None
    if terms.margin is not None:
        (found,) = paid(replace(counted, rows=rows), CONTROL, terms, lasting, looking)
        return Brought(found.profit / messages, found.profit_low / messages, found.profit_high / messages)
    (effect,) = analyze(rows, "arm", CONTROL, [SPENT], None, BEFORE, looking).effects
    if effect.absolute_low is None or effect.absolute_high is None:
        return None
    each = effect.arm_customers / messages
    return Brought(effect.absolute * each, effect.absolute_low * each, effect.absolute_high * each)
