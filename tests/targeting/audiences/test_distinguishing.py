"""What tells most comes first with the cut or value that tells most; what was drawn at random tells nothing."""

from datetime import date

import numpy as np

from quanyu.targeting.audiences.distinguishing import distinguish
from quanyu.targeting.audiences.spreads import Part, Spread
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.definitions import built_in

TAGS = {tag.name: tag for tag in built_in(FIELDS, "GBP").tags}
DAY = date(2011, 6, 30)
BANDS = (
    Part("band", up_to=1),
    Part("band", above=1, up_to=4),
    Part("band", above=4, up_to=9),
    Part("band", above=9),
)


def orders(*rows: list[int]) -> Spread:
    return Spread(TAGS["frequency"], BANDS, np.array(rows, np.int64))


def test_the_best_cut_may_lie_between_bands() -> None:
    found = distinguish(orders([0, 0, 0, 0], [10, 20, 400, 570], [3_000, 3_000, 1_000, 1_000]), DAY, "GBP")
    assert found.words.en == "Number of orders: 5 and over – 97% here, 25% elsewhere"
    assert found.words.zh == "购买次数：5 及以上——此处 97%，其他 25%"
    assert 0 < found.explained < 1
    lower = distinguish(orders([0, 0, 0, 0], [900, 800, 20, 10], [100, 100, 1_000, 1_000]), DAY, "GBP")
    assert lower.split is not None
    assert lower.split.label.en == "up to 4"


def test_the_best_value_is_named_unless_too_few_have_it() -> None:
    parts = (Part("value", value="France"), Part("value", value="Japan"), Part("other"))
    spread = Spread(TAGS["country"], parts, np.array([[0, 0, 0], [9, 60, 40], [0, 500, 4_000]]))
    found = distinguish(spread, DAY, "GBP")
    assert found.split is not None
    assert found.split.label.en == "Japan", "nine people of France would be found out"


def test_noise_tells_nothing() -> None:
    rng = np.random.default_rng(9)
    bits = []
    for _ in range(100):
        here, there = rng.multinomial(400, [0.25] * 4), rng.multinomial(4_000, [0.25] * 4)
        bits.append(distinguish(orders([0] * 4, here.tolist(), there.tolist()), DAY, "GBP").bits)
    assert np.mean(bits) < 0.0005
    assert np.median(bits) == 0
