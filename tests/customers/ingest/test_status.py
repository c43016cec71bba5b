"""What a source has delivered: sums over its landed imports, and how many did not land."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from quanyu.customers.ingest.model import Count, Outcome
from quanyu.customers.ingest.status import source_status
from quanyu.foundation import home as homes
from quanyu.foundation.errors import Invalid
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
ONE = "1001,17,MUG,Blue mug,2,3.50,2011-03-01 09:00,France"
TWO = "1002,18,JUG,Jug,1,10,2011-03-02 10:00,Germany"
BAD = "1003,18,JUG,Jug,none,10,2011-03-02 10:00,Germany"


def test_nothing_was_delivered_yet(workspace: Workspace):
    assert source_status(workspace) == []


def test_imports_are_added_up_by_kind(workspace: Workspace, bring: Import):
    bring([ONE])
    bring([ONE, TWO, BAD])
    bring([TWO], source="web")
    till, web = source_status(workspace)
    assert (till.source, till.imports, web.source, web.imports) == ("till", 2, "web", 1)
    assert till.counts == (
        Count("order_line", True, 4, 2, 1, 1),
        Count("customer_record", False, 3, 2, 0, 1),
        Count("product", False, 3, 2, 0, 1),
    )
    assert all(count.read == count.landed + count.rejected + count.known for count in till.counts)


def test_the_last_import_that_landed_is_told(workspace: Workspace, bring: Import):
    bring([ONE])
    workspace.clock.move(timedelta(days=1))
    before = workspace.clock.now()
    bring([ONE])
    workspace.clock.move(timedelta(days=1))
    with pytest.raises(Invalid):
        bring(b"")
    last = source_status(workspace)[0].last_import
    assert last is not None
    assert before < last < before + timedelta(hours=1)


def test_what_did_not_land_is_counted_apart(workspace: Workspace, bring: Import):
    with pytest.raises(Invalid):
        bring(b"")
    with workspace.begin() as connection:
        for state in ("interrupted", "interrupted", "running"):
            connection.execute(
                sa.text(
                    "insert into data_import (workspace, source, state, files, bytes, started_at) "
                    "values (:workspace, 'till', :state, 1, 1, '2026-01-01')"
                ),
                {"workspace": workspace.number, "state": state},
            )
    (till,) = source_status(workspace)
    assert (till.imports, till.failed, till.interrupted, till.running) == (0, 1, 2, 1)
    assert (till.last_import, till.counts) == (None, ())


def test_workspaces_are_told_apart(home: homes.Home, settings: Settings, bring: Import):
    homes.create(settings, "other", "UTC", "GBP").close()
    bring([ONE])
    assert source_status(home.workspace("other")) == []
