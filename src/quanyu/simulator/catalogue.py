"""What the company sells: categories with cycles and seasons, products, bundles, gifts, and the codes they go by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.random import Generator
from numpy.typing import NDArray

from quanyu.simulator.data import rows
from quanyu.simulator.draws import stream

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

SINGLE, GIFT, BUNDLE = range(3)
_KINDS = ("single", "gift", "bundle")
PLATFORMS = ("tmall", "jd", "douyin", "mini_program")
TIERS = 5
BRANDS = ("禾元", "禾元生活"), ("Heyuan", "Heyuan Living")
_OPENED = date(2024, 7, 1)
_LISTED = 0.85  # of products, on each platform
_PRODUCTS = (5, 9)  # of a small category: from 5, below 9
_MAKERS = 18  # whose numbers stand at the beginning of the barcodes
_RANKS = {"starter": 5, "decoy": 3}  # known, but not what everybody buys
# Where each platform's item and SKU numbers lie. No two ranges meet, so that no number is two things.
_NUMBERS = {
    "tmall": ((560 * 10**9, 1060 * 10**9), (4_500 * 10**9, 6_000 * 10**9)),
    "jd": ((10_020 * 10**6, 10_120 * 10**6), (100 * 10**9, 100 * 10**9 + 2 * 10**8)),
    "douyin": ((34 * 10**17, 38 * 10**17), (17 * 10**17, 18 * 10**17)),
    "mini_program": ((10**7, 10**8), (10**8, 10**9)),
}
_LONGER = 1 / 3  # of JD's numbers, by two digits


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Products by index, those of a category next to each other; prices in fen."""

    identity: tuple[int, date]  # what it was drawn from: the same, the same catalogue
    category: NDArray[np.int16]  # mid category
    small: NDArray[np.int16]
    kind: NDArray[np.int8]  # SINGLE, GIFT, BUNDLE
    spu: Integers
    price: Integers  # list price; 0 for gifts
    weight: Floats  # popularity, sums to 1 in each category; 0 for gifts
    tier: NDArray[np.int8]  # fifth of its category by price, 0 cheapest
    listed: NDArray[np.bool_]  # products x PLATFORMS
    launch: NDArray[np.datetime64]
    starter: int  # the cold-brew tea starter kit: a first basket with it causes repurchase
    decoy: int  # the bone-china tea set: heavy buyers begin with it, it causes nothing
    keys: tuple[str, ...]  # of the mid categories
    cycle: Floats  # days until it is bought again, nan where nothing is used up
    season: Floats  # mid categories x months; a year's mean is 1
    stage: Floats  # mid categories x life stages; each stage's wants sum to 1
    complement: Floats  # mid categories x mid categories: what else goes into the basket; rows sum to 1
    band: Integers  # mid categories x (lowest, highest) price of a single product
    skus: pa.Table
    categories: pa.Table  # level, index within the level, code, parent code, zh, en
    bundles: pa.Table  # bundle sku, component sku, quantity
    platform_codes: pa.Table  # sku, platform, item_code, sku_code


class _Item(NamedTuple):
    """One product while it is being drawn."""

    small: int
    kind: int
    zh: str  # names its SPU inside the small category
    en: str
    spec_zh: str
    spec_en: str
    unit: str
    yuan: float
    parts: tuple[tuple[int, int], ...] = ()  # of a bundle: position in the list of singles, quantity
    planted: str = ""


@dataclass(frozen=True)
class _Tree:
    """The categories of three levels as they are written down."""

    larges: list[dict[str, str]]
    mids: list[dict[str, str]]
    smalls: list[dict[str, str]]

    @cached_property
    def keys(self) -> list[str]:
        return [mid["key"] for mid in self.mids]

    @cached_property
    def of_small(self) -> NDArray[np.int16]:
        """Return the mid category of each small one."""
        return np.array([self.keys.index(small["mid"]) for small in self.smalls], np.int16)

    @cached_property
    def small_codes(self) -> list[str]:
        """Return each small category's code: that of its mid category and its number in it."""
        number = np.arange(len(self.smalls)) - np.searchsorted(self.of_small, self.of_small) + 1
        return [f"{self.mids[mid]['code']}{n:02d}" for mid, n in zip(self.of_small, number, strict=True)]


