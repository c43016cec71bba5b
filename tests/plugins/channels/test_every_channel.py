"""What every installed channel must do, whoever wrote it; one that is new is tried by adding where it may send to."""

import asyncio
import re

import numpy as np
import pytest
from tests.plugins.channels.conftest import ABOUT, messages, opened, settings_of

from quanyu.customers.messages.words import CHANNELS
from quanyu.engagement.channels.definitions import installed, known_settings
from quanyu.engagement.channels.spec import ACCEPTED, LATER, LOST, REFUSED, UNTRIED

EVERY = installed().all()
CODES = (ACCEPTED, REFUSED, LATER, LOST, UNTRIED)
KNOWN = {code.value for code in CHANNELS}


@pytest.fixture
def port(request: pytest.FixtureRequest, channel) -> int:
    sandbox = {"smtp": "mail_server", "webhook": "hook"}.get(channel.name)
    return request.getfixturevalue(sandbox).port if sandbox else 0


@pytest.fixture(params=EVERY, ids=lambda channel: channel.name)
def channel(request: pytest.FixtureRequest):
    return request.param


def send(channel, account, table):
    async def sent():
        line = await channel.open(account)
        try:
            batch = table.num_rows if channel.capabilities.whole else channel.capabilities.batch or table.num_rows
            return [await line.send(table.slice(i, batch), ABOUT) for i in range(0, table.num_rows, batch)]
        finally:
            await line.close()

    return asyncio.run(sent())


def test_it_says_what_it_can(channel):
    can = channel.capabilities
    assert re.fullmatch(r"[a-z][a-z0-9_]*", channel.name)
    assert all(channel.title)
    assert set(can.carries) <= KNOWN
    assert can.batch is None or can.batch >= 1
    assert can.requests is None or can.requests >= 1
    assert all(part.most > 0 for part in can.parts)
    assert len({setting.name for setting in known_settings(channel)}) == len(known_settings(channel))
    assert not (can.whole and can.idempotent is not True), "a chunk that is one request must be safe to send again"


def test_what_it_takes_it_takes_whole(channel, port, tmp_path):
    carried = (channel.capabilities.carries or ("email",))[0]
    account = opened(tmp_path, carried, **settings_of(channel.name, port))
    table = messages("anna@club.example", "bert@club.example")
    answers = send(channel, account, table)
    assert np.concatenate([answer.codes for answer in answers]).tolist() == [ACCEPTED, ACCEPTED]
    assert all(answer.hold is None and answer.broken is None and not answer.reasons for answer in answers)


def test_who_cannot_be_reached_has_taken_nothing_and_is_left_alone(channel, port, tmp_path):
    if channel.name in ("file", "simulated"):
        (tmp_path / "account").write_text("a file where the folder should be")
    carried = (channel.capabilities.carries or ("email",))[0]
    account = opened(tmp_path, carried, **settings_of(channel.name, 1))
    answers = send(channel, account, messages("anna@club.example"))
    assert [answer.codes.tolist() for answer in answers] == [[LATER]]
    assert answers[0].hold is not None


def test_it_reads_no_file_that_is_not_its_own(channel, tmp_path):
    file = tmp_path / "responses.csv"
    file.write_text("message_id,event\n")
    assert channel.read(file) is None
