"""Each fact reaches each subscriber at least once, lowest room first; who keeps failing is given up and told."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import pytest

from quanyu.foundation.bus.draining import FAILPOINTS, MOST_ATTEMPTS, drain
from quanyu.foundation.bus.model import Fact
from quanyu.foundation.room import Room, Subscription
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

PHONE = "13800138001"


@dataclass(frozen=True)
class ShelfMoved(Fact):
    name: ClassVar[str] = "shelf_moved"
    shelf: int


@dataclass(frozen=True)
class BoxFound(Fact):
    name: ClassVar[str] = "box_found"
    box: int


def room(name: str, *handlers: tuple[type[Fact], Callable[..., None]]) -> Room:
    subscriptions = []
    for fact, handler in handlers:
        handler.__name__ = f"{handler.__name__}_in_{name}"
        subscriptions.append(Subscription(fact, handler))
    return Room(name, Text(name, name), subscriptions=tuple(subscriptions))


def noting(seen: list[tuple[str, Fact]], name: str) -> Callable[..., None]:
    def note(workspace: Workspace, fact: Fact) -> None:
        seen.append((name, fact))

    return note


def failing(times: int, seen: list[tuple[str, Fact]], name: str = "failing") -> Callable[..., None]:
    def fail(workspace: Workspace, fact: Fact) -> None:
        seen.append((name, fact))
        if len([n for n, f in seen if n == name and f == fact]) <= times:
            raise ValueError(f"cannot reach {PHONE}")

    return fail


def publish(workspace: Workspace, *facts: Fact) -> None:
    with workspace.begin() as connection:
        workspace.publish(connection, *facts)


def ask(workspace: Workspace, query: str) -> list[tuple]:
    with workspace.begin() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_the_lowest_room_comes_first_and_every_subscriber_once(workspace):
    seen: list[tuple[str, Fact]] = []
    rooms = [room(name, (ShelfMoved, noting(seen, name))) for name in ("low", "middle", "high")]
    publish(workspace, ShelfMoved(1), ShelfMoved(2))
    assert drain(workspace, rooms) == 2
    assert drain(workspace, rooms) == 0
    assert seen == [(name, ShelfMoved(n)) for n in (1, 2) for name in ("low", "middle", "high")]


def test_a_fact_without_subscribers_is_done(workspace):
    publish(workspace, ShelfMoved(1))
    assert drain(workspace, []) == 1
    assert ask(workspace, "select handled from fact") == [(True,)]


def test_facts_that_handlers_publish_are_handled_in_the_same_draining(workspace):
    seen: list[tuple[str, Fact]] = []

    def find(ws: Workspace, fact: Fact) -> None:
        publish(ws, BoxFound(7))

    assert drain(workspace, []) == 0
    publish(workspace, ShelfMoved(1))
    assert drain(workspace, [room("low", (ShelfMoved, find)), room("high", (BoxFound, noting(seen, "high")))]) == 2
    assert seen == [("high", BoxFound(7))]


def test_higher_rooms_wait_for_one_that_fails_and_other_facts_do_not(workspace):
    seen: list[tuple[str, Fact]] = []
    rooms = [
        room("low", (ShelfMoved, failing(1, seen))),
        room("high", (ShelfMoved, noting(seen, "high")), (BoxFound, noting(seen, "high"))),
    ]
    publish(workspace, ShelfMoved(1), BoxFound(2))
    assert drain(workspace, rooms) == 1
    assert seen == [("failing", ShelfMoved(1)), ("high", BoxFound(2))]
    assert drain(workspace, rooms) == 1
    assert seen[2:] == [("failing", ShelfMoved(1)), ("high", ShelfMoved(1))]
    assert ask(workspace, "select attempts, error from fact_delivery where attempts > 1") == [(2, None)]


def test_who_keeps_failing_is_given_up_and_stays_visible(workspace, caplog, capsys):
    seen: list[tuple[str, Fact]] = []
    rooms = [room("low", (ShelfMoved, failing(99, seen))), room("high", (ShelfMoved, noting(seen, "high")))]
    publish(workspace, ShelfMoved(1))
    assert [drain(workspace, rooms) for _ in range(MOST_ATTEMPTS + 2)] == [0] * (MOST_ATTEMPTS - 1) + [1, 0, 0]
    assert [name for name, _ in seen] == ["failing"] * MOST_ATTEMPTS + ["high"]
    given_up = ask(workspace, "select attempts, error from fact_delivery where handled_at is null")
    assert given_up == [(MOST_ATTEMPTS, "ValueError")]
    assert PHONE not in str(ask(workspace, "select * from fact_delivery"))
    assert PHONE not in caplog.text + "".join(capsys.readouterr())


def test_a_fact_that_cannot_be_read_holds_nobody_up(workspace):
    """A fact may have been published by another version of the program."""
    seen: list[tuple[str, Fact]] = []
    rooms = [room("low", (ShelfMoved, noting(seen, "low")), (BoxFound, noting(seen, "low")))]
    publish(workspace, ShelfMoved(1), BoxFound(2))
    ask(workspace, """update fact set body = '{"rack": "13800138001"}' where name = 'shelf_moved' returning 1""")
    assert drain(workspace, rooms) == 1
    assert seen == [("low", BoxFound(2))]
    for _ in range(MOST_ATTEMPTS):
        drain(workspace, rooms)
    assert ask(workspace, "select handled from fact order by number") == [(True,), (True,)]
    assert ask(workspace, "select error from fact_delivery where error is not null") == [("ValidationError",)]


KEYED = """
import time
from dataclasses import dataclass
from typing import ClassVar
from quanyu.foundation.bus.draining import drain
from quanyu.foundation.bus.model import Fact
from quanyu.foundation.room import Room, Subscription
from quanyu.foundation.text import Text

