"""How the company is built: brands, regions, dealers and stores in a tree, and who works in the stores since when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.random import Generator
from numpy.typing import NDArray

from quanyu.simulator.data import rows
from quanyu.simulator.draws import permuted, stream
from quanyu.simulator.names import ERAS, ONE_CHARACTER, Names, names
from quanyu.simulator.places import Addresses, Cities, addresses, cities

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

STORES = 300
CHAINS = ("south", "north")  # each with a till system of its own
TYPES = ("direct", "franchise")
ROLES = ("guide", "manager")
_BRANDS = (("HY-A", "禾元"), ("HY-B", "禾元生活"))
_FIRST, _LAST = date(2024, 7, 1), date(2026, 6, 30)
_NEVER = np.datetime64("9999-12-31", "D")
_DENSITY = (1.5, 1.0, 0.7)  # stores for the population, by tier of the city
_DIRECT = (0.75, 0.5, 0.25)  # share of direct stores, by tier
_SPREAD = (0.055, 0.035, 0.03)  # degrees from the centre, by tier
_NORTH = 32.5  # latitude from which a city belongs to the north chain
_DEALERS = {"east": (4, 3), "south": (3, 2), "north": (3, 2), "central": (2, 1), "west": (2, 2)}  # of each brand
_DEALER_NAMES = (
    "和顺 启明 丰泽 瑞祥 恒泰 嘉禾 鸿源 万佳 德信 汇川 永盛 金桥 "
    "联创 宏达 盛达 天成 百川 新禾 东升 聚合 顺达 华锦 远航 同泽"
)
_TENURE = 2500.0  # days that staff stay, on average
_WOMEN = 0.8  # of the staff


@dataclass(frozen=True, eq=False)
class Organisation:
    """Stores and staff by index; the staff of a store lie next to each other."""

    store_city: Integers
    store_latitude: Floats
    store_longitude: Floats
    store_chain: NDArray[np.int8]  # of CHAINS
    store_type: NDArray[np.int8]  # of TYPES
    store_open: Days  # first day
    store_closed: Days  # first day without it; far ahead where it stays
    guide_store: Integers  # of each of the staff
    units: pa.Table  # code, parent, level (group, brand, region, direct, dealer, store), name_zh
    stores: pa.Table
    staff: pa.Table
    post_start: Integers  # the first of each store's posts
    post_count: Integers
    tenures: Integers  # of each of the staff: post and first day in one ascending number

    def guides_of(self, store: Integers, chance: Floats, day: Days | None = None) -> Integers:
        """Return one who works in each store on its day, on the last where none is given; -1 where the store is."""
        somewhere = np.maximum(store, 0)
        post = self.post_start[somewhere] + (chance * self.post_count[somewhere]).astype(np.int64)
        when = _NEVER if day is None else day
        held = np.searchsorted(self.tenures, _tenure(post, when), side="right") - 1
        earliest = np.searchsorted(self.tenures, _tenure(post, np.datetime64(0, "D")))
        return np.where(store < 0, -1, np.maximum(held, earliest))


class _Staff(NamedTuple):
    store: int
    post: int
    role: str
    hired: date
    left: date | None


@cache
def organisation(seed: int, first: date = _FIRST, last: date = _LAST) -> Organisation:
    """Draw the stores, and the staff that they have had from the first day to the last."""
    places, chance = cities(), stream(seed, "organisation")
    city = np.repeat(np.arange(len(places.weight)), _stores_of(places))
    tier = places.tier[city] - 1
    spread = np.array(_SPREAD)[tier][:, None] * np.clip(chance.standard_normal((STORES, 2)), -2.5, 2.5)
    latitude = (places.latitude[city] + spread[:, 0]).round(6)
    longitude = (places.longitude[city] + spread[:, 1] / np.cos(np.radians(latitude))).round(6)
    chain = (places.latitude[city] > _NORTH).astype(np.int8)
    franchise = (chance.random(STORES) >= np.array(_DIRECT)[tier]).astype(np.int8)
    opened, closed = _lives(chance, last)
    tree = _Tree.draw(seed, places, city, franchise, chance)
    stores = _stores(seed, places, addresses(), tree, chance).append_column("latitude", [latitude])
    lasting = {"longitude": longitude, "opened": opened, "closed": pa.array(closed, mask=closed == _NEVER)}
    for name, column in {**lasting, "chain": _worded(chain, CHAINS), "type": _worded(franchise, TYPES)}.items():
        stores = stores.append_column(name, [column])
    posts = chance.choice([4, 5, 6], STORES, p=[0.6, 0.3, 0.1])
    staff = list(_tenures(posts, opened, closed, first, last, chance))
    hired = np.array([one.hired for one in staff], "datetime64[D]")
    return Organisation(
        store_city=city,
        store_latitude=latitude,
        store_longitude=longitude,
        store_chain=chain,
        store_type=franchise,
        store_open=opened,
        store_closed=closed,
        guide_store=np.array([one.store for one in staff], np.int64),
        units=tree.table(stores),
        stores=stores,
        staff=_staff(seed, names(), staff, stores["code"].to_pylist()),
        post_start=np.cumsum(posts) - posts,
        post_count=posts.astype(np.int64),
        tenures=_tenure(np.array([one.post for one in staff], np.int64), hired),
    )


def _tenure(post: Integers, day: Days | np.datetime64) -> Integers:
    return post * 10**7 + day.astype(np.int64)


def _stores_of(places: Cities) -> Integers:
    """Give each city one store, and the rest by population and tier, largest remainders first."""
    wanted = places.weight * np.array(_DENSITY)[places.tier - 1]
    exact = wanted / wanted.sum() * (STORES - len(wanted))
    count = np.floor(exact).astype(np.int64)
    count[np.argsort(count - exact, kind="stable")[: STORES - len(wanted) - count.sum()]] += 1
    return count + 1


def _lives(chance: Generator, last: date) -> tuple[Days, Days]:
    """Draw when each store opened, and when the few that did not last were closed."""
    age = 60 + np.minimum(chance.gamma(2.2, 750.0, STORES), 5000.0).astype(np.int64)
    closing = chance.integers(20, 540, STORES)
    fails = (chance.random(STORES) < 0.06) & (age > closing + 365)
    today = np.datetime64(last, "D")
    return today - age, np.where(fails, today - closing, _NEVER)


def _worded(number: NDArray[np.int8], words: tuple[str, ...]) -> pa.Array:
    return pa.array([words[n] for n in number])


@dataclass(frozen=True)
class _Tree:
    """Where each store hangs: brand, region, and the dealer or the company itself."""

    brand: list[int]
    region: list[int]
    parent: list[str]
    region_names: list[str]
    units: list[dict[str, str | None]]  # above the stores

    @classmethod
    def draw(cls, seed: int, places: Cities, city: Integers, franchise: NDArray[np.int8], chance: Generator) -> "_Tree":
        """Hang the stores into the tree; a dealer has whole cities of one brand and region."""
        regions = rows("regions")
        by_province = {zh: i for i, region in enumerate(regions) for zh in region["provinces"].split("|")}
        region = [by_province[places.province_zh[c]] for c in city]
        brand = (chance.random(len(city)) < 0.4).astype(int).tolist()
        units, below = _upper_units(seed, places, regions, chance)
        parent = [
            below[b, r][1 + c % (len(below[b, r]) - 1) if f else 0]
            for b, r, c, f in zip(brand, region, city, franchise, strict=True)
        ]
        return cls(brand, region, parent, [each["zh"] for each in regions], units)

    def table(self, stores: pa.Table) -> pa.Table:
        """Return the whole tree, from the group down to the stores."""
        named = zip(stores["code"].to_pylist(), self.parent, stores["name_zh"].to_pylist(), strict=True)
        leaves = [_unit(code, parent, "store", name) for code, parent, name in named]
        return pa.Table.from_pylist([*self.units, *leaves])


def _unit(code: str, parent: str | None, level: str, name: str) -> dict[str, str | None]:
    return {"code": code, "parent": parent, "level": level, "name_zh": name}


def _upper_units(
    seed: int, places: Cities, regions: list[dict[str, str]], chance: Generator
) -> tuple[list[dict[str, str | None]], dict[tuple[int, int], list[str]]]:
    """Return the tree above the stores, and for each brand and region the code of direct stores and of its dealers."""
    units, below = [_unit("HY", None, "group", "禾元集团")], {}
    words = chance.permutation(_DEALER_NAMES.split()).tolist()
    codes = (permuted(seed, "dealer", np.arange(len(words)), 9000) + 1000).tolist()
    for b, (brand_code, brand_name) in enumerate(_BRANDS):
        units.append(_unit(brand_code, "HY", "brand", brand_name))
        for r, region in enumerate(regions):
            own = f"{brand_code}-{region['key'].upper()}"
            units.append(_unit(own, brand_code, "region", brand_name + region["zh"]))
            units.append(_unit(f"{own}-0", own, "direct", brand_name + region["zh"] + "直营"))
            below[b, r] = [f"{own}-0"]
            inside = np.isin(places.province_zh, region["provinces"].split("|"))
            seats = np.array(places.zh)[inside]
            for seat in chance.permutation(seats)[: _DEALERS[region["key"]][b]].tolist():
                below[b, r].append(f"D{codes.pop()}")
                units.append(_unit(below[b, r][-1], own, "dealer", f"{seat[:-1]}{words.pop()}商贸有限公司"))
    return units, below


def _stores(seed: int, places: Cities, parts: Addresses, tree: _Tree, chance: Generator) -> pa.Table:
    """Name the stores: no two of a city stand in the same mall."""
    malls, roads = parts.malls["zh"].to_pylist(), parts.roads["zh"].to_pylist()
    districts = places.districts["zh"].to_pylist()
    code = permuted(seed, "store code", np.arange(STORES), 90_000) + 10_000
    built: list[dict[str, object]] = []
    for city, count in enumerate(_stores_of(places)):
        for mall in chance.permutation(len(malls))[:count]:
            store = len(built)
            brand = _BRANDS[tree.brand[store]][1]
            district = districts[places.district_start[city] + chance.integers(places.district_count[city])]
            road, number = roads[chance.integers(len(roads))], chance.integers(1, 900)
            floor, door = chance.integers(1, 5), chance.integers(1, 60)
            built.append(
                {
                    "code": f"S{code[store]}",
                    "name_zh": f"{brand}{places.zh[city][:-1]}{malls[mall]}店",
                    "unit": tree.parent[store],
                    "brand_zh": brand,
                    "region_zh": tree.region_names[tree.region[store]],
                    "province_zh": places.province_zh[city],
                    "city_zh": places.zh[city],
                    "district_zh": district,
                    "address": f"{road}{number}号{malls[mall]}{floor}层{floor}{door:02d}",
                }
            )
    numbers = {"store": pa.array(range(STORES), pa.int32())}
    return pa.table({**numbers, **{name: [row[name] for row in built] for name in built[0]}})


def _tenures(
    posts: Integers, opened: Days, closed: Days, first: date, last: date, chance: Generator
) -> Iterator[_Staff]:
    """Draw who holds each post one after the other from the first day, or the store's first, to its last."""
    post = 0
    for store, count in enumerate(posts):
        begins, ends = opened[store].astype(date), min(closed[store].astype(date), last + timedelta(1))
        for each in range(count):
            known = min(first, ends - timedelta(30))
            hired = max(begins - timedelta(15), known - timedelta(int(chance.exponential(700.0))))
            while True:
                leaves = max(hired, first) + timedelta(30 + int(chance.exponential(_TENURE)))
                stays = leaves >= ends - timedelta(30)
                left = (ends if ends <= last else None) if stays else leaves
                yield _Staff(store, post, ROLES[each == 0], hired, left)
                if stays:
                    break
                hired = leaves + timedelta(1)
            post += 1


