"""Small files of a till and a price list, and how tests bring them into a workspace."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SOURCES

from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.mapping import load_mapping
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.workspace import Workspace

ORDER_LINE = "{order_number: no, customer: card, product: article, quantity: qty, unit_price: price, placed_at: at}"
PRODUCT = "{product: article, name: name, observed_at: seen}"
MAPPING = """
source: SOURCE
files: "SOURCE*.csv"
kinds:
  - kind: KIND
    columns: COLUMNS
"""

Rows = Callable[..., list[dict[str, Any]]]
Import = Callable[..., Outcome]


def bring(folder: Path, workspace: Workspace, source: str, kind: str, files: Sequence[Sequence[str]]) -> Outcome:
    """Write each file's lines below the header of the kind's columns, and import them together."""
    columns = ORDER_LINE if kind == "order_line" else PRODUCT
    header = ",".join(part.split(": ")[1] for part in columns.strip("{}").split(", "))
    for old in folder.glob(f"{source}*.csv"):
        old.unlink()
    for n, lines in enumerate(files):
        (folder / f"{source}{n}.csv").write_text("\n".join([header, *lines, ""]))
    path = folder / f"{source}.yaml"
    path.write_text(MAPPING.replace("SOURCE", source).replace("KIND", kind).replace("COLUMNS", columns))
    kinds = [kind for room in ROOMS for kind in room.kinds]
    mapping = load_mapping(path, kinds, SOURCES, workspace.time_zone, workspace.currency)
    return import_files(workspace, mapping)


@pytest.fixture
def sell(workspace: Workspace, tmp_path: Path) -> Import:
    """Return a function that imports order lines `no,card,article,qty,price,at`, one list for each file."""
    return lambda *files, source="till": bring(tmp_path, workspace, source, "order_line", files)


@pytest.fixture
def list_products(workspace: Workspace, tmp_path: Path) -> Import:
    """Return a function that imports products `article,name,seen`, one list for each file."""
    return lambda *files, source="list": bring(tmp_path, workspace, source, "product", files)


@pytest.fixture
def rows(workspace: Workspace) -> Rows:
    """Return a function that reads a lake table as it is published, the latest version of each row."""

    def read(table: LakeTable) -> list[dict[str, Any]]:
        return workspace.lake.to_arrow(workspace.lake.table(table, workspace.lake.vector([table]))).to_pylist()

    return read
