"""What stories of delivery are told with: members of a club, a content, accounts, and whoever delivers."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tests.customers.conftest import loaded

from quanyu.customers.identity.people import read_people
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.importing import import_files
from quanyu.engagement.channels import accounts, outbox
from quanyu.engagement.channels.definitions import installed, read_account
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.channels.model import Account, Batch
from quanyu.foundation import home as homes
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CLUB = """
source: club
files: members.csv
legal_basis: {basis: consent, purposes: [marketing, transactional], channels: [sms, email]}
kinds:
  - kind: customer_record
    columns: {key: card, observed_at: at, status: status}
    identifiers:
      - {type: phone, scope: global, column: phone}
      - {type: email, scope: global, column: email}
      - {type: card, scope: all, column: card}
      - {type: account, scope: all, column: account}
"""
PARTNER = """
source: partner
files: partner.csv
kinds:
  - kind: customer_record
    columns: {key: id}
    identifiers:
      - {type: card, scope: all, column: card}
      - {type: account, scope: all, column: account}
"""
HOOK = """
name: NAME
through: webhook
channel: sms
settings: {url: "URL", secret: SECRET, timeout: 2, batch: BATCH, requests: REQUESTS, idempotent: IDEMPOTENT}
"""


def join_club(ws: Workspace, folder: Path, count: int, first: int = 0) -> None:
    """Import members, card by card in order, and recognise them."""
    numbers = range(first, first + count)
    lines = (f"C{n:07d},+8613{n:09d},m{n}@club.example,A{n:07d},2026-01-01 10:00:00,active" for n in numbers)
    bring(ws, folder, CLUB, "members.csv", "card,phone,email,account,at,status", *lines)


def bring(ws: Workspace, folder: Path, mapping: str, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join([*lines, ""]))
    (folder / "mapping.yaml").write_text(mapping)
    import_files(ws, loaded(ws, folder / "mapping.yaml"))
    recognise(ws)


def render(
    ws: Workspace, name: str, version: int, channel: str, customers: npt.NDArray[np.int64], given=None
) -> pa.Table:
    """Fill in "hello 17" for each; a content that is called so says "refuse", "later", or fails every third."""
    texts = [f"{name} {n}" if n % 3 == 0 or name == "hello" else f"hello {n}" for n in customers.tolist()]
    faults = ["no name" if name == "faulty" and n % 3 == 0 else None for n in customers.tolist()]
    return pa.table(
        {
            "customer": pa.array(customers, pa.int64()),
            "language": ["zh"] * len(customers),
            "text": texts,
            "fault": pa.array(faults, pa.string()),
        }
    )


def add_hook(ws: Workspace, url: str, name: str = "hook", batch: int = 100, **more: Any) -> Account:
    text = HOOK.replace("NAME", name).replace("URL", url).replace("SECRET", SECRET).replace("BATCH", str(batch))
    text = text.replace("REQUESTS", str(more.pop("requests", 4)))
    account = read_account(text.replace("IDEMPOTENT", str(more.pop("idempotent", True)).lower()), installed())
    accounts.add(ws, replace(account, **more))
    return replace(account, **more)


def put(ws: Workspace, key: str = "spring:1", **more: Any) -> None:
    """Enqueue a batch to everybody, due now."""
    people = read_people(ws)
    given = {"account": "hook", "content": "hello", "purpose": "marketing", "members": people.alive, **more}
    batch = Batch(key=key, content_version=1, campaign="spring", epoch=people.epoch, due_at=ws.clock.now(), **given)
    with ws.begin() as connection:
        outbox.enqueue(ws, connection, [batch])


def deliver(ws: Workspace, patience: float = 30.0) -> int:
    with Delivery(ws, installed(), render) as delivery:
        return delivery.deliver(patience)


@dataclass
class Receiver:
    """The receiver's process and what it has written down."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    def url(self, path: str = "/ok") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def arrived(self) -> list[str]:
        """Return the ids of all messages that arrived, as often as they did."""
        return [line.split(" ")[1] for line in self.lines()]

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def start_receiver(folder: Path, *, verify: bool = False) -> Receiver:
    log = folder / "received.txt"
    command = [sys.executable, str(Path(__file__).with_name("receiver.py")), str(log), *([SECRET] if verify else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return Receiver(process, int(process.stdout.readline()), log)


def start_delivery(environment: dict[str, str], build: str = "whole", failpoint: str | None = None):
    """Start a process that delivers all there is, of this build of ours."""
    armed = {} if failpoint is None else {"QUANYU_FAILPOINT": failpoint}
    root = str(Path(__file__).parents[3])
    told = {**environment, **armed, "PYTHONPATH": root}
    return subprocess.Popen(["python", "-m", "tests.engagement.channels.deliverer", build], env=told, cwd=root)


def wait_for(said: Callable[[], bool], seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if said():
            return True
        time.sleep(0.02)
    return said()


def settings_of(environment: dict[str, str]) -> Settings:
    return Settings(Path(environment["QUANYU_HOME"]), environment["QUANYU_DATABASE_URL"] or None, 1 << 30, 2)


def open_workspace() -> tuple[homes.Home, Workspace]:
    home = homes.open_home(settings_of(dict(os.environ)))
    return home, home.workspace()
