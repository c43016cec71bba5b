"""The lake shows what recognition has changed as one change, whatever came in between and wherever it was cut off."""

import random
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from tests.customers.conftest import furnishing
from tests.customers.identity.test_recognising import members
from tests.customers.identity.test_waiting import (
    FEW,
    HOUSE,
    Line,
    bring_lines,
    bring_views,
    drawn,
    expected,
    found,
    of_all_that_is_there,
)

from quanyu.customers.identity import recognising, showing, waiting
from quanyu.customers.identity.people import read_people
from quanyu.customers.identity.policies import apply_policy
from quanyu.customers.identity.recognising import Recognised, land, recognise, resolve_new
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, CUSTOMERS
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.taking_back import take_back
from quanyu.foundation.lake import landing
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Ask = Callable[..., list[Any]]
Rows = Callable[..., list[dict[str, Any]]]
POINTS = (*recognising.STEPS, *landing.FAILPOINTS)


@dataclass(frozen=True)
class Shown:
    """What whoever reads the lake sees: whose each record is, who lives, whom it knows, the facts told until then."""

    mapping: dict[int, int]
    alive: frozenset[int]
    known: frozenset[int]
    facts: int


def shown(workspace: Workspace, rows: Rows, ask: Ask) -> Shown:
    mapping = {row["record"]: row["customer"] for row in rows(CUSTOMER_OF_RECORD)}
    assert mapping == dict(ask("select record, customer from shown_record_customer"))
    ((facts,),) = ask("select coalesce(max(number), 0) from fact where name like 'identity.customers%'")
    known = [row["customer"] for row in rows(CUSTOMERS)]
    assert len(set(known)) == len(known)
    return Shown(mapping, frozenset(read_people(workspace).alive.ordinals().tolist()), frozenset(known), facts)


def told(ask: Ask, name: str, since: int, one: str, other: str) -> list[tuple[int, int]]:
    facts = ask(f"select body from fact where name = 'identity.{name}' and number > {since} order by number")
    return [pair for (body,) in facts for pair in zip(body[one], body[other], strict=True)]


def check_facts(before: Shown, after: Shown, ask: Ask) -> None:
    """Compare what was told of a change with what it was, by brute force."""
    owners = ask("select customer, merged_into from customer")
    dead = before.alive - after.alive
    merged = {(customer, into) for customer, into in owners if customer in dead and into in after.alive}
    assert sorted(merged) == told(ask, "customers_merged", before.facts, "merged_away", "survivors")
    both = {(before.mapping[record], after.mapping[record]) for record in before.mapping.keys() & after.mapping.keys()}
    went = {(one, other) for one, other in both if one != other and one in after.alive}
    assert sorted(went) == told(ask, "customers_split", before.facts, "origins", "parted")


