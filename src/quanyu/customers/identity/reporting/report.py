"""The ID report put together: a line per source and one for all, months of growth, and what to mend next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from quanyu.customers.identity.people import read_people
from quanyu.customers.identity.policies import policy_of
from quanyu.customers.identity.reporting.growth import Day, days, keep_day
from quanyu.customers.identity.reporting.likely import Likely, likely
from quanyu.customers.identity.reporting.mending import Gain, gains
from quanyu.customers.identity.reporting.standing import TABLES, Standing, take_standing
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.errors import NotFound
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

DAYS = 366
"""Days of the score that a report shows at most."""


@dataclass(frozen=True)
class Line:
    """One source, or all together (source None). Shares of identifiers are of records, by type; None: there are none.

    `linked_records` have a customer whom another source knows, too; `linked`, `identified` and `taggable` count
    customers.
    """

    source: str | None
    records: int
    linked_records: int
    customers: int
    linked: int
    identified: int
    taggable: int
    shares: Mapping[str, float]

    @property
    def score(self) -> int:
        """0 to 100: the mean of the shares of customers who are linked, identified by phone, and taggable."""
        whole = 3 * max(self.customers, 1)
        return round(100 * (self.linked + self.identified + self.taggable) / whole)


@dataclass(frozen=True)
class Report:
    """`months` holds customers by the month of their first registration, `reachable` customers by channel.

    `likely` are pairs that no key joins; they count here and nowhere else. `days` are those of which there was a
    report, today the last one.
    """

    whole: Line
    sources: tuple[Line, ...]
    gains: tuple[Gain, ...]
    months: tuple[tuple[date, int], ...]
    likely: Likely
    days: tuple[Day, ...] = ()
    reachable: Mapping[str, int] = field(default_factory=dict[str, int])


def report(workspace: Workspace, facts: Sequence[LakeTable]) -> Report:
    """Look at everybody now, and keep the score of the day; `facts` are tables of what records did.

    Raises NotFound before the first recognition.
    """
    lake = workspace.lake
    vector = lake.vector((*TABLES, *facts))
    if CUSTOMER_OF_RECORD.name not in vector or not read_people(workspace).enrolled:
        raise NotFound(
            Text("Nobody has been recognised yet.", "尚未识别任何客户。"),
            remedy=Text("Import records, then run: quanyu identify", "请先导入记录，再运行：quanyu identify"),
        )
    with workspace.heavy():
        with workspace.begin() as connection:
            policy = policy_of(workspace, connection)
            unproven = likely(workspace, connection)
        standing = take_standing(lake, vector, policy, facts, workspace.time_zone)
    lines = _lines(standing)
    months = zip(*(standing.months[name].to_pylist() for name in ("month", "customers")), strict=True)
    sources = tuple(line for line in lines if line.source is not None)
    whole = next(line for line in lines if line.source is None)
    counts = (whole.records, whole.customers, whole.linked, whole.identified, whole.taggable, whole.score)
    keep_day(workspace, Day(workspace.clock.today(workspace.time_zone), *counts))
    kept = tuple(days(workspace, DAYS))
    return Report(whole, sources, tuple(gains(standing)), tuple(months), unproven, kept)


def _lines(standing: Standing) -> list[Line]:
    of = np.array(standing.sets["source"].to_pylist(), object)
    mask, records, linked = (standing.sets[name].to_numpy() for name in ("mask", "records", "linked"))
    lines: list[Line] = []
    for row in standing.customers.to_pylist():
        mine = np.full(len(of), fill_value=True) if row["source"] is None else of == row["source"]
        count = int(records[mine].sum())
        shares = {
            type_: float(records[mine & (mask >> bit & 1 == 1)].sum() / count)
            for bit, type_ in enumerate(standing.types)
        }
        told = (row["customers"], row["linked"], row["identified"], row["taggable"])
        given = {type_: share for type_, share in shares.items() if share > 0}
        lines.append(Line(row["source"], count, int(linked[mine].sum()), *told, given))
    return lines
