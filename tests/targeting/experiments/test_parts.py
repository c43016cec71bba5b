"""Effects part by part: a true difference is found, none is made up, and what is too small is named."""

import numpy as np
import pyarrow as pa
import pytest

from quanyu.foundation.errors import Invalid
from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.model import Parts
from quanyu.targeting.experiments.parts import divide
from quanyu.targeting.experiments.wording import in_words


def people(seed: int, lifts: dict[str, float], each: int = 2_000) -> pa.Table:
    chance = np.random.default_rng(seed)
    tier = np.repeat(list(lifts), each)
    mail = chance.random(tier.size) < 0.5
    rate = 0.10 + np.repeat(list(lifts.values()), each) * mail
    bought = chance.random(tier.size) < rate
    return pa.table({"arm": np.where(mail, "mail", "none"), "bought": bought, "tier": tier})


def parts(table: pa.Table, by: str = "tier", **more: object) -> Parts:
    found = analyze(table, "arm", "none", ["bought"], by=by, **more).parts
    assert found is not None
    return found


def test_a_true_difference_is_found_and_named():
    table = people(1, {"gold": 0.12, "silver": 0.0, "bronze": 0.0})
    found = parts(table)
    assert [p.value for p in found.parts] == ["bronze", "gold", "silver"]
    (difference,) = found.differences
    assert (difference.p_holm or 1) < 0.001
    said = [w.en for w in in_words(analyze(table, "arm", "none", ["bought"], by="tier")) if w.en.startswith("By")]
    assert "most in “gold”" in said[0]
    assert "Sure by itself: “gold”." in said[0]


def test_where_nothing_differs_nothing_is_told():
    """An effect that is the same for all: of 100 tests about five may say that it differs."""
    lifts = dict.fromkeys("abcdefgh", 0.03)
    differ = sum((parts(people(seed, lifts, 500)).differences[0].p_holm or 1) < 0.05 for seed in range(100))
    assert differ <= 11
    said = in_words(analyze(people(0, lifts, 500), "arm", "none", ["bought"], by="tier"))
    assert any("cannot tell" in words.en and words.en.startswith("By") for words in said)


def test_the_parts_of_a_part_are_those_of_the_whole_by_hand():
    table = people(2, {"gold": 0.1, "silver": 0.0}, 500)
    gold = table.filter(pa.compute.equal(table["tier"], "gold"))
    alone = analyze(gold, "arm", "none", ["bought"]).effects[0]
    (part,) = [p for p in parts(table).parts if p.value == "gold"]
    assert part.effects[0].absolute == alone.absolute
    assert part.effects[0].absolute_low == alone.absolute_low
    assert part.effects[0].p_value == alone.p_value
    assert (part.effects[0].p_holm or 0) >= (alone.p_value or 0)
    assert part.customers == 500


def test_small_parts_are_named_and_not_looked_at():
    table = pa.concat_tables([people(1, {"gold": 0.1}), people(2, {"tiny": 0.1}, 30)])
    found = parts(table)
    assert [p.value for p in found.parts] == ["gold"]
    assert found.small == ("tiny",)
    assert found.differences[0].p_value is None


def test_numbers_are_cut_into_quarters_and_texts_put_together():
    names, codes = divide(pa.chunked_array([pa.array([*range(100), None])]))  # type: ignore[misc]
    assert names == ["0 … 24", "25 … 49", "50 … 74", "75 … 99", "unknown"]
    assert np.bincount(codes).tolist() == [25, 25, 25, 25, 1]
    letters = [chr(97 + i % 20) for i in range(400)] + ["a"] * 5
    names, codes = divide(pa.chunked_array([pa.array(letters)]))  # type: ignore[misc]
    assert len(names) == 12
    assert names[0] == "a"
    assert names[-1] == "other"
    names, _ = divide(pa.chunked_array([pa.array([10, 9, 2])]))  # type: ignore[misc]
    assert names == ["2", "9", "10"]


def test_a_column_that_is_not_there():
    with pytest.raises(Invalid) as refused:
        parts(people(1, {"a": 0.0}), by="nothing")
    assert refused.value.faults[0].place == "by"
