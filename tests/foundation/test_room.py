"""A subscription is known by its handler, so that what it has done is found again."""

from dataclasses import dataclass
from typing import ClassVar

from quanyu.app.rooms import ROOMS
from quanyu.foundation.bus.model import Fact
from quanyu.foundation.room import Subscription


@dataclass(frozen=True)
class ShelfMoved(Fact):
    name: ClassVar[str] = "shelf_moved"


def count_boxes(workspace, fact) -> None:
    """A handler of a room."""


def test_a_subscription_is_named_by_its_handler():
    assert Subscription(ShelfMoved, count_boxes).name == f"{__name__}.count_boxes"


def test_no_two_subscriptions_of_the_house_share_a_name_for_one_fact():
    names = [(s.fact.name, s.name) for room in ROOMS for s in room.subscriptions]
    assert len(set(names)) == len(names)


def test_every_name_in_the_house_is_taken_once():
    for names in (
        [room.name for room in ROOMS],
        [kind.name for room in ROOMS for kind in room.kinds],
        [field.name for room in ROOMS for field in room.fields],
        [table.name for room in ROOMS for table in (*room.tables, *room.lake_tables)],
    ):
        assert sorted(set(names)) == sorted(names)
