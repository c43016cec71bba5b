"""People buy by rate, season and cycle; what was planted can be found, and what was not is not there."""

import numpy as np

from quanyu.simulator.baskets import fill_baskets
from quanyu.simulator.findings import BAND, BAND_EFFECT, EFFECT_DAYS, STARTER_EFFECT
from quanyu.simulator.people import MINI_PROGRAM, ORDINARY, SITE


def of_first_buyers(world, block):
    """Return first buyers with half a year ahead: person, first product, free purchases in that half year, rate."""
    first = block.shopping.first
    early = first.day < world.arguments.days - EFFECT_DAYS
    early &= (block.people.kind == ORDINARY)[first.who] & (block.people.leaving[first.who] > first.day + EFFECT_DAYS)
    who, day, sku = first.who[early], first.day[early], first.sku[early]
    visits = block.shopping.visits(world, block.people, None)
    seen = np.zeros((len(block.people), world.horizon), bool)
    seen[visits.who, visits.day] = True
    seen[block.shopping.cycles.who, block.shopping.cycles.day] = False
    after = np.cumsum(seen, axis=1)
    return who, sku, after[who, day + EFFECT_DAYS] - after[who, day], block.people.rate[who]


def ratio(bought, rate, treated) -> float:
    """Return purchases of the treated over those of others with the same rates."""
    expected = rate * bought[~treated].sum() / rate[~treated].sum()
    return bought[treated].sum() / expected[treated].sum()


def test_a_first_basket_with_the_starter_kit_causes_repurchase(world, block):
    who, sku, bought, rate = of_first_buyers(world, block)
    treated = sku == world.catalogue.starter
    assert treated.sum() > 100
    assert abs(ratio(bought, rate, treated) / STARTER_EFFECT - 1) < 0.2
    assert abs(block.people.rate[who[treated]].mean() / rate.mean() - 1) < 0.25, "the lot must not follow the rate"


def test_the_teaset_goes_with_frequent_buyers_and_causes_nothing(world, block):
    _, sku, bought, rate = of_first_buyers(world, block)
    treated = sku == world.catalogue.decoy
    assert treated.sum() > 50
    assert bought[treated].mean() / bought[~treated].mean() > 1.4, "it looks like a cause"
    assert abs(ratio(bought, rate, treated) - 1) < 0.25, "and is none"


def test_a_price_band_of_the_first_item_causes_repurchase(world, block):
    _, sku, bought, rate = of_first_buyers(world, block)
    price = world.catalogue.price[sku]
    treated = (price >= BAND[0]) & (price < BAND[1])
    others = ~np.isin(sku, (world.catalogue.starter, world.catalogue.decoy))
    assert abs(ratio(bought[others], rate[others], treated[others]) / BAND_EFFECT - 1) < 0.15


def test_what_is_used_up_is_bought_again_by_its_cycle(world, block):
    cycles, goods = block.shopping.cycles, world.catalogue
    tea = goods.keys.index("tea")
    mine = goods.category[cycles.sku] == tea
    who, day = cycles.who[mine], cycles.day[mine]
    order = np.lexsort((day, who))
    gap = np.diff(day[order])[np.diff(who[order]) == 0]
    assert abs(np.median(gap) / goods.cycle[tea] - 1) < 0.15
    assert not np.isnan(goods.cycle[goods.category[cycles.sku]]).any()


def test_nobody_buys_before_the_first_purchase_or_after_leaving(world, block):
    visits = block.shopping.visits(world, block.people, None)
    assert (visits.day >= block.people.arrival[visits.who]).all()
    assert (visits.day < np.maximum(block.people.leaving, block.people.arrival + 1)[visits.who]).all()
    assert len(np.unique(visits.key(block.people))) == len(visits.who), "two visits of one person on one day"


def test_promotions_and_festivals_show_in_the_days(world, block):
    days = (world.first + np.arange(world.arguments.days)).astype(str)
    sold = np.bincount(block.orders.day, minlength=world.arguments.days)
    usual = np.median(sold)
    for day in ("2024-11-11", "2025-06-18", "2025-11-11", "2026-06-18"):
        assert sold[days == day][0] > 1.6 * usual, day
    assert sold[days == "2025-01-29"][0] < 0.8 * usual, "Spring Festival"


def test_what_a_message_causes_is_mostly_bought_on_the_own_screens(world, block):
    without = block.shopping.visits(world, block.people, None)
    assert not without.led.any()
    double = np.full((len(block.people), world.horizon), 2.0, np.float32)
    visits = block.shopping.visits(world, block.people, double)
    assert 0.2 < visits.led.mean() < 0.6
    assert not np.isin(visits.key(block.people)[visits.led], without.key(block.people)).any()
    orders, _ = fill_baskets(world, block.people, block.accounts, visits, world.arguments.days)
    own = np.isin(orders.channel, (MINI_PROGRAM, SITE))
    assert own[visits.led].mean() > own[~visits.led].mean() + 0.2
