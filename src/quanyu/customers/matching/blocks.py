"""Which pairs are looked at: rules as conditions in SQL, and how many pairs each would give before any is made."""

from collections.abc import Iterator, Sequence

import ibis
import ibis.expr.types as ir

from quanyu.customers.matching.files import ORIGIN
from quanyu.customers.matching.model import Key, Rule, Task, rule_name
from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text


def column_of(key: str) -> str:
    """Return the cleaned column of a field, or of its part."""
    return f"f_{key.replace('.', '_')}"


def conditions_of(rules: Sequence[Rule]) -> list[str]:
    """Return the rules as Splink takes them; where fields are swapped, either record may be the left one."""
    both = [each for rule in rules for each in (rule, tuple(Key(key.right, key.left) for key in rule))]
    told = (" and ".join(f"l.{column_of(key.left)} = r.{column_of(key.right)}" for key in rule) for rule in both)
    return list(dict.fromkeys(told))


def training_condition(rule: Rule) -> str:
    """Return a rule for a pass; a part comes with its whole field, which then does not learn from its own block."""
    parts = (key.left for key in rule if "." in key.left)
    whole = [f"l.{column_of(part.partition('.')[0])} = l.{column_of(part.partition('.')[0])}" for part in parts]
    return " and ".join([*conditions_of([rule]), *whole])


def count_pairs(engine: DuckDB, records: ir.Table, rule: Rule, task: Task) -> int:
    """Return the pairs of a rule, without making them; of one with swapped fields, about so many."""
    crossed = any(key.crossed for key in rule)
    sides = [_counted(records, [getattr(key, side) for key in rule], task) for side in ("left", "right")]
    found = _met(*sides) if crossed else _within(sides[0])
    (row,) = engine.backend().to_pyarrow(found).to_pylist()
    return int(row["pairs"] or 0)


def _counted(records: ir.Table, keys: Sequence[str], task: Task) -> ir.Table:
    """Count the records of each block; of a link, those of each file."""
    columns: dict[str, Value] = {f"k{i}": records[column_of(key)] for i, key in enumerate(keys)}
    told = records.select(**columns, origin=records[ORIGIN] if task == "link" else ibis.literal(0, "int64"))
    each = told.drop_null(list(columns)).group_by([*columns, ORIGIN]).agg(n=ibis._.count().cast("float64"))
    many: Value = each["n"]
    squares: Value = many * many if task == "link" else many
    return each.group_by(list(columns)).agg(n=many.sum(), own=squares.sum())


def _within(blocks: ir.Table) -> ir.Table:
    many: Value = blocks["n"]
    return blocks.agg(pairs=((many * many - blocks["own"]) / 2).sum())


def _met(left: ir.Table, right: ir.Table) -> ir.Table:
    names = [name for name in left.columns if name.startswith("k")]
    met = left.inner_join(right, names, rname="{name}_other")
    one: Value = met["n"]
    other: Value = met["n_other"]
    return met.agg(pairs=(one * other).sum())


class NothingToCompare(Invalid):
    """No two records share a block."""


def refuse_too_many(counted: Sequence[tuple[Rule, int]], most: int) -> None:
    """Refuse to make more pairs than a machine can look at, and name the rules that would make them."""
    if sum(pairs for _, pairs in counted) > most:
        wide = sorted(counted, key=lambda each: -each[1])[:3]
        faults = [Fault(rule_name(rule), Text(f"{pairs:,} pairs", f"{pairs:,} 对")) for rule, pairs in wide]
        raise Invalid(
            Text("The rules for blocking give too many pairs.", "分块规则产生的记录对过多。"),
            remedy=Text(
                "Add a key to the widest rules, or raise most_pairs.", "请为最宽的规则增加键，或调高 most_pairs。"
            ),
            received=f"{sum(pairs for _, pairs in counted):,}",
            allowed=[f"{most:,}"],
            faults=faults,
        )
    if not any(pairs for _, pairs in counted):
        raise NothingToCompare(
            Text(
                "No two records share a block: there is nothing to compare.", "没有任何两条记录落入同一分块，无可比较。"
            ),
            remedy=Text(
                "Block on a field that both files fill, or on a part of it.", "请按双方都有值的字段或其部分分块。"
            ),
            received=", ".join(_names(counted)),
        )


def _names(counted: Sequence[tuple[Rule, int]]) -> Iterator[str]:
    yield from (rule_name(rule) for rule, _ in counted)
