"""A fact exists when the change that it tells of does, and waits with its plain values."""

from dataclasses import dataclass
from typing import ClassVar

import msgspec
import pytest

from quanyu.foundation.bus import outbox
from quanyu.foundation.bus.model import Fact


@dataclass(frozen=True)
class ShelfMoved(Fact):
    name: ClassVar[str] = "shelf_moved"
    shelf: int
    to: str
    boxes: tuple[int, ...] = ()


def facts(workspace) -> list[tuple]:
    with workspace.begin() as connection:
        rows = connection.exec_driver_sql("select name, body, handled, published_at from fact order by number")
        return [tuple(row) for row in rows]


def test_facts_wait_in_the_order_in_which_they_were_published(workspace):
    with workspace.begin() as connection:
        outbox.publish(
            connection, workspace.number, workspace.clock, [ShelfMoved(1, "窗边"), ShelfMoved(2, "", (3, 4))]
        )
    first, second = facts(workspace)
    assert first[:3] == ("shelf_moved", {"shelf": 1, "to": "窗边", "boxes": []}, False)
    assert msgspec.convert(second[1], ShelfMoved) == ShelfMoved(2, "", (3, 4))
    assert abs((workspace.clock.now() - first[3]).total_seconds()) < 60


def test_nothing_published_is_nothing(workspace):
    with workspace.begin() as connection:
        outbox.publish(connection, workspace.number, workspace.clock, [])
    assert facts(workspace) == []


def test_a_change_that_is_rolled_back_was_never_told(workspace):
    def fail() -> None:
        with workspace.begin() as connection:
            workspace.publish(connection, ShelfMoved(1, "x"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert facts(workspace) == []
    with workspace.begin() as connection:
        assert connection.exec_driver_sql("select count(*) from procrastinate_jobs").scalar_one() == 0


def test_another_workspace_sees_no_fact_of_this_one(workspace, home):
    with workspace.begin() as connection:
        workspace.publish(connection, ShelfMoved(1, "x"))
    with home.database.begin(workspace.number + 1) as connection:
        assert connection.exec_driver_sql("select count(*) from fact").scalar_one() == 0
