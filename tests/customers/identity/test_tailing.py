"""A home from before there were tails enters them once, be it killed on the way."""

import pytest
import sqlalchemy as sa

from quanyu.customers.identity import tailing
from quanyu.customers.identity.finding import by_tail
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import GIVEN_IDENTIFIERS, population
from quanyu.customers.identity.tailing import enter_tails, has_tails
from quanyu.foundation.workspace import Workspace

COLUMNS = ("record", "type", "scope", "high", "low", "tail")


def roll(workspace: Workspace) -> list[tuple[object, ...]]:
    rows = workspace.lake.table(GIVEN_IDENTIFIERS, workspace.lake.vector((GIVEN_IDENTIFIERS,)))
    found = workspace.lake.to_arrow(rows).to_pylist()
    return sorted((tuple(row[name] for name in COLUMNS) for row in found), key=str)


@pytest.fixture
def before(workspace: Workspace, deliver) -> list[tuple[object, ...]]:
    """A home whose roll has lost its tails; what it held is returned."""
    given = [(f"c{n}", "phone", "", f"138001380{n:02}") for n in range(9)] + [("c1", "card", "all", "K1")]
    deliver("identifier", "key type scope value", given)
    recognise(workspace)
    held = roll(workspace)
    with workspace.lake.landing("test", (GIVEN_IDENTIFIERS,)) as landing, workspace.begin() as connection:
        rows = workspace.lake.table(GIVEN_IDENTIFIERS, workspace.lake.vector((GIVEN_IDENTIFIERS,)))
        landing.replace(GIVEN_IDENTIFIERS, workspace.lake.to_arrow(rows.drop("tail")))
        connection.execute(sa.update(population).values(tailed=False))
        landing.publish(connection)
    return held


def test_the_tails_of_a_home_from_before_are_entered_once(workspace: Workspace, before, monkeypatch):
    assert not has_tails(workspace)
    assert {row[-1] for row in roll(workspace)} == {None}
    monkeypatch.setattr(tailing, "CHUNK", 4)
    enter_tails(workspace)
    assert has_tails(workspace)
    assert roll(workspace) == before
    version = workspace.lake.vector((GIVEN_IDENTIFIERS,))
    enter_tails(workspace)
    assert workspace.lake.vector((GIVEN_IDENTIFIERS,)) == version


def test_what_fails_on_the_way_leaves_everything_as_it_was(workspace: Workspace, before, monkeypatch):
    monkeypatch.setenv("QUANYU_FAILPOINT", "tails.entered=full")
    with pytest.raises(OSError, match="space"):
        enter_tails(workspace)
    monkeypatch.delenv("QUANYU_FAILPOINT")
    assert not has_tails(workspace)
    assert len(roll(workspace)) == len(before)
    recognise(workspace)
    assert roll(workspace) == before
    assert len(by_tail(workspace, "8003")) == 1
