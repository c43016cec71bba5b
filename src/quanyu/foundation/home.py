"""The home folder: made once, opened by every process, with all that a retailer's data needs inside it."""

import json
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from quanyu.foundation import failpoints
from quanyu.foundation.access import keys
from quanyu.foundation.access.tables import workspace as workspace_rows
from quanyu.foundation.clock import Clock
from quanyu.foundation.database import launcher, migrating
from quanyu.foundation.database.connection import Database
from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.store import Lake
from quanyu.foundation.money import exponent
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text
from quanyu.foundation.time_zones import time_zones
from quanyu.foundation.workspace import Workspace

FORMAT = 1  # of the folder; raised when its layout changes
FAILPOINTS = ("home.marked", "home.migrated", "home.workspace")


@dataclass(frozen=True)
class Home:
    """An open home. Close it, or use it through `opened`."""

    settings: Settings
    database: Database
    clock: Clock
    attachment: launcher.Attachment | None

    @cached_property
    def engine(self) -> DuckDB:
        return DuckDB(self.settings, self.settings.home / "spill")

    def workspaces(self) -> list[str]:
        with self.database.begin() as connection:
            return list(
                connection.execute(sa.select(workspace_rows.c.name).order_by(workspace_rows.c.workspace)).scalars()
            )

    def workspace(self, name: str | None = None, number: int | None = None) -> Workspace:
        """Open a workspace by name or number; without either, the only or first one."""
        query = sa.select(workspace_rows).order_by(workspace_rows.c.workspace).limit(1)
        if name is not None:
            query = query.where(workspace_rows.c.name == name)
        if number is not None:
            query = query.where(workspace_rows.c.workspace == number)
        with self.database.begin() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(
                Text("There is no such workspace.", "没有这个工作区。"), received=name, allowed=self.workspaces()
            )
        folder = self.settings.home / "lake" / str(row.workspace)
        return Workspace(
            number=row.workspace,
            name=row.name,
            time_zone=row.time_zone,
            currency=row.currency,
            database=self.database,
            lake=Lake(folder, row.workspace, self.database, self.engine, self.clock),
            clock=self.clock,
            settings=self.settings,
            key=keys.unwrap(self.settings.home, row.wrapped_key),
        )

    def close(self) -> None:
        self.database.close()
        if "engine" in self.__dict__:
            self.engine.close()
        if self.attachment is not None:
            self.attachment.release()


def create(settings: Settings, workspace: str, time_zone: str, currency: str) -> Home:
    """Make a home with one workspace, or add what a killed attempt left undone; an existing one is opened."""
    _check_workspace(time_zone, currency)
    settings.home.mkdir(parents=True, exist_ok=True)
    marker = settings.home / "home.json"
    if not marker.exists():
        beside = marker.with_suffix(".new")
        beside.write_text(json.dumps({"format": FORMAT}))
        beside.replace(marker)
    failpoints.reach("home.marked")
    home = open_home(settings)
    _add_workspace(home, workspace, time_zone, currency)
    failpoints.reach("home.workspace")
    return home


def open_home(settings: Settings) -> Home:
    """Open an existing home: start its database if nobody has, and bring an older one up to date."""
    _check_format(settings.home)
    attachment = None if settings.database_url else launcher.attach(settings.home)
    database = Database(parameters=attachment.address.parameters if attachment else None, url=settings.database_url)
    home = Home(settings, database, Clock(settings.home), attachment)
    try:
        if attachment is None:
            database.refuse_superuser()
        migrating.upgrade(database)
    except BaseException:
        home.close()
        raise
    failpoints.reach("home.migrated")
    return home


@contextmanager
def opened(settings: Settings) -> Generator[Home]:
    home = open_home(settings)
    try:
        yield home
    finally:
        home.close()


def _check_format(folder: Path) -> None:
    marker = folder / "home.json"
    found: object = None
    with suppress(FileNotFoundError, ValueError, AttributeError):
        found = json.loads(marker.read_text()).get("format")
    if found is None:
        raise NotFound(
            Text("There is no Quanyu home in this folder.", "此目录不是 Quanyu 数据目录。"),
            remedy=Text("Make one with: quanyu init --home FOLDER", "请先执行：quanyu init --home 目录"),
            received=str(folder),
        )
    if not isinstance(found, int) or found > FORMAT:
        raise Conflict(
            Text("This home was made by a newer version of Quanyu.", "该目录由更新版本的 Quanyu 创建。"),
            remedy=Text("Install that version or a later one.", "请安装该版本或更高版本。"),
            received=f"format {found}",
            allowed=[f"format {FORMAT}, or older"],
        )


def _check_workspace(time_zone: str, currency: str) -> None:
    exponent(currency)
    if time_zone not in time_zones():
        raise Invalid(
            Text("There is no such time zone.", "没有这个时区。"),
            received=time_zone,
            allowed=["Asia/Shanghai", "Europe/London", "UTC", "… (IANA)"],
        )
    ZoneInfo(time_zone)


def _add_workspace(home: Home, name: str, time_zone: str, currency: str) -> None:
    with home.database.locked("workspaces"), home.database.begin() as connection:
        known = connection.execute(sa.select(workspace_rows.c.name)).scalars().all()
        if name not in known:
            connection.execute(
                sa.insert(workspace_rows).values(
                    name=name,
                    time_zone=time_zone,
                    currency=currency,
                    wrapped_key=keys.new_wrapped_key(home.settings.home),
                    created_at=home.clock.now(),
                )
            )
