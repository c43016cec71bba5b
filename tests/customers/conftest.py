"""A small till file and the ways in which tests import it."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.conftest import SOURCES

from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.mapping import SourceMapping, load_mapping
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation import home as homes
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

HEADER = "no,card,article,name,qty,price,at,country"
MAPPING = """
source: SOURCE
files: "FILES"
time_zone: Europe/London
currency: GBP
kinds:
  - kind: order_line
    columns: {order_number: no, customer: card, product: article, quantity: qty, unit_price: price, placed_at: at}
  - kind: customer_record
    columns: {key: card, country: country, observed_at: at}
    identifiers:
      - {type: card, scope: all, column: card}
  - kind: product
    columns: {product: article, name: name, observed_at: at}
"""

Import = Callable[..., Outcome]
Rows = Callable[..., list[dict[str, Any]]]


def till_mapping(folder: Path, files: str, source: str = "till", text: str = MAPPING) -> Path:
    path = folder / f"{source}.yaml"
    path.write_text(text.replace("SOURCE", source).replace("FILES", files))
    return path


def loaded(workspace: Workspace, path: Path) -> SourceMapping:
    kinds = [kind for room in ROOMS for kind in room.kinds]
    return load_mapping(path, kinds, SOURCES, workspace.time_zone, workspace.currency)


def put(
    folder: Path, lines: Sequence[str] | bytes, name: str = "till.csv", source: str = "till", mapping: str = MAPPING
) -> Path:
    """Write lines below the till's header, or bytes, with a mapping, and return its path."""
    content = lines if isinstance(lines, bytes) else "\n".join([HEADER, *lines, ""]).encode()
    (folder / name).write_bytes(content)
    return till_mapping(folder, name, source, mapping)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return `put` into this test's folder."""
    return partial(put, tmp_path)


@pytest.fixture
def bring(workspace: Workspace, write: Callable[..., Path]) -> Import:
    """Return a function that does the same and imports it."""

    def brought(*given: Any, into: Workspace = workspace, **more: Any) -> Outcome:
        return import_files(into, loaded(into, write(*given, **more)))

    return brought


@contextmanager
def furnishing(settings: Settings, folder: Path) -> Generator[tuple[Workspace, Import]]:
    """Make a home that is copied for each test, and yield its workspace and `bring` into it."""
    home = homes.create(settings, "main", "Europe/London", "GBP")
    workspace = home.workspace()

    def brought(*given: Any, **more: Any) -> Outcome:
        return import_files(workspace, loaded(workspace, put(folder, *given, **more)))

    yield workspace, brought
    home.close()


@pytest.fixture(scope="module")
def shared(module_settings: Settings) -> Iterator[Workspace]:
    """A workspace for all tests of a module, which only read what the module brings into it."""
    home = homes.create(module_settings, "main", "Europe/London", "GBP")
    yield home.workspace()
    home.close()


@pytest.fixture(scope="module")
def bring_once(shared: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Import:
    """Return `bring` into the workspace that the tests of a module share."""
    folder = tmp_path_factory.mktemp("brought")

    def brought(*given: Any, **more: Any) -> Outcome:
        return import_files(shared, loaded(shared, put(folder, *given, **more)))

    return brought


@pytest.fixture
def rows(workspace: Workspace) -> Rows:
    """Return a function that reads a lake table as it is published, the latest version of each row."""

    def read(table: LakeTable, of: Workspace = workspace) -> list[dict[str, Any]]:
        return of.lake.to_arrow(of.lake.table(table, of.lake.vector([table]))).to_pylist()

    return read


@pytest.fixture
def ask(workspace: Workspace) -> Callable[..., list[Any]]:
    """Return a function that answers a query of the workspace's rows in the database."""

    def asked(query: str, of: Workspace = workspace) -> list[Any]:
        with of.begin() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query))]

    return asked
