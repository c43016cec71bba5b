"""The retail pack on the simulated retailer: every tag changes whom a shipped rule selects, and no two say the same."""

from dataclasses import replace
from datetime import date
from importlib.resources import files
from itertools import combinations

import ibis
import numpy as np
import pandas as pd
import pytest
from ibis.backends import BaseBackend
from numpy.typing import NDArray
from tests.conftest import reader

from quanyu.foundation.documents import Document, read
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import parse
from quanyu.targeting.audiences.model import Audience
from quanyu.targeting.fields.aggregating import rows_of
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.fields.compiling import asked_value, compile_rule
from quanyu.targeting.fields.model import Group, Rule, is_of_columns, tags_of
from quanyu.targeting.tags import staging
from quanyu.targeting.tags.definitions import built_in
from quanyu.targeting.tags.deriving import COUNTING, known_behaviours
from quanyu.targeting.tags.model import FromField, Statistic, Tag
from quanyu.targeting.tags.pinning import pin
from quanyu.targeting.tags.runs import Current, current
from quanyu.targeting.tags.taxonomy import FAMILIES

PACK = built_in(FIELDS, "CNY")
RULES = files("quanyu.targeting.tags") / "packs" / "retail" / "rules.yaml"
TOO_ALIKE = 0.98
ENOUGH = 30
"""Customers of whom both must be known before two tags can be called alike."""
TWINS = {"first_purchase": "tenure_days", "last_purchase": "recency_days"}
"""The same day asked for as a date and as days since; the dates do not count."""
NOT_COUNTED = {*TWINS, "days_to_next_purchase", "light_push", "sms_response"}
"""Whoever looks in this retailer's app can be pushed to: the light goes with `top_screen`. Of whom both are known, who
answers text messages is who prefers them: `sms_response` goes with `preferred_channel`."""
AT_LEAST = 150


def rules() -> list[Audience]:
    listed = read(RULES.read_text("utf-8")).value
    assert isinstance(listed, list)
    return [parse(Document(item), PACK.askables, "CNY") for item in listed]


@pytest.fixture(scope="module")
def now(heyuan: Workspace) -> Current:
    return current(heyuan)


@pytest.fixture(scope="module")
def values(heyuan: Workspace, now: Current) -> ibis.Table:
    """The tags as they are stored, in memory."""
    return ibis.memtable(heyuan.lake.to_arrow(now.rows))


@pytest.fixture(scope="module")
def asked(heyuan: Workspace, now: Current) -> pd.DataFrame:
    columns = {askable.name: asked_value(now.rows, askable, now.run.day) for askable in PACK.askables}
    return heyuan.lake.to_arrow(now.rows.select(**columns)).to_pandas(date_as_object=False)


def test_there_are_tags_and_rules_enough_of_every_family() -> None:
    counted = [tag for tag in PACK.tags if tag.name not in NOT_COUNTED]
    assert len(counted) >= AT_LEAST
    assert {tag.family for tag in counted} == set(FAMILIES)
    assert all(tag.level is not None for tag in PACK.tags)
    names = [rule.name for rule in rules()]
    assert len(names) == len(set(names)) >= 60


def test_every_tag_is_asked_by_a_rule() -> None:
    """Whether it changes whom a rule selects is asked of the simulated retailer, with the large tests."""
    asked = {name for rule in rules() for name in tags_of(rule.rule)}
    assert [tag.name for tag in PACK.tags if tag.name not in asked] == []


def absent(tag: Tag) -> int | None:
    """Return what is said of who did nothing."""
    if isinstance(tag.source, FromField):
        return FIELDS[tag.source.field].absent
    return 0 if isinstance(tag.source, Statistic) and tag.source.take in COUNTING else None


def _idle_tags(now: Current, values: ibis.Table) -> list[str]:
    engine, shipped = reader(), rules()
    return [tag.name for tag in PACK.tags if not _changes(engine, values, tag, shipped, now.run.day)]


def of_columns(rule: Rule) -> Rule:
    """Return a rule without the draws by lot that narrow it."""
    if not isinstance(rule, Group):
        return rule
    return replace(rule, rules=tuple(of_columns(part) for part in rule.rules if is_of_columns(part)))


