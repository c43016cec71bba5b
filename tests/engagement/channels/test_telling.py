"""The lake is told of everything once, wherever the process that tells it dies."""

import signal
import subprocess
from pathlib import Path

import pytest
from tests.engagement.channels.conftest import MEMBERS
from tests.engagement.channels.test_delivering import EVERYBODY, stands
from tests.engagement.channels.world import Receiver, add_hook, deliver, put

from quanyu.customers.messages.tables import MESSAGES, RESPONSES
from quanyu.engagement.channels import receiving, telling
from quanyu.engagement.channels.message_ids import ids_of
from quanyu.engagement.channels.receiving import Response, receive

ROOT = Path(__file__).parents[3]
SCRIPT = """
from tests.engagement.channels.world import open_workspace
from quanyu.engagement.channels.receiving import Response, receive
from quanyu.engagement.channels.telling import tell
import sys
home, workspace = open_workspace()
receive(workspace, [Response(sys.argv[1], "unsubscribed")])
tell(workspace)
home.close()
"""


@pytest.mark.each_point
@pytest.mark.parametrize("point", [*receiving.FAILPOINTS, *telling.FAILPOINTS, "lake.committed"])
def test_the_lake_is_told_once_wherever_the_process_dies(
    club, receiver: Receiver, environment: dict[str, str], rows, ask, point: str
):
    add_hook(club, receiver.url())
    put(club)
    deliver(club)
    message = ids_of(club, stands(club).number, EVERYBODY.ordinals())[7].as_py()

    def run(**more: str) -> int:
        told = {**environment, **more, "PYTHONPATH": str(ROOT)}
        return subprocess.run(["python", "-c", SCRIPT, message], env=told, cwd=ROOT).returncode

    assert run(QUANYU_FAILPOINT=point) == -signal.SIGKILL
    assert run() == run() == 0
    assert len(rows(MESSAGES)) == MEMBERS
    assert [(row["event"], row["message_id"]) for row in rows(RESPONSES)] == [("unsubscribed", message)]
    assert ask("select landed from consent_refusal") == [(True,)]


def test_a_message_of_which_nobody_knows_is_told_as_unknown(club, receiver: Receiver, rows):
    add_hook(club, receiver.url("/taken/500/1"), batch=500, requests=1, idempotent=False)
    put(club)
    deliver(club)
    telling.tell(club)
    assert {row["status"] for row in rows(MESSAGES)} == {"unknown"}
    one = ids_of(club, stands(club).number, EVERYBODY.ordinals())[0].as_py()
    assert receive(club, [Response(one, "delivered")]).taken == 1
    telling.tell(club)
    assert sorted(row["status"] for row in rows(MESSAGES))[:2] == ["delivered", "unknown"]


def test_an_answer_alone_is_told_too(club, receiver: Receiver, rows):
    """Nothing is new of any message then: somebody has only opened his."""
    add_hook(club, receiver.url())
    put(club)
    deliver(club)
    telling.tell(club)
    one = ids_of(club, stands(club).number, EVERYBODY.ordinals())[0].as_py()
    assert receive(club, [Response(one, "opened")]).taken == 1
    assert telling.tell(club) == telling.Told(0, 1)
    assert [row["event"] for row in rows(RESPONSES)] == ["opened"]
    assert len(rows(MESSAGES)) == MEMBERS
