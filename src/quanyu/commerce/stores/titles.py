"""Says what some stores are called."""

from collections.abc import Iterable

from quanyu.commerce.stores.tables import STORES
from quanyu.foundation.lake.asking import words
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace


def store_titles(workspace: Workspace, codes: Iterable[str]) -> dict[str, str]:
    """Return the name of each of these stores that anybody tells; of several the last observed."""
    wanted = set(codes)
    if not wanted:
        return {}
    told: Value = workspace.lake.table(STORES, workspace.lake.vector((STORES,)))
    rows = told.filter(told.code.isin(words(wanted)), told["name"].notnull()).order_by("observed_at", "import_number")
    return {row["code"]: row["name"] for row in workspace.lake.to_arrow(rows.select("code", "name")).to_pylist()}
