"""Sandboxes to send to, and accounts of every channel that is installed."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.engagement.channels.world import SECRET, Receiver, start_receiver

from quanyu.engagement.channels.spec import About, Opened

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ABOUT = About(7, 3, "spring", "hello", 1, "marketing")


@dataclass
class MailServer:
    process: subprocess.Popen[str]
    port: int
    log: Path

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def start_mail_server(folder: Path) -> MailServer:
    log = folder / "mail.jsonl"
    log.touch()
    command = [sys.executable, str(Path(__file__).with_name("mail_server.py")), str(log)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return MailServer(process, int(process.stdout.readline()), log)


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[MailServer]:
    started = start_mail_server(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Receiver]:
    started = start_receiver(tmp_path)
    yield started
    started.stop()


def opened(folder: Path, channel: str = "email", **settings: Any) -> Opened:
    return Opened("mine", channel, settings, lambda: NOW, folder / "account", "Asia/Shanghai")


def settings_of(name: str, port: int) -> dict[str, Any]:
    return {
        "smtp": {"host": "127.0.0.1", "port": port, "security": "none", "sender": "shop@brand.example", "timeout": 5},
        "webhook": {"url": f"http://127.0.0.1:{port}/ok", "secret": SECRET, "timeout": 5},
        "file": {"format": "csv"},
        "simulated": {},
    }[name]


def messages(*recipients: str, **parts: str) -> pa.Table:
    count = len(recipients)
    given = {"subject": "Hello 你好", "text": "One line.\n.\n.. and dots", **parts}
    return pa.table(
        {
            "message_id": [f"{n:032x}" for n in range(1, count + 1)],
            "address": list(recipients),
            "language": ["en"] * count,
            "unsubscribe": [f"https://brand.example/u/{n:032x}" for n in range(1, count + 1)],
            **{name: [text] * count for name, text in given.items()},
        }
    )