@dataclass(frozen=True)
class ShelfMoved(Fact):
    name: ClassVar[str] = "shelf_moved"
    shelf: int

def land(ws, fact):
    with ws.begin() as connection:
        connection.exec_driver_sql("insert into tried values (%s)", (fact.shelf,))
        connection.exec_driver_sql("insert into landed values (%s) on conflict do nothing", (fact.shelf,))

land.__module__ = "shelves"
os.environ["QUANYU_FAILPOINT"] = point
pipe.send("ready")
pipe.recv()
handled = drain(ws, [Room("low", Text("", ""), subscriptions=(Subscription(ShelfMoved, land),))])
pipe.send(handled)
"""


@pytest.fixture
def shelves(workspace, home):
    with home.database.begin() as connection:
        connection.exec_driver_sql("create table tried (shelf int)")
        connection.exec_driver_sql("create table landed (shelf int primary key)")
    return workspace


@pytest.mark.each_point
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_after_a_handler_it_runs_again_and_its_key_makes_it_once(shelves, start_at_home, point: str):
    publish(shelves, ShelfMoved(1), ShelfMoved(2))
    for armed, ended in ((point, -signal.SIGKILL), ("", 0)):
        child = start_at_home(KEYED, point=armed)
        assert child.pipe.recv() == "ready"
        child.pipe.send("go")
        assert child.end() == ended
    assert ask(shelves, "select shelf from tried order by shelf") == [(1,), (1,), (2,)]
    assert ask(shelves, "select shelf from landed order by shelf") == [(1,), (2,)]
    assert ask(shelves, "select attempts, error from fact_delivery") == [(1, None), (1, None)]


def test_two_that_drain_at_once_share_the_work(shelves, start_at_home):
    publish(shelves, *(ShelfMoved(n) for n in range(40)))
    both = [start_at_home(KEYED, point="") for _ in range(2)]
    assert [child.pipe.recv() for child in both] == ["ready", "ready"]
    for child in both:
        child.pipe.send("go")
    assert sum(child.pipe.recv() for child in both) == 40
    assert ask(shelves, "select count(*), count(distinct shelf) from tried") == [(40, 40)]
