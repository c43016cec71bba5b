"""Stores hang in a tree, stand in their cities, and are staffed by people who were there at the time."""

import re
import time
from collections import Counter
from datetime import date

import numpy as np
import pytest

from quanyu.simulator.organisation import STORES, organisation
from quanyu.simulator.places import KILOMETRES, cities

COMPANY, OTHER = organisation(1), organisation(2)
SEEDS = [COMPANY, OTHER]
SHORT = organisation(1, date(2025, 12, 1), date(2026, 6, 30))  # some stores had closed before it begins
UNITS = {row["code"]: row for row in COMPANY.units.to_pylist()}


@pytest.mark.parametrize("company", SEEDS)
def test_stores_lie_near_their_city(company):
    places = cities()
    north = (company.store_latitude - places.latitude[company.store_city]) * KILOMETRES
    east = (company.store_longitude - places.longitude[company.store_city]) * KILOMETRES
    distance = np.hypot(north, east * np.cos(np.radians(company.store_latitude)))
    assert distance.max() < 25
    assert np.median(distance) > 1
    assert len(set(zip(company.store_latitude, company.store_longitude, strict=True))) == STORES


def test_larger_cities_have_more_stores_and_none_has_none():
    count, tier = np.bincount(COMPANY.store_city, minlength=60), cities().tier
    assert count.sum() == STORES == 300
    assert count.min() >= 1
    assert count[tier == 1].mean() > 2 * count[tier == 2].mean() > 2 * count[tier == 3].mean()


@pytest.mark.parametrize("company", SEEDS)
def test_the_table_says_what_the_arrays_say(company):
    rows = company.stores.to_pylist()
    places = cities()
    assert [row["store"] for row in rows] == list(range(STORES))
    assert [row["city_zh"] for row in rows] == [places.zh[city] for city in company.store_city]
    assert [row["opened"] for row in rows] == company.store_open.tolist()
    assert [row["closed"] or date(9999, 12, 31) for row in rows] == company.store_closed.tolist()
    assert [row["chain"] for row in rows] == [("south", "north")[chain] for chain in company.store_chain]
    assert [row["type"] for row in rows] == [("direct", "franchise")[each] for each in company.store_type]
    assert [row["latitude"] for row in rows] == company.store_latitude.tolist()
    districts = {row["zh"]: row["districts"] for row in places.table.to_pylist()}
    assert all(row["district_zh"] in districts[row["city_zh"]] for row in rows)


@pytest.mark.parametrize("company", SEEDS)
def test_codes_and_names_are_unique_and_codes_tell_nothing(company):
    codes = company.stores["code"].to_pylist()
    assert all(re.fullmatch(r"S\d{5}", code) for code in codes)
    assert len(set(codes)) == len(set(company.stores["name_zh"].to_pylist())) == STORES
    digits = [int(code[1:]) for code in codes]
    assert abs(np.corrcoef(np.argsort(np.argsort(digits)), np.arange(STORES))[0, 1]) < 0.2


def test_a_city_belongs_to_one_chain_and_both_chains_are_large():
    chains = [set(COMPANY.store_chain[COMPANY.store_city == city].tolist()) for city in range(60)]
    assert {len(each) for each in chains} == {1}
    assert np.bincount(COMPANY.store_chain).min() > 60


def test_the_tree_has_one_root_and_its_levels_follow_each_other():
    below = {
        "brand": {"group"},
        "region": {"brand"},
        "direct": {"region"},
        "dealer": {"region"},
        "store": {"direct", "dealer"},
    }
    assert len(UNITS) == COMPANY.units.num_rows
    assert Counter(row["level"] for row in UNITS.values()) == {
        "group": 1, "brand": 2, "region": 10, "direct": 10, "dealer": 24, "store": 300,
    }  # fmt: skip
    for row in UNITS.values():
        parent = UNITS.get(row["parent"])
        assert parent is None if row["level"] == "group" else parent["level"] in below[row["level"]]


def test_a_store_hangs_below_its_own_brand_region_and_type():
    for row in COMPANY.stores.to_pylist():
        parent = UNITS[row["unit"]]
        region = UNITS[parent["parent"]]
        assert UNITS[row["code"]]["parent"] == row["unit"]
        assert parent["level"] == {"direct": "direct", "franchise": "dealer"}[row["type"]]
        assert region["name_zh"] == row["brand_zh"] + row["region_zh"]


