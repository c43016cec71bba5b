"""The embedded engine: DuckDB under a memory budget, spoken to through Ibis."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakSet

import duckdb
import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from quanyu.foundation.lake.asking import Question
from quanyu.foundation.lake.compiling import RememberingBackend
from quanyu.foundation.lake.model import Value
from quanyu.foundation.settings import Settings

# The engine merges what one select reads from another by itself; Ibis takes longer over it than over all else.
ibis.options.sql.fuse_selects = False

_MOST_QUESTIONS = 256
_Questions = OrderedDict[Hashable, Question]
_CONNECTIONS: "WeakSet[duckdb.DuckDBPyConnection]" = WeakSet()


class DuckDB:
    """One in-memory DuckDB for the process and one Ibis connection for each thread."""

    def __init__(self, settings: Settings, spill: Path) -> None:
        spill.mkdir(parents=True, exist_ok=True)
        self._database = duckdb.connect(
            config={
                "memory_limit": f"{settings.memory >> 20}MB",
                "temp_directory": str(spill),
                "threads": settings.threads,
                "autoinstall_known_extensions": False,
                "preserve_insertion_order": False,
                "parquet_metadata_cache": True,  # a file of ours never changes; one of somebody else's is looked at
            }
        )
        self._local = threading.local()
        self._questions: _Questions = OrderedDict()
        self._lock = threading.Lock()

    def backend(self) -> Backend:
        found = getattr(self._local, "backend", None)
        if found is None:
            connection = self._database.cursor()
            _CONNECTIONS.add(connection)
            found = self._local.backend = RememberingBackend.from_connection(connection)
            found.raw_sql("set timezone = 'UTC'")
            found.raw_sql("set enable_progress_bar = true")
            found.raw_sql("set enable_progress_bar_print = false")
        return found

    def question(self, key: Hashable, make: Callable[[list[Value]], ir.Table]) -> Question:
        """Return the query of this key, made where neither all threads nor this one have it."""
        mine: _Questions = self._local.__dict__.setdefault("questions", OrderedDict())
        with self._lock:
            found = self._questions.pop(key, None) or mine.pop(key, None)
        if found is None:
            found = Question.of(self.backend(), make)
        with self._lock:
            known = mine if found.is_bound else self._questions
            known[key] = found
            if len(known) > _MOST_QUESTIONS:
                known.popitem(last=False)
        return found

    def running(self) -> "Running":
        """Return the queries of this thread, to be looked at from another."""
        return Running(self.backend().con)

    def close(self) -> None:
        self._database.close()


def interrupt_queries() -> None:
    """End all queries of the process, each with an error in its own thread.

    Whoever leaves because of a signal calls this first: to unwind, the engine waits for its other threads, which know
    nothing of the signal.
    """
    for connection in list(_CONNECTIONS):
        with suppress(duckdb.ConnectionException):  # closed meanwhile
            connection.interrupt()


@dataclass(frozen=True)
class Running:
    """The query that one thread runs at a time, as another thread sees it."""

    _connection: duckdb.DuckDBPyConnection

    def share(self) -> float:
        """Return how much of the present query is done, from 0 to 1; 0 where none runs or nobody can tell."""
        return max(0.0, self._connection.query_progress()) / 100

    def interrupt(self) -> None:
        """End the present query with an `InterruptException` in its thread."""
        self._connection.interrupt()
