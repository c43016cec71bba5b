"""Takes the arm and the outcomes out of a table as numbers, and says what is wrong with them, all at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from quanyu.foundation.errors import Fault
from quanyu.foundation.text import Text
from quanyu.targeting.experiments.model import Arm, Outcome

# Arrow makes most of its functions at import, where no type checker sees them.
pc: Any = compute

MOST_ARMS = 50
FEWEST_CUSTOMERS = 2
# What spreadsheets and statistics packages write for "not known".
_UNKNOWN = ["", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-"]
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_NUMERIC = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)


@dataclass(frozen=True)
class Groups:
    """Who is in which arm: `codes` has one int64 per row, an index into `arms`, -1 for a row without arm."""

    arms: tuple[Arm, ...]
    codes: np.ndarray


@dataclass(frozen=True)
class Measured:
    """One outcome and its values, one float64 per row, NaN where it is missing."""

    outcome: Outcome
    values: np.ndarray


def find_unknown(table: pa.Table, asked: Mapping[str, str]) -> list[Fault]:
    """Return a fault for every asked column (place to name) that the table lacks or has twice."""
    names: list[str] = table.column_names
    missing = Text("The file has no such column.", "文件里没有这一列。")
    doubled = Text("The file has several columns of this name; rename one.", "文件里有多列同名，请改名。")
    return [
        Fault(place, doubled if name in names else missing, name, tuple(dict.fromkeys(names)))
        for place, name in asked.items()
        if names.count(name) != 1
    ]


def group_rows(column: pa.ChunkedArray) -> Groups | Fault:
    """Return the arms in the order of their names; surrounding blanks do not make another arm."""
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        problem = Text("The column of groups must be text or numbers.", "分组列必须是文字或数字。")
        return Fault("arm", problem, str(column.type), ("text", "number"))
    trimmed = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    known = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    encoded = pc.dictionary_encode(known).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = pa.concat_arrays(encoded.chunks)
    names: list[str] = encoded.dictionary.to_pylist()
    found = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)
    place = np.append(np.argsort(order), -1).astype(np.int64)
    counts = np.bincount(found[found >= 0], minlength=len(names))
    return Groups(tuple(Arm(names[i], int(counts[i])) for i in order), place[found])


def check_groups(groups: Groups, control: str) -> list[Fault]:
    """Find what makes the arms no arms. Names of arms with one customer are not shown: they may be people's names."""
    place, many = "arm", len(groups.arms)
    if many > MOST_ARMS:
        problem = Text(
            "The column has more than {most} values; it looks like a number of each customer, not a group.",
            "这一列有超过 {most} 个不同的值，像是客户编号而不是分组。",
        ).format_with(most=MOST_ARMS)
        return [Fault(place, problem, f"{many:,}", (f"2 – {MOST_ARMS}",))]
    faults: list[Fault] = []
    if many < 2:
        problem = Text("An experiment needs at least two groups.", "实验至少需要两个分组。")
        faults.append(Fault(place, problem, str(many), (f"2 – {MOST_ARMS}",)))
    shown = tuple(arm.name for arm in groups.arms if arm.customers >= FEWEST_CUSTOMERS)
    if control not in {arm.name for arm in groups.arms}:
        problem = Text("No row belongs to the control group of this name.", "没有任何一行属于这个名称的对照组。")
        faults.append(Fault("control", problem, control, shown))
    tiny = sum(arm.customers < FEWEST_CUSTOMERS for arm in groups.arms)
    if tiny:
        problem = Text(
            "Some groups have only one customer; leave their rows out or mend their name.",
            "有些分组只有一位客户，请去掉这些行或改正分组名。",
        )
        faults.append(Fault(place, problem, str(tiny), ("0",)))
    return faults


def measure(name: str, column: pa.ChunkedArray, groups: Groups) -> Measured | Fault:
    """Read one outcome over the rows that have an arm, and find its kind: only 0 and 1 is a rate."""
    place = f"outcomes.{name}"
    values = _to_numbers(place, column)
    if isinstance(values, Fault):
        return values
    inside = values[groups.codes >= 0]
    if np.isinf(inside).any():
        return Fault(place, Text("Infinite values cannot be averaged.", "无穷大的值无法求平均。"), "inf")
    known = inside[~np.isnan(inside)]
    fault = _find_thin(place, values, groups)
    if fault is not None:
        return fault
    kind = "rate" if bool(np.isin(known, (0.0, 1.0)).all()) else "amount"
    return Measured(Outcome(name, kind, int(inside.size - known.size), int((known < 0).sum())), values)


