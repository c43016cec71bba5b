"""A dump holds every workspace, fails in words without anybody's data, and knows a full disk."""

import errno
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from quanyu.foundation.database.dumping import dump, load, snapshot
from quanyu.foundation.database.launcher import Address
from quanyu.foundation.errors import Unavailable


@pytest.fixture
def filled(server: Address, database_url: str) -> Address:
    """A database with a row in each of two workspaces."""
    address = replace(server, dbname=str(psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]))
    with psycopg.connect(**as_superuser(address)) as connection:
        connection.execute("insert into source values (1, 'till', 'x', '2026-01-01'), (2, 'shop', 'x', '2026-01-01')")
    return address


@pytest.fixture
def empty(server: Address) -> Iterator[Address]:
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(**server.superuser_parameters, autocommit=True) as connection:
        connection.execute(f"create database {name} owner {server.user}")
        yield replace(server, dbname=name)
        connection.execute(f"drop database {name} with (force)")


def as_superuser(address: Address) -> dict[str, str | int]:
    return {**address.superuser_parameters, "dbname": address.dbname}


def sources(address: Address, query: str = "select workspace, name from source order by 1") -> list[tuple[object, ...]]:
    with psycopg.connect(**as_superuser(address)) as connection:
        return connection.execute(query).fetchall()


def test_a_dump_holds_all_workspaces_at_its_moment(filled: Address, empty: Address, tmp_path: Path):
    with snapshot(filled) as view:
        with psycopg.connect(**as_superuser(filled)) as connection:
            connection.execute("delete from source where workspace = 2")
        dump(view, tmp_path / "a.dump")
        assert view.schema >= "0001"
    load(empty, tmp_path / "a.dump", 2)
    assert sources(filled) == [(1, "till")]
    assert sources(empty) == [(1, "till"), (2, "shop")]
    owner = "select pg_get_userbyid(relowner), relforcerowsecurity from pg_class where relname = 'source'"
    assert sources(empty, owner) == [("quanyu", True)]
    assert (tmp_path / "a.dump").stat().st_mode & 0o077 == 0


def test_a_full_disk_is_told_apart(filled: Address):
    with snapshot(filled) as view, pytest.raises(OSError) as caught:
        dump(view, Path("/dev/full"))
    assert caught.value.errno == errno.ENOSPC


def test_failures_quote_no_data(filled: Address, tmp_path: Path):
    with snapshot(filled) as view:
        dump(view, tmp_path / "a.dump")
    with pytest.raises(Unavailable) as caught:
        load(filled, tmp_path / "a.dump", 1)
    assert caught.value.received is not None
    assert caught.value.received.startswith("pg_restore: error:")
    assert "already exists" not in caught.value.received
    (tmp_path / "a.dump").write_bytes(b"nothing")
    with pytest.raises(Unavailable, match="could not copy"):
        load(filled, tmp_path / "a.dump", 1)
