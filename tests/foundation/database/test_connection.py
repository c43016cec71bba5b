"""Locks end with whoever holds them, are taken in one order, and a transaction sees one workspace's rows."""

import threading
import time

import psycopg
import pytest
import sqlalchemy as sa

from quanyu.foundation.database.connection import Database
from quanyu.foundation.errors import Invalid, Unavailable

HOLDING = """
with home.database.locked("a", "b"):
    pipe.send("held")
    pipe.recv()
"""
CROSSING = """
pipe.send("ready")
pipe.recv()
for n in range(20):
    with home.database.locked(*names):
        pass
pipe.send("done")
"""


def free(database: Database, name: str) -> bool:
    with database.lock_if_free(name) as held:
        return held


def test_the_death_of_a_process_frees_its_locks(home, start_at_home):
    child = start_at_home(HOLDING)
    assert child.pipe.recv() == "held"
    assert not free(home.database, "a")
    assert not free(home.database, "b")
    assert free(home.database, "c")
    child.kill()
    with home.database.locked("a", "b"):
        assert not free(home.database, "a")
    assert free(home.database, "a")


def test_several_names_in_any_order_do_not_wait_for_each_other_forever(home, start_at_home):
    both = [start_at_home(CROSSING, names=names) for names in (("a", "b", "c"), ("c", "b", "a"))]
    assert [child.pipe.recv() for child in both] == ["ready", "ready"]
    for child in both:
        child.pipe.send("go")
    assert [child.pipe.recv() for child in both] == ["done", "done"]


def test_who_is_interrupted_while_waiting_keeps_nothing(home):
    """What the first lock guards would be closed for as long as the connection stays in the pool."""

    def wait() -> None:
        with home.database.locked("a", "b"):
            pytest.fail("b was held")

    def interrupt() -> None:
        with home.database.begin() as connection:
            query = "select pid from pg_locks where locktype = 'advisory' and not granted"
            while (waiting := connection.exec_driver_sql(query).scalar()) is None:
                time.sleep(0.02)
            connection.exec_driver_sql(f"select pg_cancel_backend({waiting})")

    with home.database.locked("b"):
        interrupting = threading.Thread(target=interrupt)
        interrupting.start()
        with pytest.raises(sa.exc.OperationalError):
            wait()
        interrupting.join()
        assert free(home.database, "a")


def test_a_lock_is_freed_when_its_work_fails(home):
    def fail() -> None:
        with home.database.locked("a"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert free(home.database, "a")


def test_a_transaction_sees_the_rows_of_its_workspace_only(home, workspace):
    insert = "insert into source (workspace, name, mapping, registered_at) values (%s, %s, '', '2024-01-01')"
    count = "select count(*) from source"
    with workspace.begin() as connection:
        connection.exec_driver_sql(insert, (workspace.number, "till"))
        assert connection.exec_driver_sql(count).scalar_one() == 1
    with home.database.begin() as connection:
        assert connection.exec_driver_sql(count).scalar_one() == 0
    with home.database.begin(workspace.number + 1) as connection:
        assert connection.exec_driver_sql(count).scalar_one() == 0
    with pytest.raises(sa.exc.ProgrammingError), workspace.begin() as connection:
        connection.exec_driver_sql(insert, (workspace.number + 1, "till"))


def test_times_come_back_in_utc(home):
    with home.database.begin() as connection:
        assert connection.exec_driver_sql("show timezone").scalar_one() == "UTC"


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path):
    database = Database(url=f"host={tmp_path} dbname=x user=u password=hunter2")
    with pytest.raises(Unavailable) as caught, database.begin():
        pass
    assert "hunter2" not in str(caught.value.describe())
    assert caught.value.retry


def test_a_role_that_row_level_security_does_not_bind_is_refused(server, home):
    home.database.refuse_superuser()
    superuser = Database(url=psycopg.conninfo.make_conninfo(**server.superuser_parameters))
    with pytest.raises(Invalid, match="row-level security"):
        superuser.refuse_superuser()
    superuser.close()
