"""A run leaves a profile of its tags, of the living, by index or by columns alike, in which drift shows."""

import math
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa

from quanyu.customers.identity.tables import population
from quanyu.customers.quality.drifting import GREAT, stability_index
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.targeting.tags import profiles
from quanyu.targeting.tags.indexing import build, index_of
from quanyu.targeting.tags.model import TagRun
from quanyu.targeting.tags.packs import apply, standing
from quanyu.targeting.tags.profiles import LEAST, drift, find_profile, read_profiles, take_profile
from quanyu.targeting.tags.runs import current, save_run
from quanyu.targeting.tags.tables import customer_tags, tag_profile
from quanyu.targeting.tags.usage import read_uses

SIZE, DEAD = 3_000, 50
DAY = date(2026, 3, 1)
EPOCH = date(1970, 1, 1)

CHILD = """
from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings
from quanyu.targeting.tags.profiles import take_profile

with opened(Settings.load()) as home:
    take_profile(home.workspace())
"""


def drawn(day: date, factor: float = 1.0, france: float = 0.5) -> dict[str, list[object]]:
    rng = np.random.default_rng(3)
    last = rng.integers(0, 400, SIZE)
    money = (rng.gamma(2.0, 1_000.0, SIZE) * factor).astype(np.int64)
    empty = rng.random(SIZE) < 0.2
    return {
        "recency_days": [day - timedelta(days=int(n)) for n in last],
        "last_purchase": [day - timedelta(days=int(n)) for n in last],
        "monetary": [None if e else int(m) for e, m in zip(empty, money, strict=True)],
        "frequency_score": rng.integers(1, 6, SIZE).tolist(),
        "country": [
            "France" if f else "Spain" if n % 100 else "Malta" for n, f in enumerate(rng.random(SIZE) < france)
        ],
        "return_share": rng.random(SIZE).tolist(),
        "rfm_score": ["555"] * 90 + [None] * (SIZE - 90),
    }


def land(ws, day: date, values: Mapping[str, list[object]]) -> None:
    """Land these values as the tags of a run on a day; the first customers have died since."""
    pack, table = standing(ws), customer_tags(standing(ws))
    columns = {"customer": list(range(SIZE)), **values}
    rows = pa.table(
        {n: pa.array(columns.get(n) or [None] * SIZE, table.schema.field(n).type) for n in table.schema.names}
    )
    as_of = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    run = TagRun(0, as_of, ws.time_zone, pack.hash, 1, SIZE, as_of, packs=dict(pack.versions))
    alive = to_bytes(OrdinalSet.first(SIZE) - OrdinalSet.first(DEAD))
    people = {"epoch": 1, "records": SIZE, "customers": SIZE, "alive": alive}
    with ws.lake.landing("tags", (table,)) as landing, ws.begin() as connection:
        landing.replace(table, rows)
        save_run(ws, connection, run, {})
        connection.execute(sa.delete(population))
        connection.execute(sa.insert(population).values(workspace=ws.number, **people))
        landing.publish(connection)


@pytest.fixture
def ws(retailer):
    land(retailer.ws, DAY, drawn(DAY))
    return retailer.ws


def test_values_of_the_living_are_counted_between_deciles(ws) -> None:
    taken = take_profile(ws)
    values = drawn(DAY)
    money = np.array([m for m in values["monetary"][DEAD:] if m is not None])
    told = taken.tags["monetary"]
    ordered = np.sort(money)
    edges = sorted({int(ordered[math.ceil(money.size * tenth / 10) - 1]) for tenth in range(1, 10)})
    assert (taken.customers, told.known, told.edges) == (SIZE - DEAD, money.size, tuple(edges))
    assert told.counts == tuple(np.histogram(money, [-np.inf, *(e + 0.5 for e in edges), np.inf])[0])
    assert taken.tags["last_purchase"].edges[0] == (sorted(values["last_purchase"][DEAD:])[294] - EPOCH).days
    assert taken.tags["recency_days"].edges[0] == taken.tags["last_purchase"].edges[0] - (DAY - EPOCH).days
    assert taken.tags["frequency_score"].edges == (1, 2, 3, 4)
    assert taken.tags["return_share"].known == SIZE - DEAD
    countries = values["country"][DEAD:]
    assert taken.tags["country"].values == {c: countries.count(c) for c in ("France", "Spain")}
    assert 0 < countries.count("Malta") < LEAST
    assert (taken.tags["rfm_score"].known, taken.tags["rfm_score"].values) == (40, {})
    assert read_profiles(ws) == [taken]
    assert read_uses(ws)["monetary"].seen is not None
    the_index_says_the_same(ws, taken)


