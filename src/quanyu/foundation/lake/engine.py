"""The embedded engine: DuckDB under a memory budget, spoken to through Ibis."""

import threading
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
from ibis.backends.duckdb import Backend

from quanyu.foundation.settings import Settings


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
            }
        )
        self._local = threading.local()

    def backend(self) -> Backend:
        found = getattr(self._local, "backend", None)
        if found is None:
            found = self._local.backend = ibis.duckdb.from_connection(self._database.cursor())
            found.raw_sql("set timezone = 'UTC'")
            found.raw_sql("set enable_progress_bar = true")
            found.raw_sql("set enable_progress_bar_print = false")
        return found

    def running(self) -> "Running":
        """Return the queries of this thread, to be looked at from another."""
        return Running(self.backend().con)

    def close(self) -> None:
        self._database.close()


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
