"""Opens the home and the workspace that a command works on."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from quanyu.app import logs
from quanyu.app.cli.screen import Screen
from quanyu.app.house import House, opened
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Desk:
    house: House
    workspace: Workspace
    screen: Screen


@contextmanager
def at_desk(home: Path | None, workspace: str | None, *, as_json: bool) -> Generator[Desk]:
    with opened(Settings.load(home)) as house:
        logs.configure(house.home.clock, logging.WARNING)
        yield Desk(house, house.home.workspace(workspace), Screen(as_json))
