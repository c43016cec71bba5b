"""Analyses a finished experiment: who was in which arm, and what each arm changed against the control."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.stats import chisquare

from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.experiments.amounts import compare_amounts
from quanyu.targeting.experiments.columns import (
    Groups,
    Measured,
    check_groups,
    check_shares,
    find_unknown,
    group_rows,
    measure,
)
from quanyu.targeting.experiments.model import Analysis, Arm, Effect, SampleRatio
from quanyu.targeting.experiments.rates import compare_rates

ALARM = 0.001


def analyze(
    table: pa.Table,
    arm: str,
    control: str,
    outcomes: Sequence[str],
    expected_shares: Mapping[str, float] | None = None,
) -> Analysis:
    """Compare every other arm with the control in every outcome.

    `table` has one row per customer who took part; `arm` and `outcomes` are its columns. Without `expected_shares`
    (any positive weights, by arm) arms are taken to be planned equal. Nothing is drawn at random: the same rows give
    the same answer. Raises Invalid with every fault found.
    """
    control = control.strip()
    outcomes = list(dict.fromkeys(outcomes))
    groups, measured = _read(table, arm, control, outcomes, expected_shares)
    bare = [
        _compare(each, groups, index, control)
        for each in measured
        for index, other in enumerate(groups.arms)
        if other.name != control
    ]
    return Analysis(
        rows_read=table.num_rows,
        rows_without_arm=int((groups.codes < 0).sum()),
        arms=groups.arms,
        control=control,
        outcomes=tuple(each.outcome for each in measured),
        effects=_correct(bare),
        sample_ratio=_check_ratio(groups.arms, expected_shares),
    )


def _read(
    table: pa.Table, arm: str, control: str, outcomes: Sequence[str], shares: Mapping[str, float] | None
) -> tuple[Groups, list[Measured]]:
    faults = find_unknown(table, {"arm": arm} | {f"outcomes.{name}": name for name in outcomes})
    unknown = {fault.received for fault in faults}
    if not outcomes:
        problem = Text("Name at least one outcome.", "请至少写一个结果列。")
        faults.append(Fault("outcomes", problem, "", _others(table, arm)))
    if arm in outcomes:
        problem = Text("The column of groups cannot be an outcome.", "分组列不能同时作为结果列。")
        faults.append(Fault(f"outcomes.{arm}", problem, arm, _others(table, arm)))
    groups, group_faults = _group(table, arm, control, shares) if arm not in unknown else (_ungrouped(table), [])
    faults += group_faults
    found = [measure(name, table[name], groups) for name in outcomes if name not in unknown and name != arm]
    faults += [each for each in found if isinstance(each, Fault)]
    if faults:
        raise _refuse(table, faults)
    return groups, [each for each in found if isinstance(each, Measured)]


def _group(table: pa.Table, arm: str, control: str, shares: Mapping[str, float] | None) -> tuple[Groups, list[Fault]]:
    groups = group_rows(table[arm])
    if isinstance(groups, Fault):
        return _ungrouped(table), [groups]
    faults = check_groups(groups, control)
    if not faults and shares is not None:
        faults = check_shares(shares, groups.arms)
    return (_ungrouped(table) if faults else groups), faults


def _ungrouped(table: pa.Table) -> Groups:
    """Return one nameless group, so that outcomes are still read and their faults come out in the same answer."""
    return Groups((), np.zeros(table.num_rows, dtype=np.int64))


def _others(table: pa.Table, arm: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in table.column_names if name != arm))


def _refuse(table: pa.Table, faults: Sequence[Fault]) -> Invalid:
    if table.num_rows == 0:
        return Invalid(
            Text("The file has a header and no rows.", "文件只有表头，没有数据行。"),
            remedy=Text("Export the experiment again, one row per customer.", "请重新导出实验数据，每位客户一行。"),
            faults=faults,
        )
    return Invalid(
        Text("This experiment cannot be analysed as asked.", "无法按这样的要求分析这个实验。"),
        remedy=Text("Mend what is listed and run it again.", "请按所列各项修改后重新运行。"),
        faults=faults,
    )


def _compare(measured: Measured, groups: Groups, index: int, control: str) -> Effect:
    known = ~np.isnan(measured.values)
    base = next(i for i, each in enumerate(groups.arms) if each.name == control)
    estimate = (compare_rates if measured.outcome.kind == "rate" else compare_amounts)(
        measured.values[known & (groups.codes == index)], measured.values[known & (groups.codes == base)]
    )
    fields: dict[str, Any] = vars(estimate)
    return Effect(
        **fields,
        outcome=measured.outcome.name,
        kind=measured.outcome.kind,
        arm=groups.arms[index].name,
        control=control,
        p_holm=estimate.p_value,
    )


def _correct(effects: Sequence[Effect]) -> tuple[Effect, ...]:
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
    return SampleRatio(expected, shares is None, p_value, p_value < ALARM)
