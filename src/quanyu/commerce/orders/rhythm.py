"""How soon customers buy again, per category: the cycle, how long one may wait, and how many come back at all.

Only gaps that have ended are seen whole; of the others it is known that they are longer (censored), and some will
never end, because the customer has left. The product-limit curve of all gaps (Kaplan and Meier, 1958) keeps the three
apart: it levels off at the share of those who do not come back (a cure model's reading), and what it loses until then
is the distribution of the gaps of those who do.

The *cycle* is the gap that is most common on the scale of square roots, among gaps between purchases of the same
product: what is used up is bought again. Of a gamma distribution of shape k and scale s this mode is (k - 1/2) s, next
to the median (k - 1/3) s. Unlike the median it hardly moves when purchases by the way are mixed in, whose gaps are
spread widely, or when some purchases are not seen (no card shown, another account), so that gaps are several cycles.
Chance alone (k = 1) has no peak at zero on this scale, and gaps of two cycles weigh less than on a logarithmic one.
Of everything together, and of what is bought for variety, the gaps are those between any two purchases.

*Patience* is the time by which four in five of those who come back to the category have come back.
"""

from functools import reduce

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.commerce.catalog import goods
from quanyu.commerce.orders.behaviours import counted_lines
from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.measuring import Scope
from quanyu.foundation.text import Text

TABLES: tuple[LakeTable, ...] = (ORDER_LINES, ORDERS, *goods.TABLES, CUSTOMER_OF_RECORD)
ENOUGH_GAPS = 100
"""Ended gaps from which a category has a rhythm of its own."""
ENOUGH_RETURN = 0.2
"""Share of gaps that end, below which a category is a durable: hardly anybody has bought it twice."""
SAME_SHARE = 1 / 3
"""Gaps between purchases of the same product per gap of the category, below which people buy for variety."""
CAME_BACK = 0.8
"""Of those who come back, the share by which patience is measured."""
EVERYTHING = ""
"""The path of all goods together, which is also where goods without a category belong."""
REASONS = {
    "own": Text("its own gaps", "本品类自身的间隔"),
    "thin": Text(f"fewer than {ENOUGH_GAPS} repeat purchases", f"复购不足 {ENOUGH_GAPS} 次"),
    "durable": Text(
        f"fewer than {ENOUGH_RETURN:.0%} of purchases are followed by another",
        f"再次购买的比例低于 {ENOUGH_RETURN:.0%}（耐用品）",
    ),
}
"""Why a category has the rhythm that it has; with `thin` and `durable` it is that of the next category above."""

_SEPARATOR = "\x1f"  # of the categories of a path, the widest first
_LEVELS = 3
_AT_RISK = 30  # below as many open gaps the curve is not followed further
_ESTIMATED_FROM = 1_000_000  # customers, taken evenly, are enough for any curve
_BIN = 0.01  # of the logarithm of a gap
_WIDTH = 30  # bins: what lies within 35% is counted together
_REACH = 3 * _WIDTH
_NODE = ["level", "path"]
_CURVE = [*_NODE, "repeat"]


def purchases(scope: Scope) -> ir.Table:
    """Columns customer, path, product, day: who bought what on which day, once, in the finest category known of it."""
    days = counted_lines(scope, "sale").group_by("record", "source", "product", "day").agg()
    owned = days.inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    told: Value = goods.with_goods(owned, scope, {f"category_{level}" for level in range(1, _LEVELS + 1)})
    codes = [told[f"category_{level}"] for level in range(1, _LEVELS + 1)]
    known = [code.fill_null("") for code in codes]
    path = ibis.cases(
        *((codes[n].notnull(), _joined(known[: n + 1])) for n in reversed(range(_LEVELS))),
        else_=EVERYTHING,
    )
    return told.mutate(path=path).group_by("customer", "path", "product", "day").agg()