@cache
def catalogue(seed: int, opened: date = _OPENED) -> Catalogue:
    """Draw the products and their codes; all of them were on sale before the day `opened`."""
    tree = _Tree(rows("large_categories"), rows("categories"), rows("small_categories"))
    drawn = _items(tree.smalls, stream(seed, "catalogue"))
    order = np.argsort(tree.of_small[[item.small for item in drawn]], kind="stable")
    items = [drawn[i] for i in order]
    small = np.array([item.small for item in items], np.int16)
    price = _rounded(np.array([item.yuan for item in items])) * 100
    kind = np.array([item.kind for item in items], np.int8)
    planted = {item.planted: sku for sku, item in enumerate(items) if item.planted}
    spu = np.unique([f"{item.small} {item.zh}" for item in items], return_inverse=True)[1].astype(np.int64)
    category, sold = tree.of_small[small], kind != GIFT
    listed = stream(seed, "catalogue", "listed").random((len(spu), len(PLATFORMS))) < _LISTED
    listed[list(planted.values())] = True
    launch = _launches(seed, spu, opened)
    return Catalogue(
        identity=(seed, opened),
        category=category,
        small=small,
        kind=kind,
        spu=spu,
        price=price,
        weight=_popularity(category, sold, planted, stream(seed, "catalogue", "popularity")),
        tier=_tiers(category, price, sold),
        listed=listed,
        launch=launch,
        starter=planted["starter"],
        decoy=planted["decoy"],
        keys=tuple(tree.keys),
        cycle=np.array([float(mid["cycle"] or "nan") for mid in tree.mids]),
        season=_seasons(tree),
        stage=_stages(tree),
        complement=_complements(tree),
        band=_bands(tree),
        skus=_skus(seed, tree, items, spu).append_column("list_price", [price]).append_column("launch", [launch]),
        categories=_categories(tree),
        bundles=_bundles(items, np.argsort(order)),
        platform_codes=_platform_codes(seed, spu, listed),
    )


def check_digit(digits: Integers) -> Integers:
    """Return the thirteenth digit of each EAN, given its first twelve as a number (GS1 General Specifications 7.9)."""
    places = digits[:, None] // 10 ** np.arange(12) % 10
    return -(places * np.where(np.arange(12) % 2 == 0, 3, 1)).sum(axis=1) % 10


def _items(smalls: list[dict[str, str]], chance: Generator) -> list[_Item]:
    """Draw the products of each small category; planted ones, bundles and gifts come after them."""
    names = [small["zh"] for small in smalls]
    items = [item for number, small in enumerate(smalls) for item in _products(number, small, chance)]
    singles = _places(items, len(smalls))
    for row in rows("planted"):
        texts = (row["zh"], row["en"], row["spec_zh"], row["spec_en"], row["unit"])
        number = names.index(row["small"])
        items.append(_Item(number, SINGLE, *texts, float(row["price"]), planted=row["name"]))
    for row in rows("bundles"):
        parts = _parts(row["components"], names, singles, chance)
        yuan = float(_rounded(np.array([items[part].yuan for part, _ in parts])) @ [quantity for _, quantity in parts])
        texts = (row["zh"], row["en"], "组合装", "Bundle", "套")
        items.append(_Item(items[parts[0][0]].small, BUNDLE, *texts, yuan * float(row["share"]), parts))
    for row in rows("gifts"):
        texts = (row["zh"], row["en"], row["spec_zh"], row["spec_en"], row["unit"])
        items.append(_Item(names.index(row["small"]), GIFT, *texts, 0.0))
    return items


def _products(number: int, small: dict[str, str], chance: Generator) -> Iterable[_Item]:
    """Draw kinds of goods and what sets them apart, spread over the price band, each in some of the sizes."""
    nouns, traits, specs = ([each.split("=") for each in small[key].split("|")] for key in ("nouns", "traits", "specs"))
    factors = [float(factor) for _, _, factor in specs]
    low, high = np.log(float(small["low"]) / min(factors)), np.log(float(small["high"]) / max(factors))
    count = int(chance.integers(*_PRODUCTS))
    steps = (chance.permutation(count) + chance.random(count)) / count
    for pair, step in zip(chance.permutation(len(nouns) * len(traits))[:count], steps, strict=True):
        noun, trait = nouns[pair % len(nouns)], traits[pair // len(nouns)]
        sizes = np.sort(chance.permutation(len(specs))[: chance.choice([1, 2, 3], p=[0.3, 0.45, 0.25])])
        texts = (trait[0] + noun[0], f"{trait[1]} {noun[1]}")
        for zh, en, factor in (specs[size] for size in sizes):
            yuan = float(np.exp(low + (high - low) * step)) * float(factor)
            yield _Item(number, SINGLE, *texts, zh, en, small["unit"], yuan)


def _places(items: Sequence[_Item], smalls: int) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(smalls)]
    for place, item in enumerate(items):
        found[item.small].append(place)
    return found


