"""Says what some stores are called."""

from collections.abc import Iterable

import ibis.expr.types as ir

from quanyu.commerce.stores.tables import STORES
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace


def store_titles(workspace: Workspace, codes: Iterable[str]) -> dict[str, str]:
    """Return the name of each of these stores that anybody tells; of several the last observed."""
    wanted = set(codes)
    lake, vector = workspace.lake, workspace.lake.vector((STORES,))
    if not wanted or STORES.name not in vector:
        return {}

    def told(_none: list[Value]) -> ir.Table:  # of all stores, which are few: so that the query is made once
        rows: Value = lake.table(STORES, vector)
        return rows.filter(rows["name"].notnull()).order_by("observed_at", "import_number").select("code", "name")

    found = lake.answer("names of stores", vector, (), told).to_pylist()
    return {row["code"]: row["name"] for row in found if row["code"] in wanted}
