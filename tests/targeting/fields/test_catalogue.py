"""The catalogue finds by name, offers what is near, and holds what the rooms offer."""

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.foundation.definitions import SHOWN
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import FIELDS, Catalogue
from quanyu.targeting.fields.model import Askable


def things(*names: str) -> Catalogue[Askable]:
    return Catalogue(Askable(name, "integer", Text("", "")) for name in names)


def test_names_are_unique_and_found() -> None:
    found = things("b", "a")
    assert [thing.name for thing in found] == ["b", "a"]
    assert found.get("c") is None
    assert "a" in found
    assert len(found) == 2
    with pytest.raises(Invalid, match="twice"):
        things("a", "a")


def test_near_names_are_offered_else_the_first_of_all() -> None:
    assert things("monetary", "country").near("contry")[0] == "country"
    assert things(*(f"t{i:03}" for i in range(99))).near("完全不同")[:2] == ("t000", "t001")
    assert len(things(*(f"t{i:03}" for i in range(99))).near("完全不同")) == SHOWN


def test_it_holds_every_field_that_a_room_offers() -> None:
    offered = {field.name: field for room in ROOMS for field in room.fields}
    assert {field.name: field for field in FIELDS} == offered
    assert all(field.title.en and field.title.zh for field in FIELDS)
