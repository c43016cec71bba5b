"""What libraries say of a full disk, a lost database or too little memory becomes an error of ours."""

import errno

import duckdb
import psycopg
import pytest
import sqlalchemy as sa

from quanyu.app.failures import recognised
from quanyu.foundation.errors import NotFound, StorageFull, Unavailable
from quanyu.foundation.text import Text


def wrapped(inner: Exception) -> Exception:
    outer = RuntimeError("outer")
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), StorageFull),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), StorageFull),
        (psycopg.errors.DiskFull("could not extend file"), StorageFull),
        (duckdb.IOException("Could not write file: No space left on device"), StorageFull),
        (OSError("Generic LocalFileSystem error: No space left on device (os error 28)"), StorageFull),
        (duckdb.OutOfMemoryException("failed to allocate"), Unavailable),
        (MemoryError(), Unavailable),
        (psycopg.errors.AdminShutdown("terminating connection"), Unavailable),
        (psycopg.OperationalError("server closed the connection unexpectedly"), Unavailable),
        (sa.exc.OperationalError("select 1", {}, psycopg.errors.AdminShutdown("terminating connection")), Unavailable),
        (NotFound(Text("a", "b")), NotFound),
    ],
)
def test_known_failures_have_an_error_of_ours(error, ours):
    assert isinstance(recognised(error), ours)
    assert isinstance(recognised(wrapped(error)), ours)


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("y"), FileNotFoundError(errno.ENOENT, "no")])
def test_others_stay_unknown(error):
    assert recognised(error) is None
