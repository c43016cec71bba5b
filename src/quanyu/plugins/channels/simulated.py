"""The simulated retailer's people: messages as files that `quanyu simulate respond` reads.

What it writes, `responses.csv`, is taken in as what comes back from any channel is: `quanyu channel receive`.
"""

import asyncio
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
from pyarrow import csv

from quanyu.engagement.channels.spec import ACCEPTED, LATER, About, Answered, Capabilities, Limited, Opened
from quanyu.foundation.text import Text

LARGEST = 1_000_000
_CHINA = "+86"


class Simulated:
    name = "simulated"
    title = Text("The simulated retailer's people", "模拟客户")
    capabilities = Capabilities(
        carries=("sms", "wecom", "push", "official_account"),
        parts=(Limited("text", 4_000),),
        batch=LARGEST,
        requests=1,
        idempotent=True,
        receipts=True,
        whole=True,
    )
    settings = ()

    async def open(self, account: Opened) -> "Simulating":
        return Simulating(account)

    def read(self, file: Path) -> None:
        return None


class Simulating:
    def __init__(self, account: Opened) -> None:
        self._account = account

    async def send(self, messages: pa.Table, about: About) -> Answered:
        return await asyncio.to_thread(self._write, messages, about)

    async def close(self) -> None:
        return None

    def _write(self, messages: pa.Table, about: About) -> Answered:
        """Write the columns that the simulator asks for; what content and offer are, its people read in the text."""
        count, given = messages.num_rows, self._account
        at = given.now().astimezone(ZoneInfo(given.time_zone))
        recipients = [address.removeprefix(_CHINA) for address in messages["address"].to_pylist()]
        parts = {name: messages[name] if name in messages.column_names else _same("", count) for name in _PARTS}
        rows = pa.table(
            {
                "message_id": messages["message_id"],
                "channel": _same(given.channel, count),
                "recipient": pa.array(recipients, pa.string()),
                "sent_at": _same(f"{at:%Y-%m-%d %H:%M:%S}", count),
                **parts,
            }
        )
        try:
            given.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = given.folder / f"{about.batch}-{about.chunk}.csv"
            beside = file.with_name(f".{file.name}")
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
                csv.write_csv(rows, out)
                out.flush()
                os.fsync(out.fileno())
            beside.replace(file)
        except OSError:
            return Answered.all(count, LATER, hold=0)
        return Answered.all(count, ACCEPTED)


def _same(value: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), count)


_PARTS = ("content", "offer", "text")
CHANNEL = Simulated()
