"""One engine a process: its limits are the home's, its time is UTC, its connections a thread's own."""

from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.settings import Settings


@pytest.fixture
def engine(tmp_path):
    opened = DuckDB(Settings(tmp_path, memory=512 << 20, threads=1), tmp_path / "spill")
    yield opened
    opened.close()


def test_the_limits_are_those_of_the_settings(engine, tmp_path):
    found = engine.backend().raw_sql(
        """select current_setting('threads'), current_setting('temp_directory'), current_setting('TimeZone'),
           current_setting('memory_limit'), current_setting('autoinstall_known_extensions')"""
    )
    threads, spill, zone, memory, installs = found.fetchone()
    assert (threads, spill, zone, installs) == (1, str(tmp_path / "spill"), "UTC", False)
    assert memory == "512.0 MiB" or memory.startswith("488"), memory
    assert (tmp_path / "spill").is_dir()


def test_each_thread_has_a_connection_of_its_own(engine):
    mine = engine.backend()
    assert engine.backend() is mine
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(engine.backend).result() is not mine


def test_a_closed_engine_answers_no_more(tmp_path):
    opened = DuckDB(Settings(tmp_path, memory=512 << 20, threads=1), tmp_path / "spill")
    opened.backend()
    opened.close()
    with pytest.raises(duckdb.Error):
        opened._database.execute("select 1")


def test_a_running_query_can_be_looked_at_and_ended_from_another_thread(engine):
    backend = engine.backend()
    running = engine.running()
    shares: list[float] = []

    def end() -> None:
        while not shares or shares[-1] == 0:
            shares.append(running.share())
        running.interrupt()

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(end)
        with pytest.raises(duckdb.InterruptException):
            backend.raw_sql("select max(md5(range::varchar)) from range(2_000_000_000)").fetchall()
        ended.result()
    assert 0 < shares[-1] < 1
    assert backend.raw_sql("select 1").fetchall() == [(1,)]
