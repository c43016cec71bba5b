"""A profile tells what the expression for everybody chooses, with each value's own date, and masks what is private."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tests.customers.conftest import furnishing

from quanyu.customers.identity.measures import people
from quanyu.customers.identity.policies import apply_policy
from quanyu.customers.identity.policy import default_policy, read_policy
from quanyu.customers.identity.profile import Golden, masked, profile
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, GOLDEN_RULES, RECORDS
from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.measuring import pinned_scope
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

MAPPING = """
source: SOURCE
files: "FILES"
time_zone: Europe/London
kinds:
  - kind: customer_record
    columns: {key: id, name: name, birthday: born, gender: sex, city: city, district: district, address: street,
              verified: checked, observed_at: at}
    identifiers: [{type: card, scope: all, column: card}]
"""
HEAD = "id,card,name,born,sex,city,district,street,checked,at"
TILL = "t1,C1,王小明,1990-03-08,m,杭州市,西湖区,文三路 100 号,yes,2026-01-01"
SITE = "s1,C1,Wang Xiaoming,1991-03-08,f,宁波市,,,,2026-02-01"
LATER = "t1,C1,,,,,,,,2026-03-01"


@pytest.fixture(scope="module")
def furnished(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with furnishing(module_settings, tmp_path_factory.mktemp("known")) as (workspace, bring):
        for source, lines in (("till", [TILL, LATER]), ("site", [SITE])):
            bring("\n".join([HEAD, *lines, ""]).encode(), name=f"{source}.csv", source=source, mapping=MAPPING)
        recognise(workspace)
    return module_settings


@pytest.fixture
def known(workspace: Workspace) -> Workspace:
    return workspace


def values(workspace: Workspace, name: str = "till:t1") -> dict[str, Golden]:
    return {each.attribute: each for each in profile(workspace, name).golden}


def test_each_value_comes_with_source_date_and_reason(known: Workspace):
    told = values(known)
    birthday, city = told["birthday"], told["city"]
    assert (birthday.source, birthday.reason, birthday.others) == ("till", "agreed", 0)
    assert birthday.at == datetime(2026, 1, 1, tzinfo=UTC), "not when the record was seen last"
    assert (city.value, city.source, city.reason, city.others) == ("宁波市", "site", "most_recent", 1)
    assert "district" not in told, "that of another city"
    assert values(known, "site:s1") == told


def test_private_values_are_masked(known: Workspace):
    told = values(known)
    assert (told["name"].value, told["name"].masked) == ("王**", True)
    assert told["birthday"].value == "1990-**-**"
    assert told["city"].masked is False
    shown = repr(profile(known, "till:t1"))
    assert not any(private in shown for private in ("小明", "Xiaoming", "03-08", "文三路"))
    assert masked("address", "文三路 100 号") == "文三**"


def test_a_profile_and_the_fields_say_the_same_under_any_policy(known: Workspace):
    for by in ("most_recent", "verified, most_recent", "most_frequent", "most_trusted"):
        text = default_policy().text
        rules = f"profile:\n  trusted: [till]\n  otherwise: {{by: [{by}]}}\n"
        apply_policy(known, read_policy(text[: text.index("profile:")] + rules), "test")
        tables = (RECORDS, CUSTOMER_OF_RECORD, GOLDEN_RULES)
        vector = known.lake.vector(tables)
        scope = pinned_scope(known.lake, tables, vector, datetime(2026, 6, 1, tzinfo=UTC), "Europe/London")
        (row,) = known.lake.to_arrow(people(scope)).to_pylist()
        told = values(known)
        assert (row["city"], row["gender"]) == (told["city"].value, told["gender"].value), by
        assert row["age"] == 2026 - int(told["birthday"].value[:4])
    assert (told["city"].value, told["city"].reason) == ("杭州市", "most_trusted")


def test_who_is_not_there_is_told_so(known: Workspace, bring: Callable[..., object]):
    with pytest.raises(NotFound):
        profile(known, "till:nobody")
    bring("\n".join([HEAD, "t9,C9,,,,,,,,", ""]).encode(), name="more.csv", source="more", mapping=MAPPING)
    with pytest.raises(Conflict):
        profile(known, "more:t9")
