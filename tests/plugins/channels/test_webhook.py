"""What is told of customers is signed as the standard says, and nests its fields."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
from tests.engagement.channels.world import SECRET, start_receiver

from quanyu.engagement.channels.spec import ACCEPTED, CUSTOMERS, About, Answered, Opened
from quanyu.foundation.clock import Clock
from quanyu.plugins.channels.webhook import CHANNEL


def test_what_is_told_of_customers_is_signed_and_nested(tmp_path: Path):
    receiver = start_receiver(tmp_path, verify=True)
    account = Opened("crm", "", {"url": receiver.url(), "secret": SECRET}, Clock().now, tmp_path, "UTC")
    rows = {
        "message_id": ["a1", "a2"],
        "one_id": ["one", "two"],
        "tags.monetary": [Decimal("12.50"), None],
        "tags.frequency": [3, 0],
    }

    async def send() -> Answered:
        line = await CHANNEL.open(account)
        try:
            return await line.send(pa.table(rows), About(1, 1, "play", "tell", 2, "service", CUSTOMERS))
        finally:
            await line.close()

    answered = asyncio.run(send())
    receiver.stop()
    assert answered.codes.tolist() == [ACCEPTED, ACCEPTED]
    assert [json.loads(line.split(" ", 2)[2]) for line in receiver.lines()] == [
        {"id": "a1", "one_id": "one", "tags": {"monetary": 12.5, "frequency": 3}},
        {"id": "a2", "one_id": "two", "tags": {"frequency": 0}},
    ]
