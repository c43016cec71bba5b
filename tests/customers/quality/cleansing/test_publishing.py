"""Published rules: imports obey them, what they hold back can be replayed, and every change is traced."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from quanyu.app.house import House, rooms_of
from quanyu.app.rooms import ROOMS
from quanyu.commerce.catalog.tables import PRODUCTS
from quanyu.customers.identity.tables import RECORDS
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.rejects import list_rejects
from quanyu.customers.ingest.replaying import replay_texts
from quanyu.customers.ingest.taking_back import take_back
from quanyu.customers.quality.cleansing.publishing import publish, published, withdraw
from quanyu.customers.quality.cleansing.tracing import Change, Effect, count_changes, list_changes
from quanyu.customers.quality.tables import CLEANSED
from quanyu.foundation.errors import Invalid
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.workspace import Workspace

MAPPING = """
source: shop
files: lines.csv
kinds:
  - kind: product
    columns: {product: article, name: title, category_1: group}
  - kind: customer_record
    columns: {key: card, name: who, city: town}
"""
LINES = (
    "A1,Mug,Cups,c1,王芳,Bath ",
    "A2,Mug,cups,c2,测试,bath",
    "A3,TEST mug,cups,c3,李雷,bath",
    "A4,Jug,Jugs,c4,韩梅,york",
)
RULES = """rules:
  - {name: groups, kind: product, input: category_1, reason: {en: one name, zh: 统一},
     do: {normalise: {words: {cups: Cups}}}}
  - {name: tests, kind: product, input: name, source: shop, when: {matches: TEST}, reason: {en: not sold, zh: 非卖品},
     do: quarantine}
  - {name: nobody, kind: customer_record, input: name, when: {one_of: [测试]}, reason: {en: nobody, zh: 无此人},
     do: clear}
  - {name: towns, kind: customer_record, input: city, reason: {en: one name, zh: 统一},
     do: {normalise: {words: {bath: Bath}}}}
"""
KINDS = tuple(kind for room in ROOMS for kind in room.kinds)
Bring = Callable[..., Outcome]


@pytest.fixture
def bring(house_mapping: Callable[..., Any], workspace: Workspace) -> Bring:
    def brought(lines: Sequence[str] = LINES) -> Outcome:
        return import_files(workspace, house_mapping(MAPPING, ["article,title,group,card,who,town", *lines]))

    return brought


def column(workspace: Workspace, table: LakeTable, name: str) -> list[object]:
    rows = workspace.lake.table(table, workspace.lake.vector((table,)))
    return workspace.lake.to_arrow(rows.select(name))[name].to_pylist()


def test_an_import_mends_holds_back_and_tells(bring: Bring, workspace: Workspace):
    number = publish(workspace, RULES, KINDS)
    outcome = bring()
    assert [(c.kind, c.read, c.landed, c.rejected) for c in outcome.counts] == [
        ("product", 4, 3, 1),
        ("customer_record", 3, 3, 0),
    ]
    assert sorted(map(str, column(workspace, PRODUCTS, "category_1"))) == ["Cups", "Cups", "Jugs"]
    assert sorted(map(str, column(workspace, RECORDS, "city"))) == ["Bath", "Bath", "york"]
    (held,) = list_rejects(workspace, outcome.number)
    assert (held.line, held.column) == (4, "title")
    assert str(held.reason) == "title is held back by the rule tests: not sold."
    assert held.reason.zh == "title 被规则 tests 隔离：非卖品。"
    assert "TEST mug" in held.text
    told = [(c.line, c.input, c.rule, c.action, c.raw, c.value) for c in list_changes(workspace)]
    assert told == [
        (2, "city", "towns", "normalise", "bath", "Bath"),
        (2, "name", "nobody", "clear", None, None),
        (2, "category_1", "groups", "normalise", "cups", "Cups"),
        (3, "name", "tests", "quarantine", "TEST mug", "TEST mug"),
    ]
    assert count_changes(workspace) == [Effect(rule, "shop", 1) for rule in ("groups", "nobody", "tests", "towns")]
    assert set(column(workspace, CLEANSED, "rules")) == {number}


def test_a_line_held_back_comes_in_once_the_rule_is_gone(bring: Bring, house: House, workspace: Workspace):
    publish(workspace, RULES, KINDS)
    number = bring().number
    again = replay_texts(workspace, number, house.doors).outcomes[0]
    assert (again.lines.landed, again.lines.rejected) == (0, 1)
    withdraw(workspace)
    assert published(workspace, KINDS) is None
    done = replay_texts(workspace, number, house.doors).outcomes[0]
    assert (done.lines.landed, done.lines.rejected) == (1, 0)
    assert not list_rejects(workspace)
    assert sorted(map(str, column(workspace, PRODUCTS, "name"))) == ["Jug", "Mug", "Mug", "TEST mug"]


def test_the_same_file_again_changes_nothing_and_a_take_back_leaves_no_trace(bring: Bring, workspace: Workspace):
    publish(workspace, RULES, KINDS)
    first = bring()
    second = bring()
    assert (second.lines.landed, second.lines.known, second.lines.rejected) == (0, 3, 1)
    take_back(workspace, second.number, rooms_of(ROOMS))
    take_back(workspace, first.number, rooms_of(ROOMS))
    assert column(workspace, PRODUCTS, "name") == []
    assert list_changes(workspace) == []


def test_rules_that_nobody_needs_are_no_work_and_bad_ones_are_never_used(bring: Bring, workspace: Workspace):
    publish(workspace, RULES.replace("kind: product", "kind: product, source: other", 1), KINDS)
    with pytest.raises(Invalid):
        publish(workspace, RULES.replace("do: quarantine", "do: forget"), KINDS)
    bring(LINES[:2])
    assert [change.rule for change in list_changes(workspace, rule="groups")] == []
    assert [change.rule for change in list_changes(workspace, limit=1)] == ["towns"]
    assert isinstance(list_changes(workspace, 1)[0], Change)
