"""Products have codes that hold and tell nothing, prices that can be shown, and categories that stay."""

import re
import time

import numpy as np
import pytest

from quanyu.simulator.catalogue import BUNDLE, GIFT, PLATFORMS, SINGLE, TIERS, catalogue, check_digit

GOODS, OTHER = catalogue(1), catalogue(2)
SEEDS = [GOODS, OTHER]
CODES = ("code", "barcode")


def column(goods, name: str) -> list:
    return goods.skus[name].to_pylist()


def product(goods, sku: int) -> dict:
    return goods.skus.slice(sku, 1).to_pylist()[0]


def numbers(goods, platform: str, name: str) -> list[int]:
    listed = goods.platform_codes.to_pylist()
    return [int(row[name]) for row in listed if row["platform"] == platform]


def digits_say(numbers: np.ndarray, what: np.ndarray) -> float:
    """Return how strongly numbers and what they stand for rise together (Spearman's rank correlation)."""
    ranks = [np.argsort(np.argsort(each, kind="stable")) for each in (numbers, what)]
    return abs(float(np.corrcoef(ranks)[0, 1]))


def test_check_digits_are_those_of_published_examples():
    assert check_digit(np.array([400638133393, 590123412345, 629104150021])).tolist() == [1, 7, 3]


@pytest.mark.parametrize("goods", SEEDS)
def test_barcodes_are_valid(goods):
    for barcode, kind in zip(column(goods, "barcode"), goods.kind, strict=True):
        digits = [int(each) for each in barcode]
        assert len(digits) == 13
        assert sum(digits[0::2] + [3 * each for each in digits[1::2]]) % 10 == 0
        assert barcode.startswith("20" if kind == BUNDLE else "69")


@pytest.mark.parametrize("goods", SEEDS)
def test_there_is_about_as_much_as_a_retailer_has(goods):
    assert 1_000 <= len(goods.price) <= 1_350
    assert 520 <= len(np.unique(goods.spu)) <= 720
    assert goods.spu.max() + 1 == len(np.unique(goods.spu))
    assert np.bincount(goods.kind).tolist()[GIFT : BUNDLE + 1] == [15, 25]


def test_categories_have_three_levels_whose_codes_nest():
    rows = GOODS.categories.to_pylist()
    level = {row["code"]: row["level"] for row in rows}
    assert len(level) == len(rows)
    assert [sum(row["level"] == each for row in rows) for each in (1, 2, 3)] == [6, 26, 91]
    assert all(row["parent"] is None if row["level"] == 1 else level[row["parent"]] == row["level"] - 1 for row in rows)
    children = np.unique([row["parent"] for row in rows if row["level"] == 3], return_counts=True)[1]
    assert children.min() >= 2
    assert children.max() <= 5


@pytest.mark.parametrize("goods", SEEDS)
def test_every_category_is_filled(goods):
    codes = {row["index"]: row["code"] for row in goods.categories.to_pylist() if row["level"] == 3}
    assert set(goods.small.tolist()) == set(codes)
    assert [codes[small] for small in goods.small] == column(goods, "category_code")
    assert set(goods.category.tolist()) == set(range(26))
    assert (np.diff(goods.category) >= 0).all()


def test_another_seed_has_other_products_and_codes_in_the_same_categories():
    assert GOODS.categories.equals(OTHER.categories)
    for name in ("season", "stage", "complement", "cycle", "band"):
        assert np.array_equal(getattr(GOODS, name), getattr(OTHER, name), equal_nan=True), name
    for name in CODES:
        assert len(set(column(GOODS, name)) & set(column(OTHER, name))) < 0.05 * len(GOODS.price), name
    assert not set(numbers(GOODS, "tmall", "sku_code")) & set(numbers(OTHER, "tmall", "sku_code"))


def test_the_same_seed_gives_the_same_tables():
    again = catalogue.__wrapped__(1)
    assert again.identity == GOODS.identity != OTHER.identity
    for name in ("skus", "categories", "bundles", "platform_codes"):
        assert getattr(again, name).equals(getattr(GOODS, name)), name
    for name in ("category", "small", "kind", "spu", "price", "weight", "tier", "listed", "launch"):
        assert np.array_equal(getattr(again, name), getattr(GOODS, name)), name


