"""Says how the values of two tags go together: how many customers have each pair of them."""

from dataclasses import dataclass

import ibis

from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.runs import current

MOST = 2_000  # pairs of values that are told


@dataclass(frozen=True)
class Pair:
    """Customers with these values, as text; None where the tag is not known."""

    one: str | None
    other: str | None
    customers: int


def pair_tags(ws: Workspace, one: str, other: str) -> list[Pair]:
    """Return the pairs of values of two tags by the last run, the most frequent first, in one scan."""
    now = current(ws)
    names = {tag.name for tag in now.pack.tags}
    for name in (one, other):
        if name not in names:
            raise Invalid(Text("There is no such tag.", "没有这个标签。"), received=name, allowed=sorted(names)[:20])
    rows = now.rows
    found = (
        rows.group_by(one=rows[one].cast("string"), other=rows[other].cast("string"))
        .agg(customers=rows.count())
        .order_by(ibis.desc("customers"), "one", "other")
        .limit(MOST)
    )
    return [Pair(row["one"], row["other"], row["customers"]) for row in ws.lake.to_arrow(found).to_pylist()]
