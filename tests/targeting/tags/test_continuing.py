"""A run that goes on from the last one gives what a full run gives, to the value, whatever has happened between."""

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
import yaml
from tests.targeting.tags.worlds import EVENTS, Rows, World

from quanyu.commerce.coupons.tables import COUPONS
from quanyu.commerce.orders.tables import ORDERS
from quanyu.foundation.lake import laying
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags import continuing
from quanyu.targeting.tags.carrying import table_of
from quanyu.targeting.tags.computing import FAILPOINTS, compute
from quanyu.targeting.tags.deriving import derive
from quanyu.targeting.tags.packs import apply, standing
from quanyu.targeting.tags.pinning import pin
from quanyu.targeting.tags.runs import current
from quanyu.targeting.tags.tables import CUSTOMER_TAGS

PACK = Path(__file__).with_name("continued.yaml")
DAYS = (0, 0, 1, 1, 3, 40)
OF_ORDERS = ("orders_all", "orders_30", "basket", "top_store", "trend", "due", "care", "last_day", "state")
OF_GOODS = ("products", "top_category", "cheap_share", "favourite", "refunded")
OF_MESSAGES = ("opened", "answers", "coupons_used", "cases", "country")
CHILD = """
import sys
from datetime import datetime
from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings
from quanyu.targeting.tags import continuing
from quanyu.targeting.tags.computing import compute

continuing.LEAST = continuing.MOST = 0
with opened(Settings.load()) as home:
    compute(home.workspace(), datetime.fromisoformat(sys.argv[1]))
"""
WorldOf = Callable[..., World]


def values(ws: Workspace) -> dict[int, dict[str, object]]:
    return {row.pop("customer"): row for row in ws.lake.to_arrow(current(ws).rows).to_pylist()}


