"""The worker's thread delivers what is due, tells the lake, and stops when it is asked to."""

from pathlib import Path

import pytest
from tests.customers.conftest import rows
from tests.engagement.channels import world

from quanyu.app import delivering
from quanyu.app.house import House
from quanyu.customers.messages.tables import MESSAGES
from quanyu.engagement.channels import outbox

__all__ = ["rows"]


def test_what_is_enqueued_goes_and_the_lake_is_told(
    home, workspace, rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    world.join_club(workspace, tmp_path, 20)
    receiver = world.start_receiver(tmp_path)
    world.add_hook(workspace, receiver.url())
    monkeypatch.setattr(delivering, "INSTALLED", world.render)
    monkeypatch.setattr(delivering, "TELL", 0.2)
    thread = delivering.Delivering(House(home))
    thread.start()
    world.put(workspace)
    assert world.wait_for(lambda: outbox.progress(workspace)[0].state == "done")
    assert world.wait_for(lambda: len(rows(MESSAGES)) == 20)
    thread.stop()
    thread.join(10)
    receiver.stop()
    assert len(receiver.arrived()) == 20