def _parts(text: str, names: list[str], singles: list[list[int]], chance: Generator) -> tuple[tuple[int, int], ...]:
    wanted = (part.split(":") for part in text.split("|"))
    return tuple((int(chance.choice(singles[names.index(name)])), int(quantity)) for name, quantity in wanted)


def _rounded(yuan: Floats) -> Integers:
    """Return the price tag: its last digit is 0, 5 or 9, and dear things end in 49, 99 or a 9. Keeps the order."""
    tens = np.floor(yuan / 10) * 10
    tags = tens[:, None] + np.array([-1.0, 0.0, 5.0, 9.0])
    small = np.take_along_axis(tags, np.abs(tags - yuan[:, None]).argmin(axis=1)[:, None], axis=1)[:, 0]
    tag = np.select([yuan < 200, yuan < 1000], [small, np.round(yuan / 10) * 10 - 1], np.round(yuan / 50) * 50 - 1)
    return np.maximum(tag, np.where(yuan > 0, 5.0, 0.0)).astype(np.int64)


def _bands(tree: _Tree) -> Integers:
    low, high = (_rounded(np.array([float(small[key]) for small in tree.smalls])) * 100 for key in ("low", "high"))
    members = [tree.of_small == mid for mid in range(len(tree.mids))]
    return np.array([(low[own].min(), high[own].max()) for own in members], np.int64)


def _popularity(
    category: NDArray[np.int16], sold: NDArray[np.bool_], planted: dict[str, int], chance: Generator
) -> Floats:
    """Return Zipf's shares in each category, in an order drawn by lot."""
    weight = np.zeros(len(category))
    for each in np.unique(category):
        own = chance.permutation(np.flatnonzero((category == each) & sold))
        for name, sku in planted.items():
            if sku in own:
                at, rank = int(np.flatnonzero(own == sku)[0]), _RANKS[name]
                own[at], own[rank] = own[rank], own[at]
        share = (np.arange(len(own)) + 1.5) ** -1.3
        weight[own] = share / share.sum()
    return weight


def _tiers(category: NDArray[np.int16], price: Integers, sold: NDArray[np.bool_]) -> NDArray[np.int8]:
    tier = np.zeros(len(category), np.int8)
    for each in np.unique(category):
        own = np.flatnonzero((category == each) & sold)
        own = own[np.argsort(price[own], kind="stable")]
        tier[own] = np.arange(len(own)) * TIERS // len(own)
    return tier


def _launches(seed: int, spu: Integers, opened: date) -> NDArray[np.datetime64]:
    age = stream(seed, "catalogue", "launch").gamma(2.0, 500.0, int(spu.max()) + 1)
    return np.datetime64(opened, "D") - (30 + np.minimum(age, 4000)).astype(np.int64)[spu]


def _seasons(tree: _Tree) -> Floats:
    season = np.array([mid["season"].split("|") for mid in tree.mids], np.float64)
    return season / season.mean(axis=1, keepdims=True)


def _stages(tree: _Tree) -> Floats:
    demand = np.array([mid["demand"] for mid in tree.mids], np.float64)
    wanted = np.array([mid["stages"].split("|") for mid in tree.mids], np.float64) * demand[:, None]
    return wanted / wanted.sum(axis=0)


def _complements(tree: _Tree) -> Floats:
    weight = np.zeros((len(tree.mids), len(tree.mids)))
    for row, mid in enumerate(tree.mids):
        for key, parts in (each.split(":") for each in mid["complements"].split("|")):
            weight[row, tree.keys.index(key)] = float(parts)
    return weight / weight.sum(axis=1, keepdims=True)


def _distinct(chance: Generator, low: int, high: int, count: int) -> Integers:
    """Draw different numbers from low to below high, in no order."""
    drawn = np.unique(chance.integers(low, high, 2 * count + 16))
    while len(drawn) < count:
        drawn = np.unique(np.concatenate([drawn, chance.integers(low, high, 2 * count)]))
    return chance.permutation(drawn)[:count]


