"""A table of another database has all of the new rows or all of the old ones, and no password is ever told."""

import subprocess
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from tests.targeting.audiences.conftest import state_of_last

from quanyu.foundation.errors import Conflict, Invalid, Unavailable
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.databases import DatabaseTarget
from quanyu.targeting.audiences.exporting import Exported, Wanted, export
from quanyu.targeting.audiences.recording import list_exports

TAGS = ["monetary", "recency_days", "country", "first_purchase"]
CHILD = """
import sys
from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings
from quanyu.targeting.audiences.databases import DatabaseTarget
from quanyu.targeting.audiences.exporting import Wanted, export

with opened(Settings.load()) as home:
    export(home.workspace(), Wanted("everybody", sys.argv[2].split()), DatabaseTarget(sys.argv[1], "people"), "child")
"""


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request, server, tmp_path: Path) -> Iterator[str]:
    """A database that is not the home's."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'other.db'}"
        return
    parameters, name = server.parameters, f"other_{uuid4().hex[:12]}"
    made = sa.URL.create(
        "postgresql+psycopg",
        username=str(parameters["user"]),
        password="s3cret-word",
        database=name,
        query={"host": str(parameters["host"]), "port": str(parameters.get("port", 5432))},
    )
    admin = sa.create_engine("postgresql+psycopg://", connect_args=server.superuser_parameters, poolclass=sa.NullPool)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"create database {name} owner {server.user}")
        yield made.render_as_string(hide_password=False)
        connection.exec_driver_sql(f"drop database {name} with (force)")


def rows(url: str, table: str = "people") -> list[tuple[object, ...]]:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        found = sa.Table(table, sa.MetaData(), autoload_with=connection)
        return [tuple(row) for row in connection.execute(sa.select(found).order_by(found.c.one_id))]


def tables(url: str) -> list[str]:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        return sa.inspect(connection).get_table_names()


def exported(ws: Workspace, url: str, table: str = "people", tags: list[str] = TAGS) -> Exported:
    return export(ws, Wanted("everybody", tags), DatabaseTarget(url, table), "ann")


def test_a_table_is_made_with_types_and_replaced(everybody, url: str) -> None:
    everybody.live(0, 1, 2, 3)
    exported(everybody.ws, url)
    money = Decimal if url.startswith("postgresql") else float
    assert rows(url) == [
        (f"cus_{0:032x}", money("180.01"), 62, "Germany", date(2011, 1, 31)),
        (f"cus_{1:032x}", money("2.01"), 1, "France", date(2011, 5, 31)),
        (f"cus_{2:032x}", None, None, "NO", None),
        (f"cus_{3:032x}", 30, 161, "Japan", date(2011, 1, 1)),
    ]
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("create index people_by_country on people (country)")
    everybody.live(0, 2)
    exported(everybody.ws, url)
    assert [row[3] for row in rows(url)] == ["Germany", "NO"]
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        assert [i["name"] for i in sa.inspect(connection).get_indexes("people")] == ["people_by_country"]
    assert tables(url) == ["people"]


def test_a_table_of_other_columns_is_left_alone(everybody, url: str) -> None:
    exported(everybody.ws, url)
    with pytest.raises(Conflict, match="other columns"):
        exported(everybody.ws, url, tags=["country"])
    assert len(rows(url)) == 5
    assert len(list_exports(everybody.ws, 9)) == 1


def test_no_password_is_told_or_kept(everybody, url: str, tmp_path: Path) -> None:
    exported(everybody.ws, url)
    with everybody.ws.begin() as connection:
        kept = connection.exec_driver_sql("select row_to_json(e)::text from audience_export e").scalar_one()
    assert "people" in kept
    assert "s3cret-word" not in kept + repr(DatabaseTarget(url, "people"))
    wrong = "postgresql+psycopg://ann:s3cret-word@127.0.0.1:1/other"
    with pytest.raises(Unavailable) as caught:
        exported(everybody.ws, wrong)
    assert "s3cret-word" not in str(caught.value.describe())
    assert "ann" not in str(caught.value.received)
    for bad in ("s3cret-word", "nosuch://ann:s3cret-word@host/db"):
        with pytest.raises(Invalid) as refused:
            exported(everybody.ws, bad)
        assert "s3cret-word" not in str(refused.value.describe())
    for name in ("people; drop table people", "a b", "", "x" * 50, "Straße"):
        with pytest.raises(Invalid, match="name of a table"):
            exported(everybody.ws, url, table=name)


@pytest.mark.each_point
@pytest.mark.parametrize("point", ["exports.written", "exports.shown"])
@pytest.mark.parametrize("there", [False, True], ids=["new", "old"])
def test_killed_anywhere_the_table_is_whole(everybody, environment, url: str, point: str, there: bool) -> None:
    if there:
        everybody.live(0, 1)
        exported(everybody.ws, url)
        everybody.live(0, 1, 2, 3, 4)
    child = subprocess.run(
        ["python", "-c", CHILD, url, " ".join(TAGS)],
        env={**environment, "QUANYU_FAILPOINT": point},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == -9, child.stderr
    shown = point == "exports.shown"
    if shown or there:
        assert len(rows(url)) == (5 if shown else 2)
    else:
        assert "people" not in tables(url)
    assert state_of_last(everybody.ws) == "interrupted"
    exported(everybody.ws, url)
    assert len(rows(url)) == 5
    assert tables(url) == ["people"]
