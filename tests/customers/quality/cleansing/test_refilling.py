"""Records get what they lack from another record of their customer, derived anew whenever anything changes."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import RECORDS
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.quality.cleansing.publishing import publish, withdraw
from quanyu.customers.quality.cleansing.refilling import FAILPOINTS, refill
from quanyu.customers.quality.cleansing.rules import read_rules
from quanyu.customers.quality.cleansing.tracing import Effect, count_changes, list_refilled
from quanyu.customers.quality.cleansing.trying import try_rules
from quanyu.customers.quality.surveying import take_survey
from quanyu.foundation.errors import Invalid
from quanyu.foundation.workspace import Workspace

KINDS = tuple(kind for room in ROOMS for kind in room.kinds)
MAPPING = """
source: {source}
files: lines.csv
kinds:
  - kind: customer_record
    columns: {{key: no, city: town, gender: sex, observed_at: seen}}
    identifiers:
      - {{type: member_card, scope: group, column: phone}}
"""
RULES = """rules:
  - {name: towns, kind: customer_record, input: city, source: till, reason: {en: known elsewhere, zh: 他处已知},
     do: {refill: {from: [shop, app]}}}
  - {name: sexes, kind: customer_record, input: gender, reason: {en: known elsewhere, zh: 他处已知}, do: refill}
"""
FILES = {
    "till": ["1,,,2026-01-01,13900000001", "2,York,,2026-01-01,13900000002", "3,,,2026-01-01,13900000003"],
    "app": ["1,Leeds,f,2026-03-01,13900000001", "9,Hull,m,2026-01-01,13900000009"],
    "shop": ["1,Bath,m,2026-02-01,13900000001", "2,Ely,,2026-02-01,13900000002"],
}


@pytest.fixture
def bring(house_mapping: Callable[..., Any], workspace: Workspace) -> Callable[..., None]:
    def brought(source: str, lines: list[str]) -> None:
        mapping = house_mapping(MAPPING.format(source=source), ["no,town,sex,seen,phone", *lines])
        import_files(workspace, mapping)
        recognise(workspace)

    return brought


def refilled(workspace: Workspace) -> set[tuple[str, str, str, str]]:
    return {(r.source, r.input, r.value, r.from_source) for r in list_refilled(workspace)}


def test_the_best_giver_gives_and_nothing_that_came_changes(bring: Callable[..., None], workspace: Workspace):
    for source, lines in FILES.items():
        bring(source, lines)
    tried = {each.rule.name: each.values for each in try_rules(workspace, read_rules(RULES, KINDS), KINDS)}
    assert tried == {"towns": 1, "sexes": 1}
    publish(workspace, RULES, KINDS)
    assert refill(workspace) == 2
    assert refilled(workspace) == {("till", "city", "Bath", "shop"), ("till", "gender", "f", "app")}
    assert refill(workspace) is None
    assert count_changes(workspace) == [Effect("sexes", "till", 1), Effect("towns", "till", 1)]
    surveyed = take_survey(workspace, KINDS, kind="customer_record").find("customer_record", "till")
    assert surveyed is not None
    towns = next(field for field in surveyed.fields if field.field == "city")
    assert (towns.filled, towns.refilled, towns.rows) == (1, 1, 3)
    rows = workspace.lake.table(RECORDS, workspace.lake.vector((RECORDS,)))
    assert workspace.lake.count(rows.filter(rows.source == "till", rows.city.isnull())) == 2
    bring("till", ["1,Oxford,,2026-04-01,13900000001"])
    assert refill(workspace) == 1
    assert refilled(workspace) == {("till", "gender", "f", "app")}
    assert [r.rule for r in list_refilled(workspace, "sexes")] == ["sexes"]
    withdraw(workspace)
    assert refill(workspace) == 0
    assert list_refilled(workspace) == []
    assert refill(workspace) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("input: gender", "input: name"), "not sealed"),
        (("do: refill", "do: refill, when: {one_of: [f]}"), "not there"),
        (("{refill: {from: [shop, app]}}", "{refill: {from: []}}"), "list"),
        (("do: refill", "do: fill"), "nothing that a rule does"),
        (("kind: customer_record, input: gender", "kind: product, input: name"), "about a customer"),
    ],
)
def test_what_cannot_be_refilled_is_told(change: tuple[str, str], said: str):
    with pytest.raises(Invalid) as caught:
        read_rules(RULES.replace(*change), KINDS)
    assert said in str([fault.problem for fault in caught.value.faults])


CHILD = """
from quanyu.customers.quality.cleansing.refilling import refill
from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings

with opened(Settings.load()) as home:
    refill(home.workspace())
"""


@pytest.mark.each_point
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_at_any_point_nothing_shows_and_the_next_run_refills(
    bring: Callable[..., None], workspace: Workspace, environment: dict[str, str], point: str
):
    for source, lines in FILES.items():
        bring(source, lines)
    publish(workspace, RULES, KINDS)
    killing = {**environment, "QUANYU_FAILPOINT": point}
    killed = subprocess.run(["python", "-c", CHILD], env=killing, capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    assert list_refilled(workspace) == []
    assert refill(workspace) == 2