def _skus(seed: int, tree: _Tree, items: list[_Item], spu: Integers) -> pa.Table:
    """Spell the products; no digit of their codes tells what they are."""
    chance = stream(seed, "catalogue", "codes")
    code, product = _distinct(chance, 100_000, 10**6, len(items)), _distinct(chance, 10_000, 10**5, len(items))[spu]
    mids = [tree.mids[tree.of_small[item.small]] for item in items]
    brand = [int(mid["brand"]) - 1 for mid in mids]
    spelled = [(item.zh, item.en, item.spec_zh, item.spec_en, item.unit) for item in items]
    texts = dict(zip(("spu_zh", "spu_en", "spec_zh", "spec_en", "unit"), zip(*spelled, strict=True), strict=True))
    return pa.table(
        {
            "sku": pa.array(range(len(items)), pa.int32()),
            "code": [f"HY-{number}" for number in code],
            "spu_code": [f"HYP{number}" for number in product],
            "barcode": _barcodes(chance, items),
            "name_zh": [f"{BRANDS[0][b]} {item.zh} {item.spec_zh}" for b, item in zip(brand, items, strict=True)],
            "name_en": [f"{BRANDS[1][b]} {item.en}, {item.spec_en}" for b, item in zip(brand, items, strict=True)],
            **{name: list(column) for name, column in texts.items()},
            "kind": [_KINDS[item.kind] for item in items],
            "brand_zh": [BRANDS[0][b] for b in brand],
            "category_code": [tree.small_codes[item.small] for item in items],
            "large_zh": [tree.larges[int(mid["code"][:2]) - 1]["zh"] for mid in mids],
            "mid_zh": [mid["zh"] for mid in mids],
            "small_zh": [tree.smalls[item.small]["zh"] for item in items],
        }
    )


def _barcodes(chance: Generator, items: list[_Item]) -> list[str]:
    """Draw EANs: 69, a maker, its item, a check digit. Bundles, which the company packs, have its own numbers in 20."""
    maker = 69 * 10**7 + _distinct(chance, 0, 10**7, _MAKERS)
    number = _distinct(chance, 0, _MAKERS * 1000, len(items))
    bundle = np.array([item.kind == BUNDLE for item in items])
    twelve = np.where(bundle, 20 * 10**10 + number, maker[number // 1000] * 1000 + number % 1000)
    return [f"{digits}{last}" for digits, last in zip(twelve, check_digit(twelve), strict=True)]


def _categories(tree: _Tree) -> pa.Table:
    codes = [[large["code"] for large in tree.larges], [mid["code"] for mid in tree.mids], tree.small_codes]
    levels = zip((1, 2, 3), (tree.larges, tree.mids, tree.smalls), codes, strict=True)
    table = [
        {"level": level, "index": i, "code": code, "parent": code[:-2] or None, "zh": row["zh"], "en": row["en"]}
        for level, read, codes_of_level in levels
        for i, (row, code) in enumerate(zip(read, codes_of_level, strict=True))
    ]
    return pa.Table.from_pylist(table)


def _bundles(items: list[_Item], place: Integers) -> pa.Table:
    """List what each bundle is made of; `place` is where each drawn product has gone."""
    parts = [(sku, int(place[part]), quantity) for sku, item in enumerate(items) for part, quantity in item.parts]
    columns = zip(("bundle", "component", "quantity"), zip(*parts, strict=True), strict=True)
    return pa.table({name: pa.array(column, pa.int32()) for name, column in columns})


def _platform_codes(seed: int, spu: Integers, listed: NDArray[np.bool_]) -> pa.Table:
    """Number the products once more on each platform: an item for an SPU, below it a number for each SKU."""
    parts: list[pa.Table] = []
    for column, platform in enumerate(PLATFORMS):
        chance = stream(seed, "catalogue", platform)
        item_range, sku_range = _NUMBERS[platform]
        item, number = _distinct(chance, *item_range, len(spu))[spu], _distinct(chance, *sku_range, len(spu))
        if platform == "jd":
            more = number * 100 + chance.integers(0, 100, len(spu))
            number = np.where(chance.random(len(spu)) < _LONGER, more, number)
        sku = np.flatnonzero(listed[:, column])
        codes = {"item_code": item[sku].astype(str), "sku_code": number[sku].astype(str)}
        parts.append(pa.table({"sku": sku.astype(np.int32), "platform": [platform] * len(sku), **codes}))
    return pa.concat_tables(parts)