@pytest.fixture
def world_of(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WorldOf:
    """Return a world with the tags of these names, or all; runs go on however few customers there are."""
    monkeypatch.setattr(continuing, "LEAST", 0)
    monkeypatch.setattr(continuing, "MOST", 0)

    def made(seed: int, names: tuple[str, ...] = (), kind: type[World] = World) -> World:
        written = yaml.safe_load(PACK.read_text("utf-8"))
        needed = {*names, *(("recency_score",) if "state" in names else ())}
        written["tags"] = [tag for tag in written["tags"] if not names or tag["name"] in needed]
        file = tmp_path / "pack.yaml"
        file.write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
        apply(workspace, file)
        world = kind(workspace, Random(seed))
        world.begin()
        return world

    return made


def computed(world: World) -> dict[int, dict[str, object]]:
    """Return what a full run would say, without running it: what was laid over the table of tags stays there."""
    inputs = pin(world.ws, world.as_of, standing(world.ws))
    rows = derive(inputs.pack, FIELDS, table_of(inputs.people.alive), inputs.scope)
    return {row.pop("customer"): row for row in world.ws.lake.to_arrow(rows).to_pylist()}


def goes_wrong(world: World, events: int, *, full: bool = True) -> object:
    """Let things happen and days go by; return in what both kinds of run differ, nothing where they agree."""
    told = [world.step() for _ in range(events)]
    days = world.random.choice(DAYS)
    world.day += timedelta(days=days)
    continued = compute(world.ws, world.as_of)
    if continued.skipped:
        return None
    assert continued.whole_because is None
    found = values(world.ws)
    whole = computed(world)
    if full:
        assert compute(world.ws, world.as_of, full=True).whole_because == "asked"
        assert values(world.ws) == whole
    differ = {(who, tag) for who, tags in whole.items() for tag in tags if tags[tag] != found.get(who, {}).get(tag)}
    return (differ, found.keys() ^ whole.keys(), told, days) if differ or found.keys() != whole.keys() else None


@pytest.mark.parametrize("names", [OF_ORDERS, OF_GOODS, OF_MESSAGES], ids=["orders", "goods", "messages"])
def test_a_run_that_goes_on_gives_what_a_full_run_gives(world_of: WorldOf, names: tuple[str, ...]) -> None:
    world = world_of(5, names)
    compute(world.ws, world.as_of)
    assert goes_wrong(world, 4) is None


@pytest.mark.scale
@pytest.mark.parametrize("seed", range(100, 108))
def test_runs_that_go_on_one_after_the_other_give_what_full_runs_give(world_of: WorldOf, seed: int) -> None:
    world = world_of(seed)
    compute(world.ws, world.as_of)
    for n in range(8):
        assert goes_wrong(world, world.random.randrange(1, 4), full=n % 4 == 3) is None


def test_runs_lay_what_has_changed_over_what_has_not(world_of: WorldOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laying, "MUCH", 0)
    world = world_of(8, ("orders_all", "orders_30", "due", "care", "last_day", "state"))
    compute(world.ws, world.as_of)
    for happens in (world.merge, world.a_day_of_trade, world.newcomer, world.nothing, world.gift):
        happens()
        assert goes_wrong(world, 0, full=False) is None
    assert letters(world.ws) == {"b", "o", "g", "p"}
    parts = laying.parts_over(world.ws.lake.engine, CUSTOMER_TAGS, files(world.ws))
    assert len(parts) == 2, "what follows from others by itself, and with it what days move"
    monkeypatch.setattr(laying, "MUCH", 1_000)
    world.compaction()
    assert letters(world.ws) == {"c"}
    assert values(world.ws) == computed(world)


def files(ws: Workspace) -> list[str]:
    return ws.lake.files(CUSTOMER_TAGS, ws.lake.vector([CUSTOMER_TAGS])[CUSTOMER_TAGS.name].version)


def letters(ws: Workspace) -> set[str]:
    return {Path(file).name[0] for file in files(ws)}


class WithoutCoupons(World):
    """A world in which coupons come in only when it is told so."""

    issues = False

    def deliver(self, rows: Rows) -> None:
        super().deliver({table: given for table, given in rows.items() if table != COUPONS or self.issues})


def test_who_did_nothing_of_what_comes_in_for_the_first_time_has_none(world_of: WorldOf) -> None:
    world = world_of(9, ("coupons_used",), kind=WithoutCoupons)
    compute(world.ws, world.as_of)
    assert {tags["coupons_used"] for tags in values(world.ws).values()} == {None}
    world.issues = True
    world.deliver(world.trade(2, 3))
    assert goes_wrong(world, 0, full=False) is None
    assert 0 in {tags["coupons_used"] for tags in values(world.ws).values()}


def test_an_order_that_comes_to_count_reaches_lines_that_are_not_new(world_of: WorldOf) -> None:
    world = world_of(2, ("products", "top_store"))
    told = world.trade(8, 5)
    world.deliver({**told, ORDERS: [order | {"counts": False} for order in told[ORDERS]]})
    compute(world.ws, world.as_of)
    before = values(world.ws)
    world.deliver({ORDERS: [order | world.told(counts=True) for order in told[ORDERS]]})
    assert goes_wrong(world, 0, full=False) is None
    assert {who for who, tags in values(world.ws).items() if tags["products"] != before[who]["products"]}


def test_only_who_is_reached_is_taken_anew(world_of: WorldOf) -> None:
    world = world_of(3, ("orders_all", "orders_30"))
    first = compute(world.ws, world.as_of)
    assert (first.whole_because, first.recomputed) == ("first", first.customers)
    world.records[99] = 99
    world.know()
    again = compute(world.ws, world.as_of)
    assert (again.whole_because, again.recomputed) == (None, 1)


@pytest.mark.each_point
@pytest.mark.parametrize(
    ("change", "reason"),
    [("few", "few"), ("definitions", "definitions"), ("day", "day"), ("software", "software"), ("gone", "gone")],
)
def test_everything_is_computed_where_the_last_run_is_of_no_use(
    world_of: WorldOf, monkeypatch: pytest.MonkeyPatch, change: str, reason: str
) -> None:
    world = world_of(4, ("orders_all",))
    compute(world.ws, world.as_of)
    world.deliver(world.trade(1, 1))
    match change:
        case "few":
            monkeypatch.setattr(continuing, "LEAST", 1_000)
        case "definitions":
            written = yaml.safe_load(PACK.read_text("utf-8"))
            written["tags"] = written["tags"][:2]
            file = world.ws.lake.folder / "pack.yaml"
            file.write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
            apply(world.ws, file)
        case "day":
            world.day -= timedelta(days=1)
        case "software":
            monkeypatch.setattr(continuing, "__version__", "9.9")
        case _:
            orders = world.ws.lake.folder / "orders"
            world.compaction()
            for file in orders.rglob("b*.parquet"):
                file.unlink()
    assert compute(world.ws, world.as_of).whole_because == reason


@pytest.mark.each_point
@pytest.mark.parametrize("point", [*FAILPOINTS, "lake.written", "lake.committed", "lake.published"])
def test_killed_anywhere_a_run_that_goes_on_goes_on_again(
    world_of: WorldOf, environment: dict[str, str], point: str
) -> None:
    world = world_of(6, ("orders_all", "orders_30"))
    compute(world.ws, world.as_of)
    before = values(world.ws)
    world.day += timedelta(days=3)
    world.deliver(world.trade(5, 3))
    child = subprocess.run(
        ["python", "-c", CHILD, world.as_of.isoformat()],
        env={**environment, "QUANYU_FAILPOINT": point},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == -9, child.stderr
    again = compute(world.ws, world.as_of)
    assert (again.skipped, again.whole_because) == (point == "tags.published", None)
    found = values(world.ws)
    compute(world.ws, world.as_of, full=True)
    assert found == values(world.ws) != before


def test_every_reason_has_words_in_both_languages() -> None:
    assert all(text.en and text.zh for text in continuing.REASONS.values())
    assert set(EVENTS) <= {name for name in dir(World) if not name.startswith("_")}
