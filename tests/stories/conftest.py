"""A home that no test has opened yet, and the installed command on it, which answers with JSON."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def untouched(tmp_path: Path, database_url: str) -> dict[str, str]:
    """Environment of a home folder that is not there, with an empty schema of the newest step behind it."""
    return {
        **os.environ,
        "QUANYU_HOME": str(tmp_path / "home"),
        "QUANYU_DATABASE_URL": database_url,
        "QUANYU_MEMORY_MB": "1024",
    }


@pytest.fixture
def ask(untouched: dict[str, str], commands: Path) -> Callable[..., dict]:
    """Run `quanyu … --json`, from a folder if one is given; return its document, or its error where it failed."""

    def run(*arguments: object, folder: Path | None = None, status: int = 0) -> dict:
        command = [commands / "quanyu", *map(str, arguments), "--json"]
        ran = subprocess.run(command, env=untouched, cwd=folder, capture_output=True, text=True, timeout=200)
        assert ran.returncode == status, ran.stdout + ran.stderr
        return json.loads(ran.stdout)

    return run
