"""A home is made once, opened often, refuses what it cannot be, and holds isolated workspaces."""

import json

import psycopg
import pytest
import sqlalchemy as sa

import quanyu.app.rooms  # noqa: F401  so that every room has declared its tables
from quanyu.foundation import home as homes
from quanyu.foundation.database.schema import metadata
from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.home import Home
from quanyu.foundation.settings import Settings


def test_making_it_twice_changes_nothing(home: Home, settings: Settings):
    again = homes.create(settings, "main", "Europe/London", "GBP")
    assert again.workspaces() == ["main"]
    again.close()


def test_a_folder_that_is_no_home_says_how_to_make_one(settings: Settings):
    with pytest.raises(NotFound, match="no Quanyu home") as caught:
        homes.open_home(settings)
    assert "quanyu init" in str(caught.value.remedy)


def test_a_newer_format_is_refused(home: Home, settings: Settings):
    (settings.home / "home.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(Conflict, match="newer version"):
        homes.open_home(settings)


def test_a_newer_schema_is_refused(home: Home, settings: Settings):
    with home.database.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(Conflict, match="newer version"):
        homes.open_home(settings)


@pytest.mark.parametrize(("zone", "currency"), [("Mars/Olympus", "GBP"), ("Europe/London", "pounds")])
def test_conventions_are_checked_first(settings: Settings, zone: str, currency: str):
    with pytest.raises(Invalid):
        homes.create(settings, "main", zone, currency)
    assert not settings.home.exists()


def test_workspaces_do_not_see_each_other(home: Home, settings: Settings):
    homes.create(settings, "other", "Asia/Shanghai", "CNY").close()
    one, two = home.workspace("main"), home.workspace("other")
    with one.begin() as connection:
        connection.execute(sa.text("insert into source values (:w, 'till', 'x', '2026-01-01')"), {"w": one.number})
        assert connection.execute(sa.text("select count(*) from source")).scalar_one() == 1
    with two.begin() as connection:
        assert connection.execute(sa.text("select count(*) from source")).scalar_one() == 0
    with home.database.begin() as connection:
        assert connection.execute(sa.text("select count(*) from source")).scalar_one() == 0


def test_a_row_cannot_be_put_into_another_workspace(home: Home):
    workspace = home.workspace()
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"), workspace.begin() as connection:
        connection.execute(sa.text("insert into source values (99, 'till', 'x', '2026-01-01')"))


def test_every_table_of_a_workspace_is_guarded(home: Home):
    with home.database.begin() as connection:
        guarded = set(
            connection.execute(
                sa.text("select relname from pg_class where relrowsecurity and relforcerowsecurity")
            ).scalars()
        )
    assert guarded == set(metadata.tables) - {"workspace"}


def test_the_migrations_make_what_the_rooms_declare(home: Home):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with home.database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: not (kind == "table" and name.startswith("procrastinate"))},
        )
        assert compare_metadata(context, metadata) == []


def test_a_superuser_is_refused(settings: Settings, server, database_url: str):
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    as_superuser = psycopg.conninfo.make_conninfo(**{**server.superuser_parameters, "dbname": name})
    with pytest.raises(Invalid, match="row-level security"):
        homes.create(Settings(settings.home, as_superuser, 1 << 30, 1), "main", "UTC", "GBP")
