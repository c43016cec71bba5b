"""The manifest of the room."""

from quanyu.targeting.experiments.room import ROOM


def test_room():
    assert ROOM.name == "experiments"
    assert ROOM.title.zh == "实验"
    assert [table.name for table in ROOM.tables] == ["experiment_terms"]