def _staff(seed: int, spelling: Names, staff: list[_Staff], codes: list[str]) -> pa.Table:
    chance = stream(seed, "staff")
    number = permuted(seed, "staff number", np.arange(len(staff)), 900_000) + 100_000
    called, pinyin = _called(spelling, len(staff), chance)
    return pa.table(
        {
            "staff": pa.array(range(len(staff)), pa.int32()),
            "number": [f"HY{each}" for each in number],
            "name_zh": called,
            "store": pa.array([one.store for one in staff], pa.int32()),
            "store_code": [codes[one.store] for one in staff],
            "role": [one.role for one in staff],
            "hired": pa.array([one.hired for one in staff], pa.date32()),
            "left": pa.array([one.left for one in staff], pa.date32()),
            "wecom_userid": _userids(pinyin),
        }
    )


def _called(spelling: Names, count: int, chance: Generator) -> tuple[list[str], list[str]]:
    """Draw full names, and how they are written in Latin letters."""
    surnames = list(zip(*(spelling.surnames[c].to_pylist() for c in ("zh", "pinyin")), strict=True))
    characters = list(zip(*(spelling.given_characters[c].to_pylist() for c in ("zh", "pinyin")), strict=True))
    surname = chance.choice(len(surnames), count, p=spelling.surname_weight)
    born = chance.integers(1972, 2007, count)
    zh, pinyin = [], []
    for family, year in zip(surname, born, strict=True):
        candidates, weight = spelling.given(chance.random() < _WOMEN, int(np.searchsorted(ERAS, year, side="right")))
        given = chance.choice(candidates, 1 if chance.random() < ONE_CHARACTER else 2, p=weight)
        read = [surnames[family], *(characters[each] for each in given)]
        zh.append("".join(text for text, _ in read))
        pinyin.append("".join(sound.capitalize() for _, sound in read))
    return zh, pinyin


def _userids(pinyin: list[str]) -> list[str]:
    """Tell those of the same name apart by a number, as WeCom does."""
    met: dict[str, int] = {}
    userids: list[str] = []
    for name in pinyin:
        met[name] = met.get(name, 0) + 1
        userids.append(name if met[name] == 1 else f"{name}{met[name]}")
    return userids