@pytest.fixture(scope="module")
def six(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with furnishing(module_settings, tmp_path_factory.mktemp("six")) as (workspace, bring):
        bring(**members("a,1,p", "b,2,", "c,3,", "d,4,", "e,5,", "f,6,"))
        assert recognise(workspace) == Recognised(6, 6, 0, 6)
    return module_settings


@pytest.fixture
def furnished(request: pytest.FixtureRequest) -> Settings | None:
    return request.getfixturevalue("six") if "known" in request.fixturenames else None


@pytest.fixture
def known(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Six customers whom everybody knows; what comes is looked up."""
    monkeypatch.setattr(waiting, "LARGE", 2.0)
    return workspace


def test_what_is_resolved_shows_when_it_lands(known: Workspace, bring: Import, rows: Rows, ask: Ask):
    before = shown(known, rows, ask)
    bring(**members("x,1,", "y,7,", source="web"))
    assert resolve_new(known) is None
    assert shown(known, rows, ask) == before
    assert ask("select count(*), count(distinct customer) from record_customer") == [(8, 7)]
    assert land(known) == Recognised(2, 1, 0, 7)
    after = shown(known, rows, ask)
    assert (after.mapping, len(after.alive)) == (dict(ask("select record, customer from record_customer")), 7)
    assert ask("select * from identity_moved") == []
    vector = known.lake.vector(showing.TABLES)
    assert (land(known), resolve_new(known), known.lake.vector(showing.TABLES)) == (
        Recognised(0, 0, 0, 7),
        None,
        vector,
    )


def test_who_is_opened_and_merged_away_in_between_is_no_news(known: Workspace, bring: Import, rows: Rows, ask: Ask):
    before = shown(known, rows, ask)
    bring(**members("x,7,q", source="web"))
    resolve_new(known)
    bring(**members("y,7,p", source="app"))
    resolve_new(known)
    assert land(known) == Recognised(2, 1, 0, 6)
    after = shown(known, rows, ask)
    assert (after.alive, after.known) == (before.alive, before.known | {6})
    check_facts(before, after, ask)


def test_what_goes_and_comes_back_in_between_writes_nothing(known: Workspace, bring: Import, rows: Rows, ask: Ask):
    before = shown(known, rows, ask)
    number = bring(**members("b,1,", source="members")).number
    resolve_new(known)
    assert ask("select count(distinct customer) from record_customer") == [(5,)]
    assert shown(known, rows, ask) == before
    take_back(known, number, HOUSE)  # the lake shows first that they were one
    resolve_new(known)
    land(known)
    after = shown(known, rows, ask)
    assert (after.mapping, after.alive) == (before.mapping, before.alive)


def test_a_record_that_goes_before_it_was_shown(known: Workspace, bring: Import, rows: Rows, ask: Ask):
    before = shown(known, rows, ask)
    number = bring(**members("x,1,", "y,2,p", "z,9,", source="web")).number
    resolve_new(known)
    assert ask("select count(distinct customer) from record_customer") == [(6,)]
    assert take_back(known, number, HOUSE).removed
    resolve_new(known)
    land(known)
    after = shown(known, rows, ask)
    assert (after.mapping, after.alive) == (before.mapping, before.alive)
    assert after.mapping == dict(ask("select record, customer from record_customer"))


def test_what_is_looked_at_as_a_whole_knows_what_is_not_shown(
    known: Workspace, bring: Import, rows: Rows, ask: Ask, monkeypatch: pytest.MonkeyPatch
):
    before = shown(known, rows, ask)
    bring(**members("x,1,", "y,2,p", "z,9,", source="web"))
    resolve_new(known)
    bring(**members("w,9,", "v,3,", source="app"))
    monkeypatch.setattr(waiting, "LARGE", 0.0)
    assert resolve_new(known) == Recognised(5, 1, 1, 6)
    after = shown(known, rows, ask)
    check_facts(before, after, ask)
    assert after.mapping == dict(ask("select record, customer from record_customer"))
    now, then = of_all_that_is_there(known)
    assert now == then


def test_nobody_who_resolves_waits_for_the_lake(
    known: Workspace, bring: Import, rows: Rows, ask: Ask, monkeypatch: pytest.MonkeyPatch
):
    """While the lake is written more is resolved, of the same records, too; that stays for the next time."""
    before = shown(known, rows, ask)
    bring(**members("x,8,", source="web"))
    resolve_new(known)
    show = showing.show

    def meanwhile(*given: Any) -> None:
        show(*given)
        bring(**members("y,8,p", "z,9,", source="app"))
        resolve_new(known)

    monkeypatch.setattr(recognising, "show", meanwhile)
    assert land(known) == Recognised(1, 1, 0, 7)
    monkeypatch.setattr(recognising, "show", show)
    between = shown(known, rows, ask)
    check_facts(before, between, ask)
    assert (len(between.mapping), len(between.alive)) == (7, 7)
    assert land(known) == Recognised(2, 1, 1, 7)
    check_facts(between, after := shown(known, rows, ask), ask)
    assert after.mapping == dict(ask("select record, customer from record_customer"))


CHILD = """
from quanyu.app.house import opened
from quanyu.customers.identity import waiting
from quanyu.customers.identity.recognising import land, resolve_new
from quanyu.foundation.settings import Settings
waiting.LARGE = 2.0
with opened(Settings.load()) as house:
    resolve_new(house.home.workspace())
    land(house.home.workspace())
"""


@pytest.mark.each_point
@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_nothing_is_lost(
    point: str, known: Workspace, bring: Import, rows: Rows, ask: Ask, environment: dict[str, str]
):
    before = shown(known, rows, ask)
    bring(**members("x,7,q", "y,1,", "z,2,p", source="web"))
    killed = {**environment, "QUANYU_FAILPOINT": point}
    child = subprocess.run(["python", "-c", CHILD], env=killed, capture_output=True, text=True, timeout=120)
    assert child.returncode == -9, child.stderr
    assert shown(known, rows, ask) == before
    resolve_new(known)
    assert land(known) == Recognised(3, 1, 1, 6)
    check_facts(before, after := shown(known, rows, ask), ask)
    assert after.mapping == dict(ask("select record, customer from record_customer"))


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.scale) for seed in range(1, 30))])
def test_any_steps_cut_off_anywhere_end_in_the_customers_of_the_rules(
    seed: int, bring: Import, workspace: Workspace, ask: Ask, rows: Rows, monkeypatch: pytest.MonkeyPatch
):
    draw = random.Random(seed)
    monkeypatch.setattr(waiting, "LARGE", 2.0)
    apply_policy(workspace, FEW, "test")
    lines = [drawn(draw, draw.choice(["pos", "web"]), f"k{draw.randrange(9)}", at) for at in range(30)]
    draw.shuffle(lines)
    imports = [partial(bring_lines, bring, part) for part in parts(draw, lines)]
    wrong = bring_lines(bring, [drawn(draw, "app", f"w{n}", 90 + n) for n in range(5)])
    imports.insert(draw.randrange(1, len(imports)), lambda: take_back(workspace, wrong, HOUSE))
    imports.insert(draw.randrange(len(imports)), lambda: bring_views(bring, "pos", ["d0", "d1"]))
    told_of = shown(workspace, rows, ask)

    def look() -> None:
        """Whatever has just ended, and how: the lake shows one whole state, and the facts tell how it came."""
        nonlocal told_of
        now = shown(workspace, rows, ask)
        if now.mapping != told_of.mapping or now.alive != told_of.alive:
            assert now.alive == frozenset(now.mapping.values())
            check_facts(told_of, now, ask)
            told_of = now

    for step in imports:
        step()
        look()
        for _ in range(draw.randrange(4)):
            verb = draw.choice([resolve_new, resolve_new, land, recognise])
            monkeypatch.setattr(waiting, "LARGE", draw.choice([0.0, 2.0, 2.0, 2.0, 2.0]))
            with monkeypatch.context() as armed:
                if draw.random() < 0.5:
                    armed.setenv("QUANYU_FAILPOINT", f"{draw.choice(POINTS)}=full")
                with suppress(OSError):
                    verb(workspace)
            look()
            if draw.random() < 0.3:
                recorded = dict(ask("select record, customer from record_customer"))
                assert len({*recorded.values()}) <= ask("select customers from population")[0][0]
    resolve_new(workspace)
    land(workspace)
    look()
    assert ask("select * from identity_moved") == []
    assert told_of.mapping == dict(ask("select record, customer from record_customer"))
    assert told_of.known == frozenset(customer for (customer,) in ask("select customer from customer"))
    views = [("pos", "d0"), ("pos", "d1")]
    assert found(ask, rows) == expected(lines, views, FEW)
    for customer, founder in ask("select customer, founder from customer where merged_into is null"):
        assert customer not in told_of.alive or told_of.mapping[founder] == customer


def parts(draw: random.Random, lines: list[Line]) -> list[list[Line]]:
    """Cut the lines of each source into three deliveries, in any order."""
    cut: list[list[Line]] = []
    for source in ("pos", "web"):
        mine = [line for line in lines if line.source == source]
        first, second = sorted(draw.sample(range(1, len(mine)), 2))
        cut += [mine[:first], mine[first:second], mine[second:]]
    draw.shuffle(cut)
    return cut


def test_other_rooms_see_what_the_lake_shows(known: Workspace, bring: Import, ask: Ask):
    """The view answers look-ups by record and by customer through indexes."""
    bring(**members("y,1,", "z,2,p", source="web"))
    resolve_new(known)
    plan = "\n".join(row[0] for row in ask("explain select record from shown_record_customer where customer = 1"))
    assert plan.count("record_customer_by_customer") + plan.count("identity_moved_by_customer") >= 1
    with known.begin() as connection:
        mine = connection.execute(sa.text("select count(distinct customer) from shown_record_customer")).scalar_one()
    assert mine == 6