def check_shares(shares: Mapping[str, float], arms: Sequence[Arm]) -> list[Fault]:
    """Check that the planned shares name every arm once and are positive."""
    names = [arm.name for arm in arms]
    faults: list[Fault] = []
    if set(shares) != set(names):
        problem = Text("The planned shares must name every group of the file.", "计划比例必须写出文件中的每一个分组。")
        faults.append(Fault("expected_shares", problem, ", ".join(shares), tuple(names)))
    wrong = [share for share in shares.values() if not (np.isfinite(share) and share > 0)]
    if wrong:
        problem = Text("A planned share must be greater than zero.", "计划比例必须大于零。")
        faults.append(Fault("expected_shares", problem, str(wrong[0]), ("> 0",)))
    return faults


def read_numbers(place: str, column: pa.ChunkedArray) -> np.ndarray | Fault:
    """Return the numbers of a column, NaN where one is missing."""
    values = _to_numbers(place, column)
    if not isinstance(values, Fault) and np.isinf(values).any():
        return Fault(place, Text("Infinite values cannot be averaged.", "无穷大的值无法求平均。"), "inf")
    return values


def _find_thin(place: str, values: np.ndarray, groups: Groups) -> Fault | None:
    if not groups.arms:
        return None
    codes = groups.codes[~np.isnan(values) & (groups.codes >= 0)]
    counts = np.bincount(codes, minlength=len(groups.arms))
    thin = [arm for arm, count in zip(groups.arms, counts, strict=True) if count < FEWEST_CUSTOMERS <= arm.customers]
    if not thin:
        return None
    problem = Text(
        "In “{arm}” fewer than two customers have a value in this column.",
        "“{arm}”组中，这一列有值的客户不足两位。",
    ).format_with(arm=thin[0].name)
    return Fault(place, problem, str(int(counts.min())), (f">= {FEWEST_CUSTOMERS}",))


def _to_numbers(place: str, column: pa.ChunkedArray) -> np.ndarray | Fault:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _to_numbers(place, pc.cast(column, kind.value_type))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _parse_numbers(place, column)
    if pa.types.is_boolean(kind):
        column = pc.cast(column, pa.int8())
    elif not any(check(kind) for check in _NUMERIC):
        return Fault(place, _not_numbers(), str(kind), ("0 / 1", "true / false", "12.50"))
    numbers = pc.cast(column, pa.float64(), safe=False)
    return numbers.to_numpy().astype(np.float64)


def _parse_numbers(place: str, column: pa.ChunkedArray) -> np.ndarray | Fault:
    text = pc.utf8_lower(pc.utf8_trim_whitespace(pc.cast(column, pa.string())))
    unknown = pc.is_in(text, value_set=pa.array(_UNKNOWN))
    text = pc.if_else(unknown, pa.scalar(None, pa.string()), text)
    text = pc.if_else(pc.equal(text, "true"), "1", pc.if_else(pc.equal(text, "false"), "0", text))
    refused = pc.invert(pc.match_substring_regex(text, _NUMBER))
    wrong = pc.sum(pc.cast(refused, pa.int64())).as_py() or 0
    if wrong:
        problem = Text(
            "Values that are not numbers: {wrong}, the first in data row {row}. Write 1234.50, without sign or commas.",
            "有 {wrong} 个值不是数字，第一个在数据第 {row} 行。请写成 1234.50，不带货币符号和千分位逗号。",
        ).format_with(wrong=f"{wrong:,}", row=f"{pc.index(refused, True).as_py() + 1:,}")
        return Fault(place, problem, None, ("0 / 1", "true / false", "12.50"))
    return pc.cast(text, pa.float64()).to_numpy().astype(np.float64)


def _not_numbers() -> Text:
    return Text(
        "An outcome must be 0 or 1, true or false, or an amount.", "结果列必须是 0 或 1、true 或 false，或者金额。"
    )
