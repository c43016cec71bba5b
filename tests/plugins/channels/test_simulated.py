"""What is written for the simulated people is what the simulator reads, and what it writes is taken in."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.plugins.channels.conftest import ABOUT, messages, opened

from quanyu.plugins.channels.simulated import CHANNEL
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.recipients import read_messages
from quanyu.simulator.world import build_world


def test_the_simulator_reads_what_is_written(tmp_path):
    arguments = Arguments(16_384, seed=11)
    after = datetime.combine(arguments.until, datetime.min.time(), UTC) + timedelta(days=3, hours=2)
    account = replace(opened(tmp_path, "sms"), now=lambda: after)

    async def sent():
        line = await CHANNEL.open(account)
        for _ in range(2):
            await line.send(messages("+8613800138000", "+8613900139000", offer="0.2"), ABOUT)

    asyncio.run(sent())
    (file,) = (tmp_path / "account").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    read = read_messages(build_world(arguments), file)
    assert read.message.tolist() == [f"{n:032x}" for n in (1, 2)]
    assert read.number.tolist() == [13800138000, 13900139000]
    assert read.offer.tolist() == [0.2, 0.2]
    assert (read.second == 10 * 3_600).all()
