"""A policy is read whole or refused with every fault at once, and its key differs exactly when its rules do."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.identity.identifiers import PROPOSED
from quanyu.customers.identity.policy import (
    EVERYWHERE,
    EVIDENCE,
    LONGEST,
    MOST,
    SCOPES,
    STRENGTHS,
    Policy,
    TypeRule,
    default_policy,
    load_policy,
    read_policy,
)
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.text import Text

HEAD = "policy: mine\ntitle: {en: Mine, zh: 自定}\n"
OTHERWISE = "otherwise: {strength: never, scope: any, rank: 9}\n"
SHORT = HEAD + "types:\n  phone: {strength: proves, scope: global, rank: 1}\n" + OTHERWISE
RULES = st.builds(
    TypeRule,
    st.sampled_from(STRENGTHS),
    st.sampled_from(SCOPES),
    st.integers(1, 9),
    st.integers(0, MOST),
    st.integers(0, MOST),
    st.booleans(),
    st.sets(st.sampled_from(EVIDENCE)).map(lambda told: tuple(word for word in EVIDENCE if word in told)),
    st.integers(0, LONGEST),
)


def written(rule: TypeRule) -> str:
    told = [f"strength: {rule.strength}", f"scope: {rule.scope}", f"rank: {rule.rank}"]
    told += [f"{name}: {value}" for name, value in (("records", rule.records), ("customers", rule.customers)) if value]
    told += ["single: true"] if rule.single else []
    told += [f"unless: [{', '.join(rule.unless[::-1])}]"] if rule.unless else []
    told += [f"valid_for: {rule.valid_for}"] if rule.valid_for else []
    return f"{{{', '.join(told)}}}"


def faults(text: str) -> dict[str, tuple[str, ...]]:
    """Return the places of all faults and what is allowed there."""
    with pytest.raises(Invalid) as caught:
        read_policy(text)
    return {fault.place: tuple(map(str, fault.allowed)) for fault in caught.value.faults}


@given(st.dictionaries(st.sampled_from(["phone", "card", "openid", "email"]), RULES, min_size=1), RULES)
def test_what_is_written_is_read(types: dict[str, TypeRule], otherwise: TypeRule):
    lines = [f"  {name}: {written(rule)}" for name, rule in types.items()]
    policy = read_policy(HEAD + "\n".join(["types:", *lines, f"otherwise: {written(otherwise)}", ""]))
    assert policy.types == types
    assert policy.otherwise == otherwise
    assert policy.rule("phone") == types.get("phone", otherwise)
    assert str(policy.title) == "Mine"


@given(RULES, RULES)
def test_the_key_differs_exactly_when_rules_do(one: TypeRule, other: TypeRule):
    policies = [
        replace(read_policy(SHORT), name=name, text=name, types={"phone": rule}, otherwise=one)
        for name, rule in (("a", one), ("b", other))
    ]
    assert (policies[0].key == policies[1].key) == (one == other)
    mixed = [
        replace(policies[0], types=dict(pairs)) for pairs in ([("a", one), ("b", other)], [("b", other), ("a", one)])
    ]
    assert mixed[0].key == mixed[1].key
    assert replace(policies[0], otherwise=other).key == policies[0].key or one != other


def test_the_policy_for_retail_reads_back_from_its_file(tmp_path: Path):
    retail = default_policy()
    file = tmp_path / "policy.yaml"
    file.write_text("\ufeff" + retail.text, encoding="utf-8")
    again = load_policy(file)
    assert (again, again.key, again.text) == (retail, retail.key, retail.text)
    assert retail.rule("phone") == TypeRule("proves", EVERYWHERE, 2, 4, 12, False, EVIDENCE)
    assert retail.rule("unionid").single
    assert not retail.rule("unionid").guarded
    assert retail.rule("device").guarded
    assert retail.rule("something else") == retail.otherwise


@pytest.mark.parametrize("type_", PROPOSED)
def test_a_policy_that_does_not_speak_of_likely_pairs_has_somebody_asked(type_: str):
    proving = TypeRule("proves", records=10)
    silent = Policy("silent", Text("", ""), {"phone": proving}, proving, "")
    assert (silent.rule(type_).strength, silent.rule(type_).unless) == ("asks", EVIDENCE)
    assert silent.rule(type_) == default_policy().rule(type_)
    assert silent.rule("card") == proving


def test_every_fault_is_named_at_once_with_its_place_and_the_words_allowed():
    text = """policy: 7
