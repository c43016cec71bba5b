"""The schema is brought up once, whoever comes first, and a newer one is not touched."""

from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command

from quanyu.customers.identity.deciding import VERDICTS
from quanyu.foundation.database.connection import Database
from quanyu.foundation.database.migrating import newest, present, upgrade
from quanyu.foundation.errors import Conflict

UPGRADING = """
from quanyu.foundation.database.connection import Database
from quanyu.foundation.database.migrating import upgrade
import alembic.command, alembic.config
database = Database(url=url)
pipe.send("ready")
pipe.recv()
upgrade(database)
database.close()
"""

PEOPLE = "insert into population (workspace, epoch, records, customers, alive) values (:workspace, 1, 4, 4, '')"
GIVEN = """insert into identifier (workspace, type, scope, value_hash, record, import_number)
           values (:workspace, 'card', 'all', gen_random_uuid(), :record, :number)"""


@pytest.fixture
def empty_url(server):
    """An empty database, as a connection string."""
    name = f"empty_{uuid4().hex[:12]}"
    with psycopg.connect(**server.superuser_parameters, autocommit=True) as connection:
        connection.execute(f"create database {name} owner {server.user}")
        yield psycopg.conninfo.make_conninfo(**{**server.parameters, "dbname": name})
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def empty(empty_url):
    database = Database(url=empty_url)
    yield database
    database.close()


def test_processes_that_come_at_once_bring_it_up_once(empty, empty_url, start):
    assert present(empty) is None
    several = [start(UPGRADING, url=empty_url) for _ in range(3)]
    assert [child.pipe.recv() for child in several] == ["ready"] * 3
    for child in several:
        child.pipe.send("go")
    assert [child.end() for child in several] == [0, 0, 0]
    assert present(empty) == newest()
    assert not upgrade(empty)
    with empty.begin() as connection:
        assert connection.exec_driver_sql("select count(*) from alembic_version").scalar_one() == 1


def test_a_database_of_a_newer_program_is_left_alone(home):
    with home.database.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    with pytest.raises(Conflict, match="newer"):
        upgrade(home.database)
    assert present(home.database) == "9999"


def up_to(step, empty, monkeypatch):
    """Bring the schema to where an older program left it."""
    take = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: take(config, step))
    upgrade(empty)
    monkeypatch.undo()


def test_what_recognition_passed_over_waits_once_more(empty, monkeypatch):
    """A home of an older schema has every record looked at again: no policy has been applied there yet."""
    up_to("0012", empty, monkeypatch)
    for workspace, imports in ((1, [3, 1, None, 3]), (2, [None])):
        with empty.begin(workspace) as connection:
            connection.execute(sa.text(PEOPLE), {"workspace": workspace})
            given = [{"workspace": workspace, "record": n, "number": number} for n, number in enumerate(imports)]
            connection.execute(sa.text(GIVEN), given)
    upgrade(empty)
    for workspace in (1, 2):
        with empty.begin(workspace) as connection:
            found = connection.execute(sa.text("select workspace, recognised, policy from population")).all()
            assert [tuple(row) for row in found] == [(workspace, 0, None)]


PARTED = """insert into identity_parting (workspace, type, scope, value_hash, record, reason, author, decided_at)
            values (:workspace, 'phone', 'global', gen_random_uuid(), :record, 'a store''s', 'wang', now())"""


def test_what_was_parted_is_an_act_with_its_number(empty, monkeypatch):
    up_to("0015", empty, monkeypatch)
    for workspace in (1, 2):
        with empty.begin(workspace) as connection:
            parted = [{"workspace": workspace, "record": record} for record in (7, None)]
            connection.execute(sa.text(PARTED), parted)
    upgrade(empty)
    acts = "select number, verdict, author, record from identity_act join identity_decision on act = number order by 1"
    for workspace, first in ((1, 1), (2, 3)):
        with empty.begin(workspace) as connection:
            found = [tuple(row) for row in connection.execute(sa.text(acts))]
            assert found == [(first, "unlinked", "wang", 7), (first + 1, "nobodys", "wang", None)]
            assert {verdict for _, verdict, *_ in found} <= set(VERDICTS)
            another = """insert into identity_act (workspace, verdict, reason, author, decided_at)
                         values (:workspace, 'cut', 'x', 'li', now()) returning number"""
            assert connection.execute(sa.text(another), {"workspace": workspace}).scalar_one() == 4 + workspace
