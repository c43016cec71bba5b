"""Puts the house together: an open home with all of its rooms."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from quanyu.app.rooms import ROOMS
from quanyu.customers.identity import forgetting
from quanyu.customers.ingest.mapping import SourceMapping, load_mapping
from quanyu.customers.ingest.rejects import expire_rejects
from quanyu.customers.ingest.replaying import Doors
from quanyu.customers.ingest.spec import Source
from quanyu.customers.ingest.taking_back import Rooms, mark_final
from quanyu.customers.ingest.uploading import expire_uploads
from quanyu.customers.quality.cleansing.publishing import published
from quanyu.foundation import home as homes
from quanyu.foundation.bus.draining import drain
from quanyu.foundation.home import Home
from quanyu.foundation.kinds import Kind
from quanyu.foundation.lake.compaction import Compacted, compact
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.registry import Registry
from quanyu.foundation.room import Room
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.downloads import expire_exports


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
        mapping = load_mapping(path, self.kinds, self.readers, workspace.time_zone, workspace.currency)
        return replace(mapping, rules=published(workspace, self.kinds))

    @cached_property
    def rooms(self) -> Rooms:
        return rooms_of(ROOMS)

    @property
    def doors(self) -> Doors:
        return Doors(self.mapping, self.readers.all())


def rooms_of(rooms: Sequence[Room]) -> Rooms:
    """Return what the rooms bring to a take-back."""
    kinds = tuple(kind for room in rooms for kind in room.kinds)
    tables = {table.name: table for room in rooms for table in room.lake_tables}
    told = [t for t in tables.values() if "import_number" in t.schema.names]
    return Rooms(kinds, (*told, *forgetting.TABLES), forgetting.forget_opened)


def refresh(workspace: Workspace) -> Sequence[Text]:
    """Hand out waiting facts and bring what the rooms derive up to date, ground floor first; say what was done."""
    drain(workspace, ROOMS)
    done = [line for room in ROOMS for step in room.refreshes for line in step.run(workspace)]
    drain(workspace, ROOMS)
    return done


def tidy(house: House, workspace: Workspace) -> list[Compacted]:
    """Do the night's work: delete what has expired, compact the lake; return the tables that changed."""
    expire_rejects(workspace)
    expire_uploads(workspace)
    expire_exports(workspace)
    return compact(workspace.lake, house.lake_tables, revocable=mark_final(workspace))


@contextmanager
def opened(settings: Settings) -> Generator[House]:
    home = homes.open_home(settings)
    try:
        yield House(home)
    finally:
        home.close()