@pytest.mark.parametrize("goods", SEEDS)
def test_the_table_says_what_the_arrays_say(goods):
    assert column(goods, "sku") == list(range(len(goods.price)))
    assert column(goods, "list_price") == goods.price.tolist()
    assert column(goods, "launch") == goods.launch.tolist()
    mids = [row["zh"] for row in goods.categories.to_pylist() if row["level"] == 2]
    assert [mids[category] for category in goods.category] == column(goods, "mid_zh")


@pytest.mark.parametrize("goods", SEEDS)
def test_prices_can_stand_on_a_label_and_lie_in_their_band(goods):
    sold = goods.kind != GIFT
    assert not goods.price[~sold].any()
    assert set((goods.price[sold] // 100 % 10).tolist()) == {0, 5, 9}
    assert not (goods.price % 100).any()
    single = goods.kind == SINGLE
    low, high = goods.band[goods.category[single]].T
    assert ((goods.price[single] >= low) & (goods.price[single] <= high)).all()


@pytest.mark.parametrize("goods", SEEDS)
def test_popularity_makes_one_in_each_category_and_gifts_are_not_bought(goods):
    assert np.bincount(goods.category, goods.weight) == pytest.approx(np.ones(26))
    assert not goods.weight[goods.kind == GIFT].any()
    assert (goods.weight[goods.kind != GIFT] > 0).all()


@pytest.mark.parametrize("goods", SEEDS)
def test_price_tiers_are_fifths_of_each_category(goods):
    for category in range(26):
        own = np.flatnonzero((goods.category == category) & (goods.kind != GIFT))
        count = np.bincount(goods.tier[own], minlength=TIERS)
        assert count.max() - count.min() <= 1
        by_price = own[np.argsort(goods.price[own], kind="stable")]
        assert (np.diff(goods.tier[by_price]) >= 0).all()


def test_habits_are_shares_and_seasons_mean_one():
    assert GOODS.season.shape == (26, 12)
    assert GOODS.season.mean(axis=1) == pytest.approx(np.ones(26))
    assert GOODS.stage.shape == (26, 6)
    assert GOODS.stage.sum(axis=0) == pytest.approx(np.ones(6))
    assert GOODS.complement.shape == (26, 26)
    assert GOODS.complement.sum(axis=1) == pytest.approx(np.ones(26))
    assert not GOODS.complement.diagonal().any()
    assert min(GOODS.season.min(), GOODS.stage.min(), GOODS.complement.min()) >= 0


@pytest.mark.parametrize(
    ("key", "days"), [("tea", 45), ("coffee", 30), ("snacks", 20), ("skincare", 75), ("bedding", 730), ("sofas", 2555)]
)
def test_what_is_used_up_is_bought_again_after_a_while(key, days):
    assert GOODS.cycle[GOODS.keys.index(key)] == days


def test_what_is_not_used_up_has_no_cycle():
    assert np.isnan(GOODS.cycle[[GOODS.keys.index("teaware"), GOODS.keys.index("festive")]]).all()


def test_wants_and_complements_are_those_one_expects():
    key = GOODS.keys.index
    assert GOODS.stage[key("diapers")].argmax() == 3
    assert GOODS.complement[key("tea")].argmax() == key("teaware")
    assert GOODS.complement[key("sofas")].argmax() == key("cushions")
    assert GOODS.season[key("festive")].argmax() == 8  # September


@pytest.mark.parametrize("goods", SEEDS)
def test_merchant_codes_are_unique_and_tell_nothing(goods):
    codes = column(goods, "code")
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"HY-\d{6}", code) for code in codes)
    digits = np.array([int(code[3:]) for code in codes])
    for what in (np.arange(len(digits)), goods.price, goods.weight):
        assert digits_say(digits, what) < 0.15
    assert len(set(column(goods, "barcode"))) == len(codes)


