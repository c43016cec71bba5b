"""Takes all that an analysis asks out of a table, and refuses a table that cannot be analysed, with every fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.experiments.adjusting import Floats, prepare
from quanyu.targeting.experiments.columns import (
    Groups,
    Measured,
    check_groups,
    check_shares,
    find_unknown,
    group_rows,
    measure,
    read_numbers,
)
from quanyu.targeting.experiments.parts import divide


@dataclass(frozen=True)
class Asked:
    """The columns of an analysis: that of arms, the outcomes, and what was known before anybody was assigned."""

    arm: str
    outcomes: tuple[str, ...]
    before: tuple[str, ...] = ()
    by: str | None = None

    def places(self) -> dict[str, str]:
        return {
            "arm": self.arm,
            **{f"outcomes.{name}": name for name in self.outcomes},
            **{f"before.{name}": name for name in self.before},
            **({} if self.by is None else {"by": self.by}),
        }


class Taken(NamedTuple):
    """Who is in which arm, outcomes, covariates (rows x columns), and parts: their names, and that of each row."""

    groups: Groups
    measured: list[Measured]
    covariates: Floats | None
    divided: tuple[list[str], np.ndarray] | None


def read_columns(table: pa.Table, asked: Asked, control: str, shares: Mapping[str, float] | None) -> Taken:
    """Return what is asked for. Raises Invalid with every fault found."""
    faults = find_unknown(table, asked.places())
    unknown = {fault.received for fault in faults}
    faults += _misplaced(table, asked)
    groups, group_faults = (
        _group(table, asked.arm, control, shares) if asked.arm not in unknown else (_ungrouped(table), [])
    )
    faults += group_faults
    outcomes = [name for name in asked.outcomes if name not in unknown and name != asked.arm]
    found = [measure(name, table[name], groups) for name in outcomes]
    before = [read_numbers(f"before.{name}", table[name]) for name in asked.before if name not in unknown]
    divided = divide(table[asked.by]) if asked.by is not None and asked.by not in unknown else None
    faults += [each for each in (*found, *before, divided) if isinstance(each, Fault)]
    if faults:
        raise _refuse(table, faults)
    numbers = [each for each in before if not isinstance(each, Fault)]
    measured = [each for each in found if isinstance(each, Measured)]
    parts = None if isinstance(divided, Fault) else divided
    return Taken(groups, measured, prepare(numbers) if numbers else None, parts)


def _misplaced(table: pa.Table, asked: Asked) -> list[Fault]:
    faults: list[Fault] = []
    if not asked.outcomes:
        problem = Text("Name at least one outcome.", "请至少写一个结果列。")
        faults.append(Fault("outcomes", problem, "", _others(table, asked.arm)))
    if asked.arm in asked.outcomes:
        problem = Text("The column of groups cannot be an outcome.", "分组列不能同时作为结果列。")
        faults.append(Fault(f"outcomes.{asked.arm}", problem, asked.arm, _others(table, asked.arm)))
    known = (*asked.outcomes, asked.arm)
    for name in asked.before:
        if name in known:
            problem = Text(
                "What was done before cannot be an outcome or the group.", "事前指标不能同时是结果列或分组列。"
            )
            allowed = tuple(each for each in _others(table, asked.arm) if each not in known)
            faults.append(Fault(f"before.{name}", problem, name, allowed))
    return faults


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
