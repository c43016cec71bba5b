"""Words: each verdict has its sentence, in both languages, and says what the numbers say."""

import numpy as np
import pyarrow as pa

from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.wording import in_words


def rates(counts: dict[str, tuple[int, int]], outcome: str = "visit") -> pa.Table:
    names = [name for name, (_, size) in counts.items() for _ in range(size)]
    values = np.concatenate([np.repeat([1, 0], [count, size - count]) for count, size in counts.values()])
    return pa.table({"g": names, outcome: values})


def say(table: pa.Table, *outcomes: str) -> tuple[str, str]:
    sentences = in_words(analyze(table, "g", "none", list(outcomes)))
    return "\n".join(s.en for s in sentences), "\n".join(s.zh for s in sentences)


def test_more():
    en, zh = say(rates({"mail": (183, 1_000), "none": (106, 1_000)}), "visit")
    assert (
        "Of every 1,000 customers in “mail”, about 77 more visited than in “none” (95% sure: between 46 and 108)" in en
    )
    assert "+73% (" in en
    assert "“mail”每 1,000 位客户中，到访的比“none”约多 77 位（95% 的把握：46 到 108 位）" in zh
    assert "Warning" not in en


def test_fewer_of_something_without_a_word_of_its_own():
    en, zh = say(rates({"mail": (106, 1_000), "none": (183, 1_000)}, "returned"), "returned")
    assert "about 77 fewer had “returned” than in “none” (95% sure: between 46 and 108), -42% (" in en
    assert "有“returned”的比“none”约少 77 位" in zh


def test_small_rates_are_counted_out_of_more_customers():
    en, _ = say(rates({"mail": (60, 100_000), "none": (20, 100_000)}), "visit")
    assert "Of every 10,000 customers in “mail”, about 4.0 more visited" in en


def test_cannot_tell_and_what_could():
    en, zh = say(rates({"mail": (55, 500), "none": (50, 500)}), "visit")
    assert "cannot tell “mail” from “none”" in en
    assert "from −28 to +48 per 1,000 customers" in en
    assert "Groups of this size show a difference of 54 or more in four of five tests." in en
    assert "about 30,000 customers in both groups together" in en
    assert "无法判断“mail”与“none”有没有差别，真实差异可能是每 1,000 位客户 −28 到 +48 之间" in zh
    assert "两组合计约需要 30,000 位客户" in zh


def test_amounts():
    generator = np.random.default_rng(4)
    spend = np.concatenate([generator.normal(20, 5, 400), generator.normal(18, 5, 400)])
    en, zh = say(pa.table({"g": ["mail"] * 400 + ["none"] * 400, "spend": spend}), "spend")
    assert "A customer in “mail” had on average 2." in en
    assert "more “spend” than one in “none” (95% sure: between " in en
    assert "“mail”的客户人均“spend”比“none”多 2." in zh


def test_uneven_split_is_the_first_thing_said_about_effects():
    en, zh = say(rates({"mail": (300, 1_500), "none": (100, 1_000)}), "visit")
    assert en.index("Warning: the group sizes do not fit the plan (“mail” 50.0%, “none” 50.0%)") < en.index("Of every")
    assert "No planned shares were given" in en
    assert "警告：各组人数与计划" in zh


def test_what_was_left_out_is_said():
    table = pa.table({"g": ["mail"] * 4 + ["none"] * 4 + [None], "spend": [1.5, 2, None, -3, 4, 5, 6, 7, 8]})
    en, zh = say(table, "spend")
    assert "Rows that name no group, left out: 1." in en
    assert "Customers without “spend”, left out of this outcome only: 1." in en
    assert "Customers whose “spend” is negative, as after returns, kept: 1." in en
    assert "fewer than 30 customers" in en
    assert "不足 30 位" in zh


def test_nothing_varies():
    en, zh = say(pa.table({"g": ["mail"] * 3 + ["none"] * 3, "spend": [2.5] * 6}), "spend")
    assert "does not vary in “mail” and “none”: nothing can be said" in en
    assert "没有任何差异" in zh


def test_nobody_did_it():
    en, _ = say(rates({"mail": (0, 30), "none": (0, 30)}), "visit")
    assert "cannot tell" in en
    assert "Groups of this size" not in en


def test_several_comparisons_turn_a_thin_result_into_a_hint():
    table = rates({"a": (135, 1_000), "b": (104, 1_000), "none": (105, 1_000)})
    en, zh = say(table, "visit")
    assert "2 comparisons were made at once" in en
    assert "hints, not proofs: “visit”: “a”." in en
    assert "只是线索，不是证明：“visit”: “a”。" in zh


def test_names_with_braces_are_said_as_they_are():
    en, _ = say(rates({"{mail}": (183, 1_000), "none": (106, 1_000)}), "visit")
    assert "“{mail}”" in en


def test_groups_and_outcomes_of_ours_are_named_in_both_languages():
    generator = np.random.default_rng(4)
    names = ["personalised"] * 400 + ["no_contact"] * 400
    more = {"bought": [1] * 160 + [0] * 240 + [1] * 80 + [0] * 320, "spent": generator.normal(20, 5, 800)}
    for outcome in (*more, "complaint"):
        values = more.get(outcome, more["bought"])
        sentences = in_words(analyze(pa.table({"g": names, outcome: values}), "g", "no_contact", [outcome]))
        en, zh = "\n".join(s.en for s in sentences), "\n".join(s.zh for s in sentences)
        for raw in ("no_contact", "personalised", "spent", "complaint", "bought"):
            assert raw not in zh
        assert "个性化" in zh
        assert "“不触达”" in zh
        assert "“no contact”" in en
