"""The whole embedded database, all workspaces of it, into a file and out of it into an empty server."""

import errno
import os
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa

from quanyu.foundation.database._binaries import program
from quanyu.foundation.database._cluster import environment
from quanyu.foundation.database._layout import Layout
from quanyu.foundation.database._privileges import choose_account
from quanyu.foundation.database._server import Ground, stop
from quanyu.foundation.database.connection import Database
from quanyu.foundation.database.launcher import Address
from quanyu.foundation.errors import Unavailable
from quanyu.foundation.text import Text

_FULL = os.strerror(errno.ENOSPC)
_SERVER_SAID = "ERROR:"


@dataclass(frozen=True)
class Snapshot:
    """One moment of the database, seen by `connection` (read only) and by a dump alike; `schema` is its step."""

    connection: sa.Connection
    address: Address
    name: str
    schema: str


@contextmanager
def snapshot(address: Address) -> Generator[Snapshot]:
    """Hold one moment of all workspaces, as the superuser, whom row-level security does not bind."""
    everything = Database(_parameters(address))
    try:
        with everything.begin() as connection:
            connection.execute(sa.text("set transaction isolation level repeatable read, read only"))
            name = connection.execute(sa.text("select pg_export_snapshot()")).scalar_one()
            schema = connection.execute(sa.text("select version_num from alembic_version")).scalar_one()
            yield Snapshot(connection, address, name, schema)
    finally:
        everything.close()


def dump(view: Snapshot, file: Path) -> None:
    """Write what the snapshot sees; the file is for its owner only. A full disk is an OSError."""
    how = ["--format=custom", "--compress=gzip:1"]  # the wheel's pg_dump knows gzip only; higher levels cost cores
    _run("pg_dump", view.address, [*how, f"--snapshot={view.name}", f"--file={file}"], file)


def load(address: Address, file: Path, jobs: int) -> None:
    """Fill an empty database from a dump, with the owners it names. A full disk is an OSError."""
    _run("pg_restore", address, ["--exit-on-error", "--no-privileges", f"--jobs={jobs}", str(file)], file)
    try:
        with psycopg.connect(**_parameters(address), autocommit=True) as connection:  # type: ignore[arg-type]
            connection.execute("analyze")
    except psycopg.errors.DiskFull:
        raise OSError(errno.ENOSPC, _FULL, str(file)) from None


def abandon(home: Path) -> None:
    """Stop the server that a killed process left running in a folder, so that the folder can be removed."""
    layout = Layout(home.resolve())
    if layout.root.is_dir():
        stop(Ground(layout, choose_account(layout), memory=0))


def _parameters(address: Address) -> dict[str, str | int]:
    return {**address.superuser_parameters, "dbname": address.dbname}


def _run(name: str, address: Address, arguments: Sequence[str], file: Path) -> None:
    where = [f"--host={address.host}", f"--port={address.port}", f"--dbname={address.dbname}"]
    done = subprocess.run(
        [str(program(name)), "--no-password", f"--username={address.superuser}", *where, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={
            **environment(),
            "PGOPTIONS": "-c synchronous_commit=off",
        },  # what is loaded is worth nothing before its end
        cwd="/",
        umask=0o077,
        check=False,
    )
    if done.returncode == 0:
        return
    said = done.stderr.decode(errors="replace")
    if _FULL in said:
        raise OSError(errno.ENOSPC, _FULL, str(file))
    raise Unavailable(
        Text("PostgreSQL could not copy the database.", "PostgreSQL 未能复制数据库。"),
        remedy=Text("Mend what it names, then try again.", "请处理其指出的问题后重试。"),
        received=_without_values(name, said) or f"{name}: {done.returncode}",
    )


def _without_values(name: str, said: str) -> str:
    """Return the program's own words only: what the server says may quote a customer's data."""
    own = [line.partition(_SERVER_SAID)[0] for line in said.splitlines() if line.startswith(f"{name}: error:")]
    return " ".join(own)[-480:].strip()
