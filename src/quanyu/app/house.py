"""Puts the house together: an open home with all of its rooms."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.mapping import SourceMapping, load_mapping
from quanyu.customers.ingest.spec import Source
from quanyu.foundation import home as homes
from quanyu.foundation.bus.draining import drain
from quanyu.foundation.home import Home
from quanyu.foundation.kinds import Kind
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.registry import Registry
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class House:
    """What the command line, the API and the worker work with."""

    home: Home

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(kind for room in ROOMS for kind in room.kinds)

    @cached_property
    def lake_tables(self) -> tuple[LakeTable, ...]:
        return tuple(table for room in ROOMS for table in room.lake_tables)

    @cached_property
    def readers(self) -> Registry[Source]:
        return Registry("quanyu.sources")

    def mapping(self, workspace: Workspace, path: Path) -> SourceMapping:
        return load_mapping(path, self.kinds, self.readers, workspace.time_zone, workspace.currency)


def refresh(workspace: Workspace) -> Sequence[Text]:
    """Hand out waiting facts and bring what the rooms derive up to date, ground floor first; say what was done."""
    drain(workspace, ROOMS)
    done = [line for room in ROOMS for step in room.refreshes for line in step.run(workspace)]
    drain(workspace, ROOMS)
    return done


@contextmanager
def opened(settings: Settings) -> Generator[House]:
    home = homes.open_home(settings)
    try:
        yield House(home)
    finally:
        home.close()
