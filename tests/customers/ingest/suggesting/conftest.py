"""Suggests for files in a workspace of Shanghai, and tries a mapping out as the import would read it."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.mapping import load_mapping
from quanyu.customers.ingest.suggesting import drafting
from quanyu.customers.ingest.suggesting.drafting import Wanted
from quanyu.customers.ingest.suggesting.model import Suggestion, Trial
from quanyu.foundation.kinds import Kind
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.registry import Registry
from quanyu.foundation.settings import Settings

KINDS: tuple[Kind, ...] = tuple(kind for room in ROOMS for kind in room.kinds)
READERS = Registry("quanyu.sources")


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> DuckDB:
    folder = tmp_path_factory.mktemp("engine")
    return DuckDB(Settings(folder, None, memory=1 << 30, threads=2), folder / "spill")


@pytest.fixture(scope="module")
def place(engine) -> SimpleNamespace:
    """What a suggestion needs of a workspace: no database is asked."""
    return SimpleNamespace(lake=SimpleNamespace(engine=engine), time_zone="Asia/Shanghai", currency="CNY")


@pytest.fixture
def suggest(place, tmp_path) -> Callable[..., Suggestion]:
    """Return a function that suggests for one pattern, and leaves the mapping in `tmp_path`/mapping.yaml."""

    def suggested(pattern: Path, kind: str | None = None, source: str | None = None) -> Suggestion:
        (shape,) = drafting.find_shapes([pattern], READERS)
        return drafting.suggest(place, KINDS, READERS, shape, tmp_path / "mapping.yaml", Wanted(kind, source))

    return suggested


@pytest.fixture
def tried(place) -> Callable[[Path], Trial]:
    """Return a function that reads all files of a mapping and counts what would be refused."""

    def try_out(path: Path) -> Trial:
        mapping = load_mapping(path, KINDS, READERS, place.time_zone, place.currency)
        backend = place.lake.engine.backend()
        return drafting.count_refused(backend, mapping, mapping.reader.open(backend, mapping.files, {}))

    return try_out
