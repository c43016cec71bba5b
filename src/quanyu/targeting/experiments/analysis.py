"""Analyses a finished experiment: who was in which arm, and what each arm changed against the control."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.stats import chisquare

from quanyu.targeting.experiments._precision import ALPHA
from quanyu.targeting.experiments.adjusting import Floats, adjust
from quanyu.targeting.experiments.amounts import compare_amounts
from quanyu.targeting.experiments.columns import Groups, Measured
from quanyu.targeting.experiments.looking import Looking
from quanyu.targeting.experiments.model import Analysis, Arm, Effect, SampleRatio
from quanyu.targeting.experiments.parts import known, look
from quanyu.targeting.experiments.rates import compare_rates
from quanyu.targeting.experiments.reading import Asked, read_columns

RATIO_ALARM = 0.001


def analyze(
    table: pa.Table,
    arm: str,
    control: str,
    outcomes: Sequence[str],
    expected_shares: Mapping[str, float] | None = None,
    before: Sequence[str] = (),
    looking: Looking | None = None,
    by: str | None = None,
) -> Analysis:
    """Compare every other arm with the control in every outcome.

    `table` has one row per customer who took part; `arm` and `outcomes` are its columns. Without `expected_shares`
    (any positive weights, by arm) arms are taken to be planned equal. `before` are columns of numbers that were fixed
    before anybody was assigned: effects are adjusted for them. With `looking` intervals and p hold at every look.
    With `by` effects are looked at value by value of that column, which must not be a consequence of the test.
    Nothing is drawn at random: the same rows give the same answer. Raises Invalid with every fault found.
    """
    control = control.strip()
    asked = Asked(arm, tuple(dict.fromkeys(outcomes)), tuple(dict.fromkeys(before)), by)
    groups, measured, covariates, divided = read_columns(table, asked, control, expected_shares)

    def compared(some: Groups) -> Sequence[Effect]:
        return compare_all(measured, some, control, covariates, looking) if known(measured, some) else ()

    return Analysis(
        rows_read=table.num_rows,
        rows_without_arm=int((groups.codes < 0).sum()),
        arms=groups.arms,
        control=control,
        outcomes=tuple(each.outcome for each in measured),
        effects=correct(compared(groups)),
        sample_ratio=_check_ratio(groups.arms, expected_shares),
        before=asked.before,
        looking=looking,
        parts=None if by is None or divided is None else look(by, *divided, groups, compared, correct),
    )


def compare_all(
    measured: Sequence[Measured], groups: Groups, control: str, covariates: Floats | None, looking: Looking | None
) -> list[Effect]:
    """Compare every other arm with the control in every outcome."""
    return [
        _compare(each, groups, index, control, covariates, looking)
        for each in measured
        for index, other in enumerate(groups.arms)
        if other.name != control
    ]


def _compare(
    measured: Measured, groups: Groups, index: int, control: str, covariates: Floats | None, looking: Looking | None
) -> Effect:
    known = ~np.isnan(measured.values)
    base = next(i for i, each in enumerate(groups.arms) if each.name == control)
    those, others = known & (groups.codes == index), known & (groups.codes == base)
    arm, alone = measured.values[those], measured.values[others]
    adjusted = None if covariates is None else adjust(arm, alone, covariates[those], covariates[others])
    many = arm.size + alone.size
    alpha = ALPHA if looking is None else looking.alpha(many)
    compare = compare_rates if measured.outcome.kind == "rate" else compare_amounts
    estimate = compare(arm, alone, alpha, adjusted)
    p_value = estimate.p_value
    if looking is not None and p_value is not None:
        p_value = looking.p_value(p_value, many)
    fields: dict[str, Any] = {**vars(estimate), "p_value": p_value}
    return Effect(
        **fields,
        outcome=measured.outcome.name,
        kind=measured.outcome.kind,
        arm=groups.arms[index].name,
        control=control,
        p_holm=p_value,
    )


def correct(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """Correct for having looked several times (Holm 1979); a comparison that could not be made does not count.

    Written out because statsmodels' `multipletests` collects garbage on every call, which takes longer than the rest.
    """
    made = sorted((effect.p_value, i) for i, effect in enumerate(effects) if effect.p_value is not None)
    corrected = np.minimum(1.0, np.maximum.accumulate([p * (len(made) - rank) for rank, (p, _) in enumerate(made)]))
    by_place = {i: float(p) for (_, i), p in zip(made, corrected, strict=True)}
    return tuple(replace(effect, p_holm=by_place.get(i)) for i, effect in enumerate(effects))


def _check_ratio(arms: Sequence[Arm], shares: Mapping[str, float] | None) -> SampleRatio:
    weights = {arm.name: 1.0 if shares is None else float(shares[arm.name]) for arm in arms}
    total, people = sum(weights.values()), sum(arm.customers for arm in arms)
    expected = {name: weight / total for name, weight in weights.items()}
    test = chisquare([arm.customers for arm in arms], [expected[arm.name] * people for arm in arms])
    p_value = float(test.pvalue)
    return SampleRatio(expected, shares is None, p_value, p_value < RATIO_ALARM)
