"""Gathers how a workspace and its home stand, for the command line and the API."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import sqlalchemy as sa

from quanyu import __version__
from quanyu.app.rooms import ROOMS
from quanyu.customers.identity.people import People, read_people
from quanyu.customers.ingest.model import SourceStatus
from quanyu.customers.ingest.status import source_status
from quanyu.foundation.bus.tables import fact
from quanyu.foundation.database.migrating import present
from quanyu.foundation.home import Home
from quanyu.foundation.jobs.states import JobCounts, count_jobs
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.listing import list_audiences
from quanyu.targeting.audiences.model import Jump
from quanyu.targeting.tags.runs import last_run


@dataclass(frozen=True)
class AudienceState:
    name: str
    size: int | None
    jump: Jump | None


@dataclass(frozen=True)
class HouseStatus:
    """How everything stands at one moment; `lake` has the published version of each table."""

    home: Path
    workspace: str
    sources: Sequence[SourceStatus]
    people: People
    tag_day: date | None
    tags_finished_at: datetime | None
    audiences: Sequence[AudienceState]
    waiting_facts: int
    jobs: JobCounts
    home_bytes: int
    version: str
    schema: str | None
    lake: dict[str, int]

    def figures(self) -> Iterator[tuple[Text, object]]:
        """Return what a person reads, line by line."""
        yield Text("records", "记录"), self.people.records
        yield Text("customers", "客户"), self.people.alive.count()
        yield Text("day of the tags", "标签统计日"), self.tag_day
        for audience in self.audiences:
            yield Text(f"audience {audience.name}", f"人群 {audience.name}"), audience.size
            if audience.jump is not None:
                said = Text("its size jumped; usually", "人数突变；通常")
                yield said, audience.jump.usual
        yield Text("facts waiting for a run or a worker", "等待处理的事实"), self.waiting_facts
        yield Text("jobs waiting", "排队任务"), self.jobs.waiting
        yield Text("jobs running", "运行中任务"), self.jobs.running
        yield Text("jobs failed", "失败任务"), self.jobs.failed
        yield Text("size of the home, MiB", "目录大小，MiB"), self.home_bytes >> 20
        yield Text("version / schema", "版本 / 结构"), f"{self.version} / {self.schema}"
        yield Text("lake", "数据湖"), ", ".join(f"{name} v{version}" for name, version in self.lake.items()) or None

    def describe(self) -> dict[str, object]:
        """Return plain values for a JSON document."""
        return {
            "home": str(self.home),
            "workspace": self.workspace,
            "sources": [describe_source(source) for source in self.sources],
            "records": self.people.records,
            "customers": self.people.alive.count(),
            "tags": {"day": self.tag_day, "finished_at": self.tags_finished_at},
            "audiences": [
                {"audience": a.name, "size": a.size, "usual": a.jump and a.jump.usual} for a in self.audiences
            ],
            "facts_waiting": self.waiting_facts,
            "jobs": {"waiting": self.jobs.waiting, "running": self.jobs.running, "failed": self.jobs.failed},
            "home_bytes": self.home_bytes,
            "version": self.version,
            "schema": self.schema,
            "lake": self.lake,
        }


def describe_source(source: SourceStatus) -> dict[str, object]:
    counts = [
        {
            "kind": c.kind,
            "per_line": c.grain,
            "read": c.read,
            "landed": c.landed,
            "rejected": c.rejected,
            "known": c.known,
        }
        for c in source.counts
    ]
    return {
        "source": source.source,
        "imports": source.imports,
        "failed": source.failed,
        "interrupted": source.interrupted,
        "running": source.running,
        "last_import": source.last_import,
        "open_rejects": source.open_rejects,
        "kinds": counts,
    }


def survey(home: Home, workspace: Workspace) -> HouseStatus:
    tags = last_run(workspace)
    with workspace.begin() as connection:
        waiting = connection.execute(
            sa.select(sa.func.count()).where(fact.c.workspace == workspace.number, ~fact.c.handled)
        ).scalar_one()
        jobs = count_jobs(connection, workspace.name)
    tables = [table for room in ROOMS for table in room.lake_tables]
    return HouseStatus(
        home=home.settings.home,
        workspace=workspace.name,
        sources=source_status(workspace),
        people=read_people(workspace),
        tag_day=None if tags is None else tags[0].day,
        tags_finished_at=None if tags is None else tags[0].finished_at,
        audiences=[AudienceState(a.name, a.snapshot and a.snapshot.size, a.jump) for a in list_audiences(workspace)],
        waiting_facts=waiting,
        jobs=jobs,
        home_bytes=_bytes_below(home.settings.home),
        version=__version__,
        schema=present(home.database),
        lake={name: pinned.version for name, pinned in workspace.lake.vector(tables).items()},
    )


def _bytes_below(folder: Path) -> int:
    """Add up files; one that goes away meanwhile, or that another user keeps to himself, does not count."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118
            except OSError:
                continue
    return total