def rhythms(bought: ir.Table, scope: Scope) -> ir.Table:
    """One row per category of any level that `purchases` found, and one for everything.

    Columns: path, level (0 everything to 3), category (its code, NULL for everything), gaps (ended ones), same_gaps
    (those between purchases of the same product), share_returning, own_cycle (days, NULL where gaps are too few),
    own_patience, reason (of REASONS), used_path (whose rhythm it has: its own, or that of the next category above with
    enough), used_level, cycle, patience. The last four are NULL where not even everything has enough gaps.
    """
    ladder = _ladder(bought.select(node="path").distinct())
    histogram = _histogram(bought, ladder, scope)
    estimated = _estimates(ladder.select(*_NODE).distinct(), histogram, _curves(histogram))
    usable = estimated.filter(_.reason == "own")
    above = _ladder(estimated.select(node="path"))
    found = above.inner_join(usable.select("path", "own_cycle", "own_patience"), "path")
    nearest = found.group_by("node").agg(
        used_path=found.path.argmax(found.level),
        used_level=found.level.max(),
        cycle=found.own_cycle.argmax(found.level),
        patience=found.own_patience.argmax(found.level),
    )
    beside = estimated.left_join(nearest, [("path", "node")]).drop("node")
    return beside.mutate(category=category_of(beside.path))


def category_of(path: Value) -> Value:
    """The code of a path's finest category; NULL for everything."""
    return ibis.ifelse(path == EVERYTHING, None, path.split(_SEPARATOR)[-1])


