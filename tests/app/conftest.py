"""Runs the command line as a child process, and a server with a worker on a free port."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import structlog

from quanyu.app.cli import main
from quanyu.foundation.access.tokens import create_token
from quanyu.foundation.home import Home
from quanyu.foundation.workspace import Workspace

COMMAND = [sys.executable, "-c", "import sys; from quanyu.app.cli import main; sys.exit(main())"]
LINES = """InvoiceNo,CustomerID,StockCode,Description,Quantity,UnitPrice,InvoiceDate,Country,Phone
536365,MEMBER-17850,85123A,Lantern,6,2.55,2010-12-01 08:26:00,United Kingdom,13800138001
536366,MEMBER-17850,71053,Frame,2,3.39,2010-12-05 08:28:00,United Kingdom,13800138001
536367,MEMBER-13047,84406B,Hanger,1,120.00,2011-06-01 08:34:00,France,13900139002
536368,,22752,Boxes,2,7.65,2011-06-02 08:34:00,France,
C536369,MEMBER-13047,84406B,Hanger,-1,120.00,2011-06-09 09:34:00,France,13900139002
536370,MEMBER-12583,22728,Clock,not-a-number,3.75,2011-06-10 08:45:00,France,13700137003
"""
MAPPING = """source: shop
files: orders.csv
time_zone: Europe/London
currency: GBP
kinds:
  - kind: order_line
    columns: {order_number: InvoiceNo, customer: CustomerID, product: StockCode, quantity: Quantity,
              unit_price: UnitPrice, placed_at: InvoiceDate}
  - kind: customer_record
    columns: {key: CustomerID, country: Country, observed_at: InvoiceDate}
    identifiers: [{type: phone, scope: global, column: Phone}]
"""
AUDIENCE = """name: buyers
title: {en: Buyers, zh: 买家}
description: {en: Bought at all., zh: 有过购买。}
rule: {tag: frequency, is: ">=", value: 1}
"""


@dataclass
class Ran:
    """How one command ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict:
        return json.loads(self.out)


def write_files(folder: Path) -> Path:
    """Write a small file, its mapping and an audience; return the mapping."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "orders.csv").write_text(LINES)
    (folder / "shop.yaml").write_text(MAPPING)
    (folder / "buyers.yaml").write_text(AUDIENCE, encoding="utf-8")
    return folder / "shop.yaml"


@pytest.fixture(autouse=True)
def logs_of_this_test_only() -> Iterator[None]:
    """Let later tests of this process not write to a stderr that was this test's and is closed by then."""
    root = logging.getLogger()
    before = root.handlers, root.level
    yield
    structlog.reset_defaults()
    root.handlers, root.level = before


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    return write_files(tmp_path / "files")


@pytest.fixture
def quanyu(environment: dict[str, str], commands: Path) -> Callable[..., Ran]:
    def run(*arguments: object, **more: str) -> Ran:
        command = [commands / "quanyu", *map(str, arguments)]
        ran = subprocess.run(command, env={**environment, **more}, capture_output=True, text=True, timeout=120)
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    return run


@pytest.fixture
def inside(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Ran]]:
    """As `quanyu`, within this process, which is quicker."""
    before = signal.getsignal(signal.SIGTERM)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Ran(status, said.out, said.err)

    yield run
    signal.signal(signal.SIGTERM, before)


@dataclass
class Served:
    """A server with a worker; `log` is what both have written."""

    client: httpx.Client
    process: subprocess.Popen
    log_file: Path
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def call(self, method: str, path: str, role: str = "owner", **more) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[role]}", **more.pop("headers", {})}
        return self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    def finish(self, job: str) -> str:
        """Wait until a job has ended; return its state."""
        for _ in range(300):
            state = self.call("GET", f"/jobs/{job}").json()["state"]
            if state not in ("waiting", "running"):
                return state
            time.sleep(0.1)
        return "never ended"

    def settle(self) -> None:
        """Wait until no job waits or runs."""
        for _ in range(300):
            if not {job["state"] for job in self.call("GET", "/jobs").json()["jobs"]} & {"waiting", "running"}:
                return
            time.sleep(0.1)
        raise AssertionError(self.log)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def serve(environment: dict[str, str], folder: Path) -> Served:
    """Start a server on a free port and wait until it is ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "serve.log"
    with log.open("w") as out:
        process = subprocess.Popen([*COMMAND, "serve", "--port", str(port)], env=environment, stdout=out, stderr=out)
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
    for _ in range(600):
        try:
            if client.get("/ready").status_code == 200:
                return Served(client, process, log)
        except httpx.TransportError:
            if process.poll() is not None:
                break
        time.sleep(0.1)
    process.kill()
    raise AssertionError(log.read_text())


@pytest.fixture
def served(environment: dict[str, str], home: Home, workspace: Workspace, tmp_path: Path) -> Iterator[Served]:
    write_files(home.settings.home / "inbox")
    found = serve(environment, tmp_path)
    for role in ("owner", "marketer", "analyst", "viewer"):
        found.tokens[role] = create_token(home.database, home.clock, workspace.number, role, role)
    yield found
    found.client.close()
    if found.process.poll() is None:
        found.stop()


def alive_with(text: str) -> list[str]:
    """Return the command lines of processes that name `text`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line and int(entry.parent.name) != os.getpid():
            found.append(line)
    return found
