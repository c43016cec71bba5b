"""The embedded engine: DuckDB under a memory budget, spoken to through Ibis."""

import threading
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
        return found

    def close(self) -> None:
        self._database.close()
