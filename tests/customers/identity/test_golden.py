"""The section is read whole or refused with every fault at once, and goes into the lake and back as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.identity.golden import (
    ATTRIBUTES,
    MOST_TRUSTED,
    MOST_TRUSTED_SOURCES,
    RULES,
    GoldenPolicy,
    GoldenRule,
    from_rows,
    read_golden,
    written,
)
from quanyu.customers.identity.policies import apply_policy, golden_now
from quanyu.customers.identity.policy import default_policy, golden_of, read_policy
from quanyu.foundation.definitions import Reading
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

RECENT = "otherwise: {by: [most_recent]}\n"


def golden(text: str) -> GoldenPolicy:
    reading = Reading(read(text))
    found = read_golden(reading, reading.document.value, ())
    reading.refuse_faults(Text("wrong", "有误"))
    return found


def faults(text: str) -> dict[str, tuple[str, ...]]:
    with pytest.raises(Invalid) as caught:
        golden(text)
    return {fault.place.partition(": ")[2]: tuple(map(str, fault.allowed)) for fault in caught.value.faults}


SOURCES = st.lists(st.sampled_from(["till", "site", "app"]), min_size=1, unique=True).map(tuple)
BY = st.lists(st.sampled_from(RULES), min_size=1, unique=True).map(tuple)
CHOSEN = st.builds(lambda by, trusted: GoldenRule(by, trusted if MOST_TRUSTED in by else ()), BY, SOURCES)


@given(st.dictionaries(st.sampled_from(ATTRIBUTES), CHOSEN), CHOSEN)
def test_what_is_written_is_read(rules, otherwise):
    def line(rule: GoldenRule) -> str:
        trusted = f", trusted: [{', '.join(rule.trusted)}]" if rule.trusted else ""
        return f"{{by: [{', '.join(rule.by)}]{trusted}}}"

    lines = [f"  {name}: {line(rule)}" for name, rule in rules.items()]
    text = "\n".join([*(["attributes:"] if lines else []), *lines, f"otherwise: {line(otherwise)}", ""])
    policy = golden(text)
    assert policy == GoldenPolicy(rules, otherwise)
    assert from_rows(written(policy)).told == policy.told


def test_a_list_of_sources_holds_for_all_that_have_none_of_their_own():
    policy = golden(
        "trusted: [till, site]\nattributes:\n  city: {by: [most_trusted], trusted: [site]}\n"
        "  gender: {by: [verified, most_trusted]}\n" + RECENT
    )
    assert policy.rule("city") == GoldenRule(("most_trusted",), ("site",))
    assert policy.rule("gender") == GoldenRule(("verified", "most_trusted"), ("till", "site"))
    assert policy.rule("level") == GoldenRule(("most_recent",))


def test_the_year_goes_with_the_birthday():
    policy = golden("attributes:\n  birthday: {by: [most_frequent]}\n" + RECENT)
    assert policy.rule("birth_year") == GoldenRule(("most_frequent",), (), "birthday")


def test_every_fault_is_named_at_once_with_the_words_allowed():
    many = ", ".join(f"s{n}" for n in range(MOST_TRUSTED_SOURCES + 1))
    found = faults(f"""trusted: [{many}]
attributes:
  gender: {{by: [newest, most_recent, most_recent]}}
  height: {{by: [most_recent]}}
  level: {{by: [most_recent], trusted: [till, till]}}
  city: {{with: city, by: [most_recent]}}
  district: {{by: [most_recent], with: town}}
  province: {{by: []}}
otherwise: {{by: [most_recent], with: city}}
more: 1
""")
    assert set(found) == {
        *("trusted", "attributes.gender.by[0]", "attributes.gender.by[2]", "attributes.height"),
        *("attributes.level.trusted[1]", "attributes.level.trusted", "attributes.city.with"),
        *("attributes.district.with", "attributes.province.by", "otherwise.with", "more"),
    }
    assert found["attributes.gender.by[0]"] == RULES
    assert found["attributes.level.trusted"] == ("by: [most_trusted]",)
    assert "city" not in found["attributes.city.with"]
    assert found["trusted"] == ("49 sources",)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("attributes: {gender: {by: [most_trusted]}}\n" + RECENT, "attributes.gender.trusted"),
        ("otherwise: {by: [most_trusted]}\n", "otherwise.trusted"),
        ("attributes: {}\n", "otherwise"),
        ("trusted: [7]\n" + RECENT, "trusted[0]"),
        ("attributes:\n  city: {by: [most_recent], with: province}\n"
         "  district: {by: [most_recent], with: city}\n" + RECENT, "attributes.district.with"),
    ],
)  # fmt: skip
def test_what_no_rule_could_do_is_refused(text: str, place: str):
    assert list(faults(text)) == [place]


def test_a_policy_without_the_section_chooses_as_that_for_retail():
    retail = default_policy()
    bare = read_policy(retail.text[: retail.text.index("profile:")])
    assert bare.profile is None
    assert golden_of(bare) == golden_of(retail) == retail.profile
    assert bare.key == retail.key, "nobody is recognised anew for it"


def test_what_is_applied_holds_and_nothing_is_written_where_nothing_changes(workspace: Workspace):
    retail = default_policy()
    apply_policy(workspace, retail, "test")
    assert golden_now(workspace).told == golden_of(retail).told
    rules = retail.text.replace("gender:   {by: [verified, most_recent]}", "gender: {by: [most_frequent]}")
    apply_policy(workspace, read_policy(rules), "test")
    assert golden_now(workspace).rule("gender") == GoldenRule(("most_frequent",))
    apply_policy(workspace, retail, "test")
    assert golden_now(workspace).told == golden_of(retail).told
