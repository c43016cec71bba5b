"""Cities, districts and the parts of addresses are there, whole and where they should be."""

import csv
from pathlib import Path

import numpy as np
import pytest

from quanyu.simulator.places import addresses, cities

PUBLIC = Path(__file__).parents[2].parent / "shared" / "data" / "places" / "areas.csv"
TOWNS = {"441900", "442000"}  # cities without districts: their towns stand instead


def test_there_are_sixty_cities_of_three_tiers():
    tier = cities().tier
    assert len(tier) == 60
    assert np.bincount(tier).tolist() == [0, 4, 26, 30]


def test_shares_of_the_population_make_one_and_larger_tiers_have_more():
    weight, tier = cities().weight, cities().tier
    assert weight.sum() == pytest.approx(1)
    assert weight.min() > 0
    assert weight[tier == 1].mean() > weight[tier == 2].mean() > weight[tier == 3].mean()


def test_codes_are_six_digits_and_none_comes_twice():
    code, names = cities().code, cities().zh
    assert all(len(each) == 6 and each.isdigit() for each in code)
    assert len(set(code)) == len(set(names)) == 60


def test_cities_lie_in_china_and_apart_from_each_other():
    latitude, longitude = cities().latitude, cities().longitude
    assert ((latitude > 18) & (latitude < 54)).all()
    assert ((longitude > 73) & (longitude < 135)).all()
    assert len(set(zip(latitude.round(1), longitude.round(1), strict=True))) == 60


def test_a_city_of_one_code_prefix_lies_in_one_province():
    prefixes = {(code[:2], province) for code, province in zip(cities().code, cities().province_zh, strict=True)}
    assert len(prefixes) == len({prefix for prefix, _ in prefixes}) == len({province for _, province in prefixes})


def test_districts_of_a_city_lie_next_to_each_other():
    places = cities()
    of = places.districts["city"].to_numpy()
    assert np.array_equal(of, np.repeat(np.arange(60), places.district_count))
    assert np.array_equal(of[places.district_start], np.arange(60))
    assert places.district_count.min() >= 3
    assert places.district_count.max() <= 8
    assert places.districts["district"].to_pylist() == list(range(len(of)))


def test_the_table_says_what_the_arrays_say():
    places = cities()
    rows = places.table.to_pylist()
    assert [row["city"] for row in rows] == list(range(60))
    assert [row["tier"] for row in rows] == places.tier.tolist()
    assert [row["code"] for row in rows] == list(places.code)
    assert [district for row in rows for district in row["districts"]] == places.districts["zh"].to_pylist()
    assert all(len(set(row["districts"])) == len(row["districts"]) for row in rows)


@pytest.mark.skipif(not PUBLIC.exists(), reason="needs ../shared/data, which lies beside the repository")
def test_districts_are_current_ones():
    with PUBLIC.open(encoding="utf-8") as lines:
        known = {(row["cityCode"], row["name"]) for row in csv.DictReader(lines)}
    lost = [
        (row["zh"], district)
        for row in cities().table.to_pylist()
        if row["code"] not in TOWNS
        for district in row["districts"]
        if (row["code"][:4], district) not in known
    ]
    assert not lost


@pytest.mark.parametrize(
    ("name", "least"), [("roads", 80), ("estates", 120), ("stations", 10), ("offices", 20), ("malls", 40)]
)
def test_addresses_have_parts_enough(name, least):
    table = getattr(addresses(), name)
    assert table["index"].to_pylist() == list(range(table.num_rows))
    assert table.num_rows >= least
    assert len(set(table["zh"].to_pylist())) == table.num_rows
    assert "" not in table["zh"].to_pylist()
