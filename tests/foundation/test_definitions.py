"""A definition is checked whole: every fault is told at once, at its line, with what was received and is allowed."""

import pytest

from quanyu.foundation.definitions import Reading, near, shown
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

FAULTY = Text("The definition has faults.", "定义有误。")
WRITTEN = """\
name: " "
title: {en: Shelf, zh: 1}
colour: gren
boxes: []
shelfs: 3
"""


def reading(text: str) -> Reading:
    return Reading(read(text))


def test_all_faults_are_told_at_their_lines():
    definition = reading(WRITTEN)
    given = definition.mapping(
        definition.document.value, (), ["name", "size"], ["name", "title", "colour", "boxes", "size"]
    )
    definition.word(given, "name", ())
    definition.text(given, "title", ())
    definition.choice(given, "colour", (), ["green", "grey", "red"])
    definition.list(given["boxes"], ("boxes",))
    with pytest.raises(Invalid) as caught:
        definition.refuse_faults(FAULTY)
    places = [fault.place for fault in caught.value.faults]
    for word in ("name", "title", "colour", "boxes", "shelfs", "size"):
        assert any(word in place for place in places), (word, places)
    colour = next(fault for fault in caught.value.faults if "colour" in fault.place)
    assert (colour.received, colour.allowed[0]) == ('"gren"', "green")
    assert "line 3" in colour.place


def test_a_sound_definition_has_none():
    definition = reading("name: Shelf\ntitle: {en: Shelf, zh: 货架}\ncolour: red\nboxes: [1]\n")
    given = definition.mapping(definition.document.value, (), ["name"], ["name", "title", "colour", "boxes"])
    assert definition.word(given, "name", ()) == "Shelf"
    assert definition.text(given, "title", ()) == Text("Shelf", "货架")
    assert definition.choice(given, "colour", (), ["red"]) == "red"
    assert definition.list(given["boxes"], ("boxes",)) == [1]
    definition.refuse_faults(FAULTY)
    assert definition.faults == []


def test_what_is_missing_and_not_required_is_nothing():
    definition = reading("a: 1")
    assert definition.text({}, "title", ()) is None
    assert definition.choice({}, "colour", (), ["red"]) is None
    assert definition.mapping(["a"], (), ["a"], ["a"]) == {}
    assert len(definition.faults) == 1


def test_near_names_come_before_all_names():
    assert near("gren", ["red", "green", "blue"]) == ("green",)
    assert near("?", ["red", "green"]) == ("red", "green")
    assert len(near("?", [str(n) for n in range(100)])) < 50


def test_what_was_received_is_shown_short():
    assert [shown(value) for value in ([1, 2], {}, None, True, 5)] == [
        "a list of 2",
        "a mapping of 0",
        "null",
        "true",
        "5",
    ]
    assert len(shown("x" * 1000)) < 70