title: {en: Mine}
types:
  phone: {strength: prove, scope: world, rank: 10, records: 0, customers: 1001, single: yes, unless: [nme],
    valid_for: 0}
  card: {strength: proves, scope: brand, colour: red}
  gender: {strength: proves, scope: any, rank: 1}
otherwise: []
more: 1
"""
    found = faults(text)
    assert set(found) == {
        *("line 1: policy", "line 2: title.zh", "line 4: types.phone.strength", "line 4: types.phone.scope"),
        *("line 4: types.phone.rank", "line 4: types.phone.records", "line 4: types.phone.customers"),
        *("line 4: types.phone.single", "line 4: types.phone.unless[0]", "line 5: types.phone.valid_for"),
        *("line 6: types.card.colour", "line 6: types.card.rank", "line 7: types.gender"),
        *("line 8: otherwise", "line 9: more"),
    }
    assert found["line 4: types.phone.strength"] == ("proves",)
    assert found["line 4: types.phone.scope"] == SCOPES
    assert found["line 4: types.phone.rank"] == ("1 to 9",)
    assert found["line 4: types.phone.customers"] == ("1 to 1000",)
    assert found["line 4: types.phone.unless[0]"] == ("name",)
    assert found["line 5: types.phone.valid_for"] == ("1 to 3650",)


@pytest.mark.parametrize("type_", ["gender", "name", "birthday", "birth_date", "address", "city", "age"])
def test_what_many_have_in_common_links_nobody(type_: str):
    text = HEAD + f"types:\n  {type_}: {{strength: proves, scope: any, rank: 1}}\n" + OTHERWISE
    assert list(faults(text)) == [f"line 4: types.{type_}"]


@pytest.mark.parametrize(
    ("name", "kept"), [("Phone", "phone"), ("手机号", "phone"), ("mail", "email"), ("OpenID", "openid")]
)
def test_a_type_is_named_as_its_identifiers_are_kept(name: str, kept: str):
    text = HEAD + f"types:\n  {name}: {{strength: proves, scope: any, rank: 1}}\n" + OTHERWISE
    assert faults(text) == {f"line 4: types.{name}": (kept,)}


@pytest.mark.parametrize("types", ["{}", "[]", "null", "phone"])
def test_a_policy_has_types(types: str):
    assert list(faults(HEAD + f"types: {types}\n" + OTHERWISE)) == ["line 3: types"]


@pytest.mark.parametrize("unless", ["name", "[]", "{name: 1}"])
def test_unless_is_a_list(unless: str):
    rule = f"{{strength: proves, scope: any, rank: 1, unless: {unless}}}"
    assert list(faults(HEAD + f"types:\n  phone: {rule}\n" + OTHERWISE)) == ["line 4: types.phone.unless"]


@pytest.mark.parametrize("text", ["", "7", "[1, 2]", "policy: mine", "policy: [", "policy: &a 1"])
def test_what_is_no_policy_is_refused(text: str):
    with pytest.raises(Invalid):
        read_policy(text)


def test_a_file_that_is_not_there_or_not_text_is_refused_with_what_to_do(tmp_path: Path):
    with pytest.raises(NotFound) as caught:
        load_policy(tmp_path / "none.yaml")
    assert "quanyu identity policy show --yaml" in str(caught.value.remedy)
    with pytest.raises(NotFound):
        load_policy(tmp_path)
    file = tmp_path / "excel.yaml"
    file.write_bytes(SHORT.encode("gb18030"))
    with pytest.raises(Invalid) as refused:
        load_policy(file)
    assert "UTF-8" in str(refused.value.problem)


@pytest.mark.parametrize(
    ("scope", "global_", "own"),
    [
        (EVERYWHERE, True, False),
        ("any", True, True),
        *((word, False, True) for word in ("app", "corp", "brand", "store")),
    ],
)
def test_a_value_joins_within_its_own_scope(scope: str, global_: bool, own: bool):
    rule = TypeRule("proves", scope)
    assert (rule.fits(EVERYWHERE), rule.fits("heyuan")) == (global_, own)