def the_index_says_the_same(ws, taken) -> None:
    with ws.begin() as connection:
        connection.execute(sa.delete(tag_profile))
    indexed = replace(ws, settings=replace(ws.settings, index_from=1))
    build(indexed)
    assert index_of(indexed, current(indexed)) is not None
    assert take_profile(indexed) == taken


def test_drift_is_seen_and_a_passing_day_is_none(ws) -> None:
    first = take_profile(ws)
    assert take_profile(ws) == first
    later = DAY + timedelta(days=30)
    land(ws, later, drawn(later, factor=2.0, france=0.1))
    second = take_profile(ws)
    before, now = first.tags, second.tags
    assert now["monetary"].edges == before["monetary"].edges
    assert drift(before["monetary"], now["monetary"]) > GREAT
    assert drift(before["recency_days"], now["recency_days"]) == pytest.approx(0)
    assert drift(before["last_purchase"], now["last_purchase"]) > 0
    assert drift(before["rfm_score"], now["rfm_score"]) is None
    was, is_ = ({**each["country"].values} for each in (before, now))
    rest = [SIZE - DEAD - was["France"] - was["Spain"], SIZE - DEAD - is_["France"] - is_["Spain"]]
    by_hand = stability_index([was["France"], was["Spain"], rest[0]], [is_["France"], is_["Spain"], rest[1]])
    assert drift(before["country"], now["country"]) == pytest.approx(by_hand)
    assert drift(replace(before["monetary"], kind="integer, plain"), now["monetary"]) is None
    assert drift(replace(before["monetary"], edges=(1.0,)), now["monetary"]) is None
    the_run_of_a_day_is_found(ws, first.run, second.run)


def the_run_of_a_day_is_found(ws, first: int, second: int) -> None:
    assert find_profile(ws, second, DAY).run == first
    assert find_profile(ws, second, DAY - timedelta(days=1)).run == first  # the oldest, where none is so old
    assert find_profile(ws, second + 1, DAY + timedelta(days=30)).run == second
    assert find_profile(ws, second + 1, DAY + timedelta(days=29)).run == first
    assert find_profile(ws, first, DAY) is None


def test_only_so_many_are_kept_and_one_that_was_killed_is_taken_the_next_time(ws, environment, monkeypatch) -> None:
    monkeypatch.setattr(profiles, "KEPT", 1)
    first = take_profile(ws)
    land(ws, DAY + timedelta(days=1), drawn(DAY))
    child = subprocess.run(
        ["python", "-c", CHILD],
        env={**environment, "QUANYU_FAILPOINT": "tags.profiled"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == -9, child.stderr
    assert [each.run for each in read_profiles(ws, 9)] == [first.run]
    assert [each.run for each in [take_profile(ws)]] == [each.run for each in read_profiles(ws, 9)] == [first.run + 1]


def test_a_tag_of_another_type_begins_anew(ws) -> None:
    take_profile(ws)
    pack = """pack: retail
tags:
- {name: monetary, title: {en: T, zh: 题}, description: {en: D, zh: 述}, family: value, type: integer,
   field: orders.frequency}
"""
    apply(ws, pack)
    land(ws, DAY, {"monetary": list(range(SIZE))})
    assert take_profile(ws).tags["monetary"].edges[0] == DEAD + (SIZE - DEAD) / 10 - 1
