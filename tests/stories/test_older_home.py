"""A home that an older version left is brought up to date by whoever opens it; one of a newer version is refused."""

import json
from collections.abc import Callable, Iterator
from importlib.resources import as_file, files
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from quanyu.foundation.access import keys
from quanyu.foundation.access.tables import workspace
from quanyu.foundation.clock import Clock
from quanyu.foundation.database import launcher, migrating
from quanyu.foundation.database.connection import Database
from quanyu.foundation.home import FORMAT

Ask = Callable[..., dict]


@pytest.fixture
def database_url(server: launcher.Address) -> Iterator[str]:
    """A database of this test's own, without any schema."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(**server.superuser_parameters, autocommit=True) as connection:
        connection.execute(f"create database {name} owner {server.user}")
        yield psycopg.conninfo.make_conninfo(**{**server.parameters, "dbname": name})
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(url=database_url)
    yield database
    database.close()


@pytest.fixture
def folder(untouched: dict[str, str]) -> Path:
    """A home folder with nothing but its mark, as a start that was killed leaves it."""
    folder = Path(untouched["QUANYU_HOME"])
    folder.mkdir()
    (folder / "home.json").write_text(json.dumps({"format": FORMAT}))
    return folder


def steps() -> list[str]:
    versions = files("quanyu.migrations") / "versions"
    return sorted(step.name.partition("_")[0] for step in versions.iterdir() if step.name[0].isdigit())


def take_all_steps_but_the_last(database: Database) -> str | None:
    """Return the step that the database is then at, None where there is one step only."""
    if len(steps()) == 1:
        return None
    with as_file(files("quanyu.migrations")) as place, database.engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(place).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, steps()[-2])
    return steps()[-2]


def add_workspace(database: Database, folder: Path) -> None:
    with database.begin() as connection:
        connection.execute(
            sa.insert(workspace).values(
                name="main",
                time_zone="Asia/Shanghai",
                currency="CNY",
                wrapped_key=keys.new_wrapped_key(folder),
                created_at=Clock(folder).now(),
            )
        )


def test_an_older_home_is_brought_up_to_date(ask: Ask, folder: Path, database: Database):
    at = take_all_steps_but_the_last(database)
    assert migrating.present(database) == at
    if at is not None:
        add_workspace(database, folder)
    made = ask("init")
    assert (made["workspace"], made["new"]) == ("main", True)
    assert migrating.present(database) == steps()[-1] == migrating.newest()
    found = ask("status")
    assert (found["schema"], found["customers"], found["sources"]) == (steps()[-1], 0, [])


def test_a_killed_start_says_how_to_go_on(ask: Ask, folder: Path, database: Database):
    refused = ask("status", status=1)["error"]
    assert refused["code"] == "not_found"
    assert migrating.present(database) == steps()[-1]
    ask("init", "--currency", "GBP")
    assert ask("status")["workspace"] == "main"


def test_a_newer_schema_is_refused_and_left_alone(ask: Ask, folder: Path, database: Database):
    ask("init")
    with database.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    for asked in (("status",), ("init",), ("run",)):
        refused = ask(*asked, status=1)["error"]
        assert (refused["code"], refused["received"]) == ("conflict", "schema 9999")
        assert refused["remedy"]
    assert migrating.present(database) == "9999"


def test_a_newer_folder_is_refused_before_its_database_is_touched(ask: Ask, folder: Path, database: Database):
    (folder / "home.json").write_text(json.dumps({"format": FORMAT + 1}))
    refused = ask("status", status=1)["error"]
    assert (refused["code"], refused["received"]) == ("conflict", f"format {FORMAT + 1}")
    assert migrating.present(database) is None
