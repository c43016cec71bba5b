"""The command writes a company plain or packed, and says in two languages what it has written or refuses."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(commands: Path) -> Run:
    """Return a function that runs `quanyu simulate`."""
    command = [commands / "quanyu", "simulate"]
    return lambda *given: subprocess.run([*command, *map(str, given)], capture_output=True, text=True)


@pytest.mark.each_point
@pytest.mark.parametrize("packed", [False, True])
def test_a_company_is_written_plain_or_packed(run: Run, tmp_path, packed):
    more = ["--gzip"] if packed else []
    done = run("--customers", 60, "--years", 1, "--out", tmp_path / "out", "--processes", 1, "--json", *more)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    files = [path for path in (tmp_path / "out").rglob("*.*") if path.suffix not in (".yaml", ".json")]
    assert told["files"] == len(files)
    assert told["bytes"] == sum(path.stat().st_size for path in files)
    assert {path.suffix == ".gz" for path in files} == ({True} if packed else {False, True})
    assert (tmp_path / "out-truth" / "findings.json").exists()


def test_what_cannot_be_simulated_is_said_with_what_is_allowed(run: Run, tmp_path):
    done = run("--customers", 0, "--out", tmp_path / "out")
    assert done.returncode != 0
    assert "customers: 0 was given, 1 to 100,000,000 are allowed" in done.stderr
    assert not (tmp_path / "out").exists()
    done = run("--dirt", "recycled", "--out", tmp_path / "out")
    assert "NAME=SHARE is wanted" in done.stderr