@pytest.mark.parametrize("goods", SEEDS)
def test_no_number_is_two_things_on_the_platforms(goods):
    rows = goods.platform_codes.to_pylist()
    items = {(row["platform"], row["item_code"], int(goods.spu[row["sku"]])) for row in rows}
    everything = [item for _, item, _ in items] + [row["sku_code"] for row in rows]
    assert len(set(everything)) == len(everything)
    assert len({(platform, spu) for platform, _, spu in items}) == len(items)


@pytest.mark.parametrize("goods", SEEDS)
@pytest.mark.parametrize(
    ("platform", "item", "sku"),
    [
        ("tmall", (12, 13), (13, 13)),
        ("jd", (10, 14), (10, 14)),
        ("douyin", (19, 19), (16, 19)),
        ("mini_program", (8, 8), (9, 9)),
    ],
)
def test_numbers_look_like_those_of_the_platform(goods, platform, item, sku):
    rows = [row for row in goods.platform_codes.to_pylist() if row["platform"] == platform]
    assert all(item[0] <= len(row["item_code"]) <= item[1] and row["item_code"].isdigit() for row in rows)
    assert all(sku[0] <= len(row["sku_code"]) <= sku[1] and row["sku_code"].isdigit() for row in rows)
    order = np.array([row["sku"] for row in rows])
    assert digits_say(np.array([int(row["sku_code"]) for row in rows]), order) < 0.15


@pytest.mark.parametrize("goods", SEEDS)
def test_most_products_are_listed_on_each_platform(goods):
    assert ((goods.listed.mean(axis=0) > 0.8) & (goods.listed.mean(axis=0) < 0.9)).all()
    listed = {(row["sku"], row["platform"]) for row in goods.platform_codes.to_pylist()}
    assert listed == {(sku, PLATFORMS[p]) for sku, p in zip(*np.nonzero(goods.listed), strict=True)}
    several = np.unique(numbers(goods, "tmall", "item_code"), return_counts=True)[1]
    assert several.max() >= 3


@pytest.mark.parametrize("goods", SEEDS)
def test_bundles_hold_single_products_and_cost_less_than_those(goods):
    parts = goods.bundles.to_pylist()
    assert {row["bundle"] for row in parts} == set(np.flatnonzero(goods.kind == BUNDLE).tolist())
    assert all(row["quantity"] >= 1 and goods.kind[row["component"]] == SINGLE for row in parts)
    assert not {row["component"] for row in parts} & {goods.starter, goods.decoy}
    for bundle in {row["bundle"] for row in parts}:
        own = [row for row in parts if row["bundle"] == bundle]
        assert goods.category[bundle] in {goods.category[row["component"]] for row in own}
        assert 0.7 < goods.price[bundle] / sum(goods.price[row["component"]] * row["quantity"] for row in own) < 1


@pytest.mark.parametrize("goods", SEEDS)
def test_planted_products_are_ordinary_but_for_what_they_do(goods):
    assert product(goods, goods.starter)["name_en"] == "Heyuan Cold-brew tea starter kit, 12 sachets with bottle"
    assert product(goods, goods.decoy)["spu_zh"] == "骨瓷茶具礼盒"
    assert goods.keys[goods.category[goods.starter]] == "tea"
    assert goods.keys[goods.category[goods.decoy]] == "teaware"
    assert goods.listed[[goods.starter, goods.decoy]].all()
    for sku in (goods.starter, goods.decoy):
        own = goods.weight[goods.category == goods.category[sku]]
        assert np.median(own) < goods.weight[sku] < own.max()


@pytest.mark.parametrize("goods", SEEDS)
def test_names_are_told_apart(goods):
    for name in ("name_zh", "name_en"):
        named = list(zip(column(goods, name), column(goods, "category_code"), strict=True))
        assert len(set(named)) == len(named)
        assert all(text == text.strip() and "|" not in text and "=" not in text for text, _ in named)


def test_everything_was_on_sale_before_the_files_begin():
    assert (GOODS.launch < np.datetime64("2024-07-01")).all()
    assert len(np.unique(GOODS.launch)) > 300


def test_a_catalogue_is_drawn_quickly():
    began = time.perf_counter()
    catalogue.__wrapped__(3)
    assert time.perf_counter() - began < 0.5
