"""Says how customers, orders and revenue are spread over the tiers of recency, frequency and money."""

from dataclasses import dataclass
from decimal import Decimal

import ibis.expr.types as ir

from quanyu.foundation.money import exponent
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.model import Cases, Tag, TagRun
from quanyu.targeting.tags.runs import Current, current

TIER, ORDERS, REVENUE = "rfm_tier", "frequency", "monetary"
NEVER_BOUGHT = Text("Never bought", "从未购买")


@dataclass(frozen=True)
class Tier:
    """One tier; `value` is None for customers without one, `revenue` is in major units."""

    value: str | None
    title: Text
    customers: int
    orders: int
    revenue: Decimal
    revenue_share: float | None


def summarise_tiers(ws: Workspace) -> tuple[TagRun, list[Tier]]:
    """Return the last run and its tiers in the order of their definition, in one scan; empty tiers are listed too."""
    now = current(ws)
    found = {row["tier"]: row for row in ws.lake.to_arrow(_figures(now)).to_pylist()}
    total = sum(row["revenue"] or 0 for row in found.values())
    titles: list[tuple[str | None, Text]] = [*_titles(now.pack.tags), (None, NEVER_BOUGHT)]
    unit = Decimal(1).scaleb(-exponent(ws.currency))
    tiers: list[Tier] = []
    for value, title in titles:
        row = found.get(value) or {"customers": 0, "orders": 0, "revenue": 0}
        revenue = int(row["revenue"] or 0)
        share = revenue / total if total else None
        tiers.append(Tier(value, title, row["customers"], int(row["orders"] or 0), revenue * unit, share))
    return now.run, tiers


def _titles(tags: tuple[Tag, ...]) -> list[tuple[str | None, Text]]:
    sources = [tag.source for tag in tags if tag.name == TIER]
    return [(case.value, case.title) for source in sources if isinstance(source, Cases) for case in source.cases]


def _figures(now: Current) -> ir.Table:
    rows = now.rows
    return rows.group_by(tier=rows[TIER]).agg(
        customers=rows.count(),
        orders=rows[ORDERS].sum(),  # type: ignore[attr-defined]
        revenue=rows[REVENUE].sum(),  # type: ignore[attr-defined]
    )