def _changes(engine: BaseBackend, told: ibis.Table, tag: Tag, shipped: list[Audience], day: date) -> bool:
    """Say whether any rule selects others when nobody has the tag."""
    asking = [of_columns(rule.rule) for rule in shipped if tag.name in tags_of(rule.rule)]
    before = {f"_{i}": compile_rule(rule, told, PACK.askables, day).fill_null(False) for i, rule in enumerate(asking)}
    without = told.mutate(**before, **{tag.name: ibis.literal(absent(tag)).cast(told[tag.name].type())})
    after = [compile_rule(rule, without, PACK.askables, day).fill_null(False) for rule in asking]
    others = [(selected != without[f"_{i}"]).any() for i, selected in enumerate(after)]
    answers = engine.to_pyarrow(without.aggregate(**{f"rule_{i}": other for i, other in enumerate(others)}))
    return any(answers.to_pylist()[0].values())


def alike(left: pd.Series, right: pd.Series) -> float:
    """Cramér's V of two codes, corrected for chance (Bergsma 2013), over customers of whom both are known."""
    known = (left.notna() & right.notna()).to_numpy()
    number = int(known.sum())
    if number < ENOUGH:
        return 0.0
    rows, of_left = np.unique(left[known].to_numpy(str), return_inverse=True)
    columns, of_right = np.unique(right[known].to_numpy(str), return_inverse=True)
    if min(len(rows), len(columns)) < 2:
        return 0.0
    seen: NDArray[np.float64] = np.zeros((len(rows), len(columns)))
    np.add.at(seen, (of_left, of_right), 1)
    expected = seen.sum(1, keepdims=True) * seen.sum(0) / number
    strength = max(0.0, float(((seen - expected) ** 2 / expected).sum()) / number - _free(seen) / (number - 1))
    ways = min(size - (size - 1) ** 2 / (number - 1) for size in seen.shape) - 1
    return float(np.sqrt(strength / ways)) if ways > 0 else 0.0


def _free(table: NDArray[np.float64]) -> float:
    return float((table.shape[0] - 1) * (table.shape[1] - 1))


def _twins(asked: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Ranks of numbers and days, over customers of whom both are known: a tag unknown of most is not another's twin."""
    names = [tag.name for tag in PACK.tags if tag.name not in NOT_COUNTED]
    codes = [tag.name for tag in PACK.tags if tag.type == "code" and tag.name in names]
    numbers = asked[[name for name in names if name not in codes]].astype("float64")
    ranked = numbers.corr(method="spearman", min_periods=ENOUGH).abs()
    told = {(one, other): float(ranked.at[one, other]) for one, other in combinations(numbers.columns, 2)}
    told |= {(one, other): alike(asked[one], asked[other]) for one, other in combinations(codes, 2)}
    return {pair: round(value, 4) for pair, value in told.items() if value >= TOO_ALIKE}


def test_likeness_is_found_where_it_is() -> None:
    one = pd.Series(["a", "b"] * 50)
    assert alike(one, one.map({"a": "x", "b": "y"})) == pytest.approx(1)
    assert alike(one, pd.Series(["x", "x", "y", "y"] * 25)) == 0
    assert alike(one, pd.Series(["x"] * 10 + [None] * 90)) == 0


@pytest.mark.scale
def test_every_tag_changes_whom_a_rule_selects_and_none_says_what_another_does(
    now: Current, values: ibis.Table, asked: pd.DataFrame
) -> None:
    """One test, since the retailer takes a minute to live and to be imported."""
    assert [name for name in asked.columns if not asked[name].notna().any()] == []
    assert _idle_tags(now, values) == []
    assert _twins(asked) == {}


@pytest.mark.scale
def test_rows_that_are_held_with_numbers_for_texts_are_the_rows(
    heyuan: Workspace, now: Current, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a column's values are drawn from has them all, or holding them would fail."""
    monkeypatch.setattr(staging, "CODED_FROM", 0)
    inputs = pin(heyuan, now.run.as_of, PACK)
    kept = set[str]()
    with staging.holding_rows(heyuan, PACK, inputs.scope, inputs.vector) as held:
        for behaviour, statistics in known_behaviours(PACK, inputs.scope).items():
            rows = held[behaviour.name]
            wanted = heyuan.lake.to_arrow(rows_of(behaviour, statistics, inputs.scope)).to_pandas()
            found = heyuan.lake.to_arrow(rows).to_pandas()[wanted.columns]
            order = list(wanted.columns)
            pd.testing.assert_frame_equal(
                *(each.sort_values(order, ignore_index=True) for each in (found, wanted)), check_dtype=False
            )
            types = heyuan.lake.engine.backend().raw_sql(f'describe "{rows.get_name()}"').fetchall()
            kept |= {f"{behaviour.name}.{row[0]}" for row in types if row[1].startswith("ENUM")}
    assert {"orders.store", "lines.product", "lines.category_1", "events.name", "messages.status"} <= kept
