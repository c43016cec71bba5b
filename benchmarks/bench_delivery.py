"""Messages a second from the outbox to receivers in other processes: by hundreds, one by one, and by mail.

Each message's content is filled in for its customer, its address opened from sealed blocks, its id derived; each chunk
is marked before and settled after. Run: `python benchmarks/bench_delivery.py [MEMBERS]`. Bars: at least 10,000 a
second in requests of 100, 1,500 at one request a message, and 300 by SMTP.
"""

import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from quanyu.app.rooms import ROOMS
from quanyu.customers.identity.people import read_people
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.mapping import load_mapping
from quanyu.engagement.channels import accounts, outbox
from quanyu.engagement.channels.definitions import installed, read_account
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.channels.model import Batch
from quanyu.engagement.channels.telling import tell
from quanyu.foundation import home as homes
from quanyu.foundation.registry import Registry
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

CLUB = """
source: club
files: members.csv
legal_basis: {basis: consent, purposes: [marketing], channels: [sms, email]}
kinds:
  - kind: customer_record
    columns: {key: card}
    identifiers:
      - {type: phone, scope: global, column: phone}
      - {type: email, scope: global, column: email}
"""
HOOK = """
name: NAME
through: webhook
channel: sms
settings: {url: "http://127.0.0.1:PORT/", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, batch: BATCH, requests: 16,
  idempotent: true}
"""
MAIL = """
name: mail
through: smtp
channel: email
settings: {host: 127.0.0.1, port: PORT, security: none, sender: shop@brand.example, requests: 8,
  unsubscribe_url: "https://brand.example/u/"}
"""


def start(kind: str) -> tuple["subprocess.Popen[str]", int]:
    command = [sys.executable, str(Path(__file__).with_name("receivers.py")), kind]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def render(ws: Workspace, name: str, version: int, channel: str, customers: "np.ndarray", _=None) -> pa.Table:
    numbers = customers.tolist()
    parts = {"text": [f"Dear member {n}, your points are worth {n % 97} yuan until Sunday." for n in numbers]}
    if channel == "email":
        parts["subject"] = [f"Points of member {n}" for n in numbers]
    nothing = pa.nulls(len(numbers), pa.string())
    return pa.table({"customer": customers, "language": ["zh"] * len(numbers), **parts, "fault": nothing})


def furnish(ws: Workspace, folder: Path, members: int) -> None:
    numbers = np.arange(members)
    rows = pa.table(
        {
            "card": [f"C{n:08d}" for n in numbers],
            "phone": [f"+8613{n:09d}" for n in numbers],
            "email": [f"m{n}@club.example" for n in numbers],
        }
    )
    pa.csv.write_csv(rows, folder / "members.csv")
    (folder / "mapping.yaml").write_text(CLUB)
    kinds = [kind for room in ROOMS for kind in room.kinds]
    mapping = load_mapping(folder / "mapping.yaml", kinds, Registry("quanyu.sources"), ws.time_zone, ws.currency)
    import_files(ws, mapping)
    recognise(ws)


def measure(ws: Workspace, text: str, count: int, what: str, bar: int) -> None:
    account = read_account(text, installed())
    accounts.add(ws, account)
    people = read_people(ws)
    members = people.alive.sample(count, 1) if count < people.alive.count() else people.alive
    batch = Batch(f"bench:{account.name}", account.name, "points", 1, "marketing", "bench", members, people.epoch,
                  ws.clock.now())  # fmt: skip
    with ws.begin() as connection:
        outbox.enqueue(ws, connection, [batch])
    begun = time.monotonic()
    with Delivery(ws, installed(), render) as delivery:
        delivery.deliver(30.0)
    seconds = time.monotonic() - begun
    told = next(p for p in outbox.progress(ws) if p.key == batch.key)
    assert told.accepted == members.count(), told
    print(f"{what}: {told.accepted:,} in {seconds:.1f} s, {told.accepted / seconds:,.0f}/s (bar {bar:,})", flush=True)


def main(members: int) -> None:
    http, port = start("http")
    smtp, mail_port = start("smtp")
    with tempfile.TemporaryDirectory() as folder:
        home = homes.create(Settings(Path(folder) / "home", None, 2 << 30, 2), "main", "Asia/Shanghai", "CNY")
        ws = home.workspace()
        furnish(ws, Path(folder), members)
        hook = HOOK.replace("PORT", str(port))
        measure(ws, hook.replace("NAME", "many").replace("BATCH", "100"), members, "100 a request", 10_000)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/count") as answer:
            assert int(answer.read()) == members
        measure(ws, hook.replace("NAME", "single").replace("BATCH", "1"), members // 5, "1 a request", 1_500)
        measure(ws, MAIL.replace("PORT", str(mail_port)), members // 20, "SMTP", 300)
        begun = time.monotonic()
        told = sum(iter(lambda: tell(ws).messages, 0))
        print(f"told the lake of {told:,} messages in {time.monotonic() - begun:.1f} s")
        home.close()
    for process in (http, smtp):
        process.kill()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
