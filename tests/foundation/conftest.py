"""Another process that runs a script on the test's home, forked from one that has imported everything once."""

import multiprocessing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

FORKS = multiprocessing.get_context("forkserver")  # importing all anew for each child takes longer than its work
FORKS.set_forkserver_preload(["quanyu.app.rooms", "quanyu.customers.ingest.importing", "quanyu.foundation.home"])

OPENED = """
import os
os.environ.update(environment)
from quanyu.foundation.home import open_home
from quanyu.foundation.settings import Settings
home = open_home(Settings.load())
ws = home.workspace("main")
"""


class Child:
    """A script in a process of its own; it talks through `pipe` and finds in its names what it was given."""

    def __init__(self, script: str, given: dict[str, Any]) -> None:
        self.pipe, theirs = FORKS.Pipe()
        self.process = FORKS.Process(target=exec, args=(script, {"pipe": theirs, **given}))
        self.process.start()
        theirs.close()

    def end(self) -> int | None:
        """Wait for it, and return its exit status."""
        self.process.join(60)
        return self.process.exitcode

    def kill(self) -> None:
        self.process.kill()
        self.process.join(60)


@pytest.fixture
def start() -> Iterator[Callable[..., Child]]:
    """Return a function that starts a script in a process of its own."""
    children: list[Child] = []

    def started(script: str, **given: Any) -> Child:
        children.append(Child(script, given))
        return children[-1]

    yield started
    for child in children:
        child.kill()


@pytest.fixture
def start_at_home(start: Callable[..., Child], environment: dict[str, str]) -> Callable[..., Child]:
    """Return a function that starts a script for which the test's home stands open as `home`, and `ws` in it."""
    return lambda script, **given: start(OPENED + script, environment=environment, **given)
