"""Where customers stand in the categories they buy: new, active, old or dormant, and when each is due again."""

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.commerce.orders import rhythm
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Scope
from quanyu.foundation.text import Text

NEW, ACTIVE_OLD, OLD, DORMANT = "new", "active_old", "old", "dormant"
STAGES = {
    NEW: Text("New", "新客"),
    ACTIVE_OLD: Text("Active old", "活跃老客"),
    OLD: Text("Old", "老客"),
    DORMANT: Text("Dormant", "沉睡客"),
}
ALL = "all"
"""The category of goods that have none, and of those whose categories have no rhythm: all goods together."""
OWN_GAPS = 2
"""Gaps from which a customer's own mean gap counts."""
PRIOR_GAPS = 4
"""As many of his own gaps weigh as much as the category's cycle: single gaps vary about twice as much as customers."""

_RANK = {DORMANT: 0, OLD: 1, NEW: 2, ACTIVE_OLD: 3}


def stages(scope: Scope) -> ir.Table:
    """One row per customer and category he has bought, by the scope's day.

    A category without a rhythm of its own is judged by that of the category above, together with its sisters that have
    none either. Columns: customer, category (code; ALL), level (0 to 3), basis (a key of `rhythm.REASONS`, of what he
    bought last in it: `own`, or why its own rhythm is not used), first, last (purchase days), days (how many), cycle,
    patience, stage, expected (next purchase in it). Days since count from the scope's day:

    - new: the first purchase is at most one cycle ago;
    - active_old: bought again, and the last purchase lies within the patience of the category, by which four in five of
      those who come back have done so;
    - old: the last purchase lies within twice the patience;
    - dormant: it is longer ago.

    Where not even all goods together have enough gaps, cycle, patience, stage and expected are NULL. Expected is the
    last purchase and a gap: the cycle, or with OWN_GAPS gaps the mean of his own and PRIOR_GAPS times the cycle.
    """
    bought: Value = rhythm.purchases(scope)
    known: Value = rhythm.rhythms(bought, scope)
    placed: Value = bought.inner_join(known.select("path", "used_path", "reason"), "path")
    by_day: Value = placed.group_by("customer", "used_path", "day").agg(reason=_.reason.min())
    spans = by_day.group_by("customer", "used_path").agg(
        first=_.day.min(), last=_.day.max(), days=_.count(), basis=_.reason.argmax(_.day)
    )
    used = known.filter(known.path == known.used_path).select("path", "level", "cycle", "patience")
    told: Value = spans.left_join(used, [("used_path", "path")])
    code = rhythm.category_of(told.used_path).fill_null(ALL)
    return told.select(
        "customer",
        "level",
        "basis",
        "first",
        "last",
        "days",
        "cycle",
        "patience",
        category=ibis.ifelse(told.used_path.isnull(), None, code),
        stage=_stage(told, scope),
        expected=_expected(told),
    )


def lifecycle(scope: Scope) -> ir.Table:
    """One row per customer who has bought; the best of his categories speaks for him.

    Columns: customer, lifecycle, lifecycle_category, lifecycle_basis (of that category), next_in_category,
    next_category, categories_active. He is new if all that he buys is new to him; active_old if he is active in any
    category, or has begun with one; old if he is old in any; dormant if dormant in all. The category that decides is
    that of the best stage, then of the last purchase.
    next_in_category is the earliest day expected in a category where he is new or active; one gone by says that he is
    overdue. categories_active counts those.
    """
    told: Value = stages(scope)
    rank = ibis.cases(*((told.stage == stage, rank) for stage, rank in _RANK.items()), else_=None)
    ranked: Value = told.mutate(rank=rank, live=told.stage.isin([NEW, ACTIVE_OLD]))
    deciding = ibis.struct({"rank": -ranked["rank"], "ago": -ranked.last.epoch_days(), "category": ranked.category})
    due = ibis.struct({"expected": ranked.expected, "category": ranked.category})
    best: Value = ranked.group_by("customer").agg(
        best=ranked["rank"].max(),
        worst=(ranked.stage != NEW).any(),
        lifecycle_category=ranked.category.argmin(deciding),
        lifecycle_basis=ranked.basis.argmin(deciding),
        next_in_category=ranked.expected.min(where=ranked.live),
        next_category=ranked.category.argmin(due, where=ranked.live),
        categories_active=ranked.live.sum().fill_null(0).cast("int64"),
    )
    code = ibis.cases(
        (best.best.isnull(), None),
        (~best.worst, NEW),
        (best.best >= _RANK[NEW], ACTIVE_OLD),
        (best.best == _RANK[OLD], OLD),
        else_=DORMANT,
    )
    return best.mutate(lifecycle=code).drop("best", "worst")


def _stage(told: Value, scope: Scope) -> Value:
    today: Value = ibis.literal(scope.day, "date")
    since_first, since_last = (today.delta(day, unit="day") for day in (told.first, told.last))
    return ibis.cases(
        (told.patience.isnull(), None),
        (since_first <= told.cycle, NEW),
        ((told.days > 1) & (since_last <= told.patience), ACTIVE_OLD),
        (since_last <= 2 * told.patience, OLD),
        else_=DORMANT,
    )


def _expected(told: Value) -> Value:
    gaps = told.days - 1
    shrunk = (told.last.delta(told.first, unit="day") + PRIOR_GAPS * told.cycle) / (gaps + PRIOR_GAPS)
    gap: Value = ibis.ifelse(gaps >= OWN_GAPS, shrunk, told.cycle)
    return (told.last + (gap + 0.5).floor().cast("int64").as_interval("D")).cast("date")