def test_regions_are_where_the_cities_are():
    rows = COMPANY.stores.to_pylist()
    assert len({row["region_zh"] for row in rows}) == 5
    assert len({(row["province_zh"], row["region_zh"]) for row in rows}) == len({row["province_zh"] for row in rows})


@pytest.mark.parametrize("company", SEEDS)
def test_some_stores_have_closed_after_they_opened(company):
    closed = company.store_closed < np.datetime64("9999-01-01")
    assert 3 <= closed.sum() <= 40
    assert (company.store_open < company.store_closed).all()
    assert company.store_closed[closed].max() <= np.datetime64("2026-06-30")
    assert company.store_open.max() < np.datetime64("2026-06-30")


@pytest.mark.parametrize("company", SEEDS)
def test_every_store_has_four_to_six_posts_one_of_them_the_manager(company):
    there = [row for row in company.staff.to_pylist() if row["left"] is None or row["left"] > date(2026, 6, 30)]
    count = Counter(row["store"] for row in there)
    still = np.flatnonzero(company.store_closed > np.datetime64("2026-06-30"))
    assert set(count) == set(still.tolist())
    assert set(count.values()) == {4, 5, 6}
    assert Counter(row["store"] for row in there if row["role"] == "manager") == dict.fromkeys(still.tolist(), 1)
    assert 1_300 <= company.staff.num_rows <= 1_900


@pytest.mark.parametrize("company", [*SEEDS, SHORT])
def test_staff_work_while_their_store_is_open(company):
    rows = company.staff.to_pylist()
    opened, closed = company.store_open.astype(date), company.store_closed.astype(date)
    assert [row["store"] for row in rows] == company.guide_store.tolist()
    assert (np.diff(company.guide_store) >= 0).all()
    for row in rows:
        assert (opened[row["store"]] - row["hired"]).days <= 15
        assert row["hired"] < (row["left"] or date(9999, 1, 1)) <= closed[row["store"]]


@pytest.mark.parametrize("company", SEEDS)
def test_staff_are_told_apart(company):
    count = company.staff.num_rows
    assert len(set(company.staff["number"].to_pylist())) == len(set(company.staff["wecom_userid"].to_pylist())) == count
    assert all(re.fullmatch(r"HY\d{6}", number) for number in company.staff["number"].to_pylist())
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+\d*", userid) for userid in company.staff["wecom_userid"].to_pylist())
    codes = company.stores["code"].to_pylist()
    assert [codes[store] for store in company.guide_store] == company.staff["store_code"].to_pylist()


@pytest.mark.parametrize("company", SEEDS)
def test_a_guide_of_a_store_works_there_on_that_day(company):
    chance = np.random.default_rng(5)
    store = chance.integers(-1, STORES, 20_000)
    day = np.datetime64("2024-07-01") + chance.integers(0, 730, len(store))
    guide = company.guides_of(store, chance.random(len(store)), day)
    assert np.array_equal(guide < 0, store < 0)
    open_then = (store >= 0) & (company.store_open[store] <= day) & (day < company.store_closed[store])
    guide, store, day = guide[open_then], store[open_then], day[open_then]
    hired = company.staff["hired"].to_numpy()[guide]
    left = company.staff["left"].fill_null(date(9999, 1, 1)).to_numpy()[guide]
    assert np.array_equal(company.guide_store[guide], store)
    assert (hired <= day).all()
    assert (day <= left).all()
    assert len(np.unique(guide)) > 0.9 * company.staff.num_rows


def test_without_a_day_guides_are_those_of_the_last():
    store = np.repeat(np.arange(STORES), 20)
    guide = COMPANY.guides_of(store, np.tile(np.arange(20) / 20, STORES))
    left = COMPANY.staff["left"].fill_null(date(9999, 1, 1)).to_numpy()[guide]
    assert np.array_equal(COMPANY.guide_store[guide], store)
    assert (left >= np.minimum(COMPANY.store_closed[store], np.datetime64("9999-01-01"))).all()


def test_the_same_seed_gives_the_same_tables_and_another_other_codes():
    again = organisation.__wrapped__(1)
    for name in ("units", "stores", "staff"):
        assert getattr(again, name).equals(getattr(COMPANY, name)), name
    assert np.array_equal(COMPANY.store_city, OTHER.store_city)
    codes = [set(company.stores["code"].to_pylist()) for company in SEEDS]
    assert len(codes[0] & codes[1]) < 10


def test_a_company_is_drawn_quickly():
    began = time.process_time()
    organisation.__wrapped__(3)
    assert time.process_time() - began < 0.5
