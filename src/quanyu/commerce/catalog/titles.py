"""Says what some goods are called, by the codes under which sources sold them."""

from collections.abc import Iterable

from quanyu.commerce.catalog.tables import PRODUCT_CODES, PRODUCTS
from quanyu.foundation.lake.asking import words
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace


def titles_of(workspace: Workspace, sold: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the name of each of these goods (source, code) that anybody tells; of several the last observed."""
    wanted = sorted(set(sold))
    if not wanted:
        return {}
    own = _own_codes(workspace, {code for _source, code in wanted})
    named = _names(workspace, {*own.values(), *(code for _source, code in wanted)})
    found = {pair: named.get(own.get((pair[0].lower(), pair[1]), pair[1])) for pair in wanted}
    return {pair: name for pair, name in found.items() if name}


def _own_codes(workspace: Workspace, codes: set[str]) -> dict[tuple[str, str], str]:
    """Return the company's own code of what marketplaces sell as one of these, by marketplace and code."""
    told: Value = workspace.lake.table(PRODUCT_CODES, workspace.lake.vector((PRODUCT_CODES,)))
    rows = told.filter(told.code.isin(words(codes))).order_by("observed_at", "import_number")
    found = workspace.lake.to_arrow(rows.select("platform", "code", "product")).to_pylist()
    return {(row["platform"].lower(), row["code"]): row["product"] for row in found if row["product"]}


def _names(workspace: Workspace, products: set[str]) -> dict[str, str]:
    told: Value = workspace.lake.table(PRODUCTS, workspace.lake.vector((PRODUCTS,)))
    rows = told.filter(told["product"].isin(words(products)), told["name"].notnull())
    found = workspace.lake.to_arrow(rows.order_by("observed_at", "import_number").select("product", "name"))
    return {row["product"]: row["name"] for row in found.to_pylist()}
