"""A survey finds the faults that were planted, in exact figures."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.app.rooms import ROOMS
from quanyu.customers.quality.model import FieldSurvey, Frequent, PartSurvey, Survey
from quanyu.customers.quality.surveying import control_totals, take_survey
from quanyu.foundation.errors import NotFound
from quanyu.foundation.workspace import Workspace

KINDS = tuple(kind for room in ROOMS for kind in room.kinds)
TODAY = date(2026, 3, 1)


def field(part: PartSurvey, name: str) -> FieldSurvey:
    return next(field for field in part.fields if field.field == name)


def flaws(part: PartSurvey, name: str) -> dict[str, int]:
    return {flaw.name: flaw.rows for flaw in field(part, name).flaws}


def test_filled_and_missing_are_all_rows(survey: Survey):
    fields = [(part, field) for part in survey.parts for field in part.fields]
    assert len(fields) > 30
    for part, found in fields:
        assert found.filled + found.missing == found.rows == part.rows, (part.source, found.field)
        assert 0 <= found.invalid <= found.filled


def test_the_parts_are_what_was_delivered(survey: Survey):
    rows = {(part.kind, part.source): (part.rows, part.imports) for part in survey.parts}
    assert rows == {
        ("customer_record", "crm"): (300, 2),
        ("customer_record", "pos"): (50, 1),
        ("order_line", "pos"): (120, 1),
    }
    assert {"event", "product", "coupon"} <= set(survey.absent)


def test_impossible_values_are_counted(crm: PartSurvey):
    assert flaws(crm, "registered_at") == {"future": 1, "too early": 1}
    assert flaws(crm, "province") == {"unknown region": 2}
    assert flaws(crm, "birth_date") == {"dummy": 4, "too old": 1}
    assert flaws(crm, "name") == {"dummy": 4}
    assert flaws(crm, "gender") == {}
    assert (field(crm, "birth_date").filled, field(crm, "birth_date").invalid) == (280, 5)
    assert field(crm, "gender").filled == 290
    assert (field(crm, "name").distinct, field(crm, "name").shared) == (297, None)
    assert field(crm, "store").fill == 0


def test_identifiers_that_are_none_are_refused_and_missing(crm: PartSurvey):
    phone = field(crm, "phone")
    assert (phone.filled, phone.missing) == (280, 20)
    assert [(flaw.name, flaw.rows) for flaw in phone.refused] == [("masked", 20)]
    assert flaws(crm, "phone") == {"dummy": 5}
    assert phone.shared == 5  # records with the dummy number
    assert phone.distinct == 276
    assert phone.validity == pytest.approx(275 / 300)


def test_no_private_value_is_in_what_was_found(survey: Survey):
    told = str(survey.parts)
    assert "13800138000" not in told
    assert "测试" not in told
    assert all(field.frequent is None for part in survey.parts for field in part.fields if field.private)


def test_records_are_linked_over_sources(survey: Survey, crm: PartSurvey):
    till = survey.find("customer_record", "pos")
    assert till is not None
    assert till.links is not None
    assert crm.links is not None
    assert (till.links.records, till.links.identified, till.links.linked) == (50, 50, 50)
    assert (crm.links.records, crm.links.identified, crm.links.linked) == (300, 280, 50)


def test_the_latest_import_is_compared_with_those_before(crm: PartSurvey):
    city, gender = field(crm, "city").drift, field(crm, "gender").drift
    assert city is not None
    assert gender is not None
    assert (city.before_rows, city.before_filled, city.latest_rows, city.latest_filled) == (200, 200, 100, 0)
    assert city.fill_change == -1
    assert gender.appeared == ("other",)
    assert gender.vanished == ("f", "m")
    assert gender.shift is not None
    assert gender.shift > 5
    assert field(crm, "province").drift.shift < 0.1


def test_numbers_have_a_spread_and_outliers(till: PartSurvey):
    price = field(till, "unit_price")
    assert price.spread is not None
    assert (price.spread.least, price.spread.most, price.spread.outliers) == (10, 9_999, 1)
    assert 10 <= price.spread.p50 <= 14
    quantity = field(till, "quantity").spread
    assert quantity is not None
    assert quantity.outliers is None  # all are one: nothing is far from the rest


def test_rounded_keys_are_noticed(till: PartSurvey):
    assert flaws(till, "order_number") == {"digits lost": 120}
    assert flaws(till, "product") == {}
    assert field(till, "customer").filled == 80


def test_days_add_up_and_the_silent_one_is_named(till: PartSurvey):
    days = till.days
    assert days is not None
    assert sum(rows for _, rows in days.totals) + days.earlier + days.undated == till.rows
    assert days.missing == (date(2026, 1, 15),)
    assert (days.first, days.last) == (date(2026, 1, 1), date(2026, 2, 10))


def test_the_newest_thing_does_not_lie_in_the_future(till: PartSurvey, crm: PartSurvey):
    assert till.latest == datetime(2026, 2, 10, 12, tzinfo=UTC)
    assert till.age(datetime(2026, 3, 1, tzinfo=UTC)) == pytest.approx(18.5)
    assert crm.latest == datetime(2026, 2, 10, tzinfo=UTC)


def test_one_kind_and_one_source_say_the_same_as_all(planted: Workspace, survey: Survey, crm: PartSurvey):
    alone = take_survey(planted, KINDS, kind="customer_record", source="crm", as_of=survey.as_of)
    assert list(alone.parts) == [crm]
    with pytest.raises(NotFound, match="kind"):
        take_survey(planted, KINDS, kind="customers")
    with pytest.raises(NotFound) as nothing:
        take_survey(planted, KINDS, kind="order_line", source="shop")
    assert nothing.value.allowed == ("crm", "pos")


def test_a_home_without_data_is_told_as_such(workspace: Workspace):
    found = take_survey(workspace, KINDS)
    assert list(found.parts) == []
    assert "customer_record" in found.absent


def test_only_what_many_rows_have_is_shown(crm: PartSurvey, till: PartSurvey):
    assert field(crm, "city").frequent == Frequent("杭州市", 200)
    assert field(crm, "gender").frequent == Frequent("other", 100)
    assert field(crm, "registered_at").frequent is not None
    assert field(till, "product").frequent == Frequent(None, 40)
    assert field(till, "customer").frequent is not None
    assert field(till, "customer").frequent.value is None


@settings(max_examples=30)
@given(st.dictionaries(st.integers(-600, 5), st.integers(1, 9), max_size=60), st.integers(0, 9))
def test_control_totals_lose_no_row(counted: dict[int, int], undated: int):
    rows = {TODAY + timedelta(days=offset): count for offset, count in counted.items()}
    found = control_totals({**rows, None: undated}, TODAY)
    if not rows:
        assert found is None
        return
    assert found is not None
    assert sum(count for _, count in found.totals) + found.earlier == sum(rows.values())
    assert found.undated == undated
    assert not set(found.missing) & set(rows)