def _histogram(bought: Value, ladder: Value, scope: Scope) -> ir.Table:
    """Columns level, path, repeat (of the same product), length (days), ended, open: how many gaps are how long.

    A gap that is open has lasted until the scope's day.
    """
    owners: Value = scope.tables[CUSTOMER_OF_RECORD.name]
    everybody = owners.agg(every=(owners.customer.max() // _ESTIMATED_FROM + 1).cast("int64"))
    chosen: Value = bought.cross_join(everybody).filter(_.customer % _.every == 0).drop("every")
    same = _gaps(chosen.filter(chosen["product"].notnull()), ["customer", "path", "product"], scope)
    repeats = same.inner_join(ladder.rename(of="path"), [("path", "node")])
    rolled = repeats.group_by("level", path="of", length="length").agg(ended=_.ended.sum(), open=_.open.sum())
    days = chosen.inner_join(ladder.rename(of="path"), [("path", "node")])
    visited = days.group_by("customer", "level", "day", path="of").agg()
    returns = _gaps(visited, ["customer", *_NODE], scope, [*_NODE])
    counts = (*_NODE, "length", "ended", "open")
    kinds = {True: rolled, False: returns}
    return ibis.union(*(rows.select(*counts, repeat=ibis.literal(same)) for same, rows in kinds.items()))


def _gaps(days: Value, by: list[str], scope: Scope, kept: list[str] | None = None) -> ir.Table:
    """Count gaps between the days of each `by`, by what is `kept` (path) and their length."""
    following = days.day.lead().over(ibis.window(group_by=by, order_by="day"))
    told: Value = days.mutate(following=following)
    until = told.following.fill_null(ibis.literal(scope.day, "date"))
    lasting = told.mutate(length=until.delta(told.day, unit="day"), ended=told.following.notnull())
    counted = lasting.group_by(*(kept or ["path"]), "length")
    return counted.agg(ended=lasting.ended.sum().cast("int64"), open=(~lasting.ended).sum().cast("int64"))


def _ladder(nodes: Value) -> Value:
    """Columns node, level, path: each node's own category and all above it."""
    parts = nodes.mutate(parts=nodes.node.split(_SEPARATOR))
    steps = [nodes.select("node", level=ibis.literal(0, "int64"), path=ibis.literal(EVERYTHING))]
    for level in range(1, _LEVELS + 1):
        reached = parts.filter(parts.node != EVERYTHING, parts.parts.length() >= level, parts.parts[level - 1] != "")
        path = _joined([reached.parts[n] for n in range(level)])
        steps.append(reached.select("node", level=ibis.literal(level, "int64"), path=path))
    return ibis.union(*steps)


def _joined(codes: list[Value]) -> Value:
    return reduce(lambda path, code: path.concat(_SEPARATOR, code), codes)


def _curves(histogram: Value) -> ir.Table:
    """Columns of `_CURVE`, length, gaps (ended ones in all), lost (since the length before), returned (so far).

    A curve ends where fewer than `_AT_RISK` gaps have lasted as long. A cumulative product is the sum of logarithms.
    """
    group = ibis.window(group_by=_CURVE)
    before = ibis.window(group_by=_CURVE, order_by="length", preceding=None, following=0)
    each, gaps = histogram.ended + histogram.open, histogram.ended.sum().over(group)
    at_risk = each.sum().over(group) - each.sum().over(before) + each
    told: Value = histogram.mutate(at_risk=at_risk, gaps=gaps, left=ibis.greatest(1 - histogram.ended / at_risk, 1e-9))
    followed: Value = told.filter(told.at_risk >= _AT_RISK)
    survival = followed.left.ln().sum().over(before).exp()
    lost = survival / followed.left * (1 - followed.left)
    return followed.select(*_CURVE, "length", "gaps", lost=lost, returned=1 - survival)


def _estimates(nodes: Value, histogram: Value, curves: Value) -> ir.Table:
    """One row per node: path, level, gaps, same_gaps, share_returning, own_cycle, own_patience, reason."""
    counted = histogram.group_by(*_NODE).agg(
        gaps=histogram.ended.sum(where=~histogram.repeat).cast("int64"),
        same_gaps=histogram.ended.sum(where=histogram.repeat).cast("int64"),
    )
    known = nodes.left_join(counted, _NODE).select(*_NODE, gaps=_.gaps.fill_null(0), same_gaps=_.same_gaps.fill_null(0))
    shapes: Value = _waits(curves).left_join(_peaks(curves), _CURVE).select(*_CURVE, "share", "patience", "peak")
    repeats = shapes.filter(shapes.repeat, shapes.level > 0).select("path", same_peak="peak")
    told: Value = known.left_join(shapes.filter(~shapes.repeat).drop("repeat", "level"), "path").drop("path_right")
    beside: Value = told.left_join(repeats, "path").drop("path_right")
    thin = (beside.gaps < ENOUGH_GAPS) | beside.patience.isnull()
    used_up = (beside.same_gaps >= SAME_SHARE * beside.gaps) & (beside.same_peak <= beside.patience)
    return beside.select(
        *_NODE,
        "gaps",
        "same_gaps",
        share_returning=beside.share,
        own_cycle=ibis.ifelse(used_up, beside.same_peak, beside.peak),
        own_patience=beside.patience,
        reason=ibis.cases((thin, "thin"), (beside.share < ENOUGH_RETURN, "durable"), else_="own"),
    )


def _waits(curves: Value) -> ir.Table:
    """Columns of `_CURVE`, share (who come back at all), patience (days until `CAME_BACK` of them have)."""
    told: Value = curves.mutate(share=curves.returned.max().over(ibis.window(group_by=_CURVE)))
    late = (told.returned >= CAME_BACK * told.share) & (told.share > 0)
    return told.group_by(*_CURVE).agg(share=told.share.max(), patience=told.length.min(where=late))


def _peaks(curves: Value) -> ir.Table:
    """Columns of `_CURVE`, peak: the gap that is most common on the scale of roots, in days.

    Counted in bins of the logarithm, each share is spread over its neighbours: a density per logarithm, over the root
    of the length, is one per root. Of two peaks of one height the shorter gap; of too few gaps none.
    """
    ended: Value = curves.filter(curves.gaps >= ENOUGH_GAPS, curves.lost > 0, curves.length > 0)
    bin_ = (ended.length.ln() / _BIN).round().cast("int64")
    binned = ended.mutate(bin=bin_, weight=ended.lost / ended.length.sqrt())
    sums: Value = binned.group_by(*_CURVE, "bin").agg(weight=_.weight.sum())
    offsets: Value = ibis.range(-_REACH, _REACH + 1).unnest().name("offset").as_table()
    spread: Value = sums.cross_join(offsets)
    nearness = (-0.5 * (spread.offset / _WIDTH) ** 2).exp()
    smooth: Value = spread.mutate(at=spread.bin + spread.offset, part=spread.weight * nearness)
    density: Value = smooth.filter(smooth["at"] >= 0).group_by(*_CURVE, "at").agg(height=_.part.sum())
    best = density.group_by(*_CURVE).agg(
        at=density["at"].argmin(ibis.struct({"h": -density.height, "at": density["at"]}))
    )
    return best.mutate(peak=(best["at"] * _BIN).exp()).drop("at")
