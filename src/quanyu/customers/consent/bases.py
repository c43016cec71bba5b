"""Reads the legal basis that each source's mapping declares, as the last import left it."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from quanyu.customers.consent.model import Basis
from quanyu.customers.ingest.tables import source
from quanyu.foundation.workspace import Workspace


def declared(ws: Workspace) -> list[Basis]:
    """Return what the sources' mappings declare, by source."""
    query = sa.select(source.c.name, source.c.legal_basis).where(source.c.workspace == ws.number)
    with ws.begin() as connection:
        rows = connection.execute(query.order_by(source.c.name)).all()
    return [Basis(row.name, *(_words(row.legal_basis, key) for key in ("purposes", "channels"))) for row in rows]


def _words(basis: Mapping[str, object] | None, key: str) -> tuple[str, ...]:
    said = (basis or {}).get(key)
    if isinstance(said, str):
        return (said,)
    return tuple(str(word) for word in said) if isinstance(said, Sequence) else ()
