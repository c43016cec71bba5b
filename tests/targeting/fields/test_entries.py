"""Everything that may be asked is registered: with words, a privacy class, and inputs that there are."""

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.foundation.errors import NotFound
from quanyu.foundation.measuring import PRIVACY
from quanyu.targeting.fields.entries import CALENDAR, ENTRIES, EVERY, KINDS, find_entry
from quanyu.targeting.fields.origins import column_of


def test_it_has_every_field_and_every_column_that_a_room_offers() -> None:
    offered = {field.name for room in ROOMS for field in room.fields}
    offered |= {f"{b.name}.{column.name}" for room in ROOMS for b in room.behaviours for column in b.columns}
    assert {entry.name for entry in ENTRIES if not entry.name.startswith(f"{CALENDAR}.")} == offered


def test_each_has_words_in_both_languages_a_class_and_a_unit_where_it_counts() -> None:
    for entry in ENTRIES:
        assert all((*entry.title, *entry.about)), entry.name
        assert bool(entry.description.en) == bool(entry.description.zh), entry.name
        assert entry.privacy in PRIVACY, entry.name
        assert (entry.unit is not None) == (entry.type in {"integer", "number", "money", "share", "date"}), entry.name


def test_each_comes_from_inputs_whose_filling_can_be_counted() -> None:
    told = {kind.name: {given.name for given in kind.inputs} for room in ROOMS for kind in room.kinds}
    for entry in ENTRIES:
        assert bool(entry.inputs) != entry.name.startswith(f"{CALENDAR}."), entry.name
        for given in entry.inputs:
            kind, _dot, name = given.partition(".")
            assert name == EVERY or name in told[kind], f"{entry.name}: {given}"
            assert name == EVERY or column_of(KINDS[kind], name) is not None, f"{entry.name}: {given}"


def test_a_column_is_filled_by_the_input_of_its_name_where_it_names_none() -> None:
    assert find_entry("orders.store").inputs == ("order.store",)
    assert find_entry("product_events.name").inputs == ("event.name",)
    assert [code.value for code in find_entry("identity.gender").codes] == ["f", "m", "other"]


def test_another_name_is_answered_with_those_that_are_near() -> None:
    with pytest.raises(NotFound) as caught:
        find_entry("orders.stroe")
    assert "orders.store" in caught.value.allowed
