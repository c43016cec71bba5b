"""How tests read what has landed."""

from collections.abc import Callable
from typing import Any

import pytest

from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.workspace import Workspace


@pytest.fixture
def rows(workspace: Workspace) -> Callable[[LakeTable], list[dict[str, Any]]]:
    """Return a function that reads a lake table as it is published, the latest version of each row."""

    def read(table: LakeTable) -> list[dict[str, Any]]:
        return workspace.lake.to_arrow(workspace.lake.table(table, workspace.lake.vector([table]))).to_pylist()

    return read
