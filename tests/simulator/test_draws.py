"""Chance depends on its name alone, and ids are one to one and tell nothing of their order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.simulator.draws import draw_by_weight, hashed, permuted, portions, restored, stream, unhashed, uniform

SEEDS = st.integers(0, 2**63 - 1)


def test_a_stream_depends_on_its_name_and_on_nothing_that_was_drawn_before():
    first = stream(1, "home", 3).random(5)
    stream(1, "life", 3).random(100)
    assert (stream(1, "home", 3).random(5) == first).all()
    assert (stream(1, "home", 4).random(5) != first).any()
    assert (stream(2, "home", 3).random(5) != first).any()
    assert (stream(1, "hom", "e", 3).random(5) != first).any()


@given(SEEDS, st.integers(1, 5000))
def test_a_permutation_is_one_to_one_and_can_be_undone(seed, size):
    index = np.arange(size)
    value = permuted(seed, "card", index, size)
    assert (np.sort(value) == index).all()
    assert (restored(seed, "card", value, size) == index).all()


@given(SEEDS, st.lists(st.integers(0, 2**63 - 1), min_size=1, unique=True))
def test_a_hash_can_be_undone_by_who_knows_the_seed(seed, numbers):
    index = np.array(numbers, np.uint64)
    assert (unhashed(seed, "key", hashed(seed, "key", index)) == index).all()


def test_neither_ids_nor_chances_follow_the_order_of_what_they_belong_to():
    index = np.arange(200_000)
    for drawn in (permuted(7, "phone", index, 40 * 10**8), uniform(7, "luck", index)):
        assert abs(np.corrcoef(index, drawn)[0, 1]) < 0.01
        assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.01


def test_chances_are_uniform_and_differ_by_name():
    luck, other = uniform(7, "luck", np.arange(200_000)), uniform(7, "other", np.arange(200_000))
    assert np.abs(np.histogram(luck, 20, (0, 1))[0] / 10_000 - 1).max() < 0.06
    assert (luck.min() >= 0) & (luck.max() < 1)
    assert abs(np.corrcoef(luck, other)[0, 1]) < 0.01


def test_columns_are_drawn_by_their_weight_and_the_weights_stay():
    weights = np.asfortranarray(np.tile([0.0, 3.0, 0.0, 1.0], (100_000, 1)))
    column = draw_by_weight(weights, uniform(7, "column", np.arange(len(weights))))
    assert set(column) == {1, 3}
    assert abs((column == 1).mean() - 0.75) < 0.01
    assert (weights == [0.0, 3.0, 0.0, 1.0]).all()


@pytest.mark.parametrize("rows", [0, 1, 2_048, 5_000])
def test_portions_hold_every_row_once(rows):
    assert np.concatenate([np.arange(rows)[some] for some in portions(rows)]).tolist() == list(range(rows))
