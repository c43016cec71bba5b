"""Says what every source has delivered so far."""

import sqlalchemy as sa

from quanyu.customers.ingest.model import Count, SourceStatus
from quanyu.customers.ingest.rejects import count_open
from quanyu.customers.ingest.tables import data_import, import_count, source
from quanyu.foundation.workspace import Workspace

_SUMS = tuple(
    sa.cast(sa.func.sum(import_count.c[name]), sa.BigInteger).label(name)
    for name in ("read", "landed", "rejected", "known")
)


def source_status(workspace: Workspace) -> list[SourceStatus]:
    """Return the status of every source that was ever imported, by name."""
    rejects = count_open(workspace)
    with workspace.begin() as connection:
        counts: dict[str, list[Count]] = {}
        for row in connection.execute(_counts(workspace.number)):
            found = Count(row.kind, row.grain, row.read, row.landed, row.rejected, row.known)
            counts.setdefault(row.source, []).append(found)
        return [
            SourceStatus(
                source=row.name,
                imports=row.landed,
                failed=row.failed,
                interrupted=row.interrupted,
                running=row.running,
                last_import=row.last_import,
                counts=tuple(counts.get(row.name, ())),
                open_rejects=rejects.get(row.name, 0),
            )
            for row in connection.execute(_imports(workspace.number))
        ]


def _imports(workspace: int) -> sa.Select[tuple[object, ...]]:
    state = data_import.c.state
    states = {name: sa.func.count().filter(state == name) for name in ("landed", "failed", "interrupted", "running")}
    mine = sa.and_(data_import.c.workspace == source.c.workspace, data_import.c.source == source.c.name)
    return (
        sa.select(
            source.c.name,
            *(number.label(name) for name, number in states.items()),
            sa.func.max(data_import.c.finished_at).filter(state == "landed").label("last_import"),
        )
        .select_from(source.outerjoin(data_import, mine))
        .where(source.c.workspace == workspace)
        .group_by(source.c.name)
        .order_by(source.c.name)
    )


def _counts(workspace: int) -> sa.Select[tuple[object, ...]]:
    """Sum by kind, the lines of the files first; what has counts has landed, and may have been taken back."""
    mine = sa.and_(import_count.c.workspace == data_import.c.workspace, import_count.c.number == data_import.c.number)
    return (
        sa.select(data_import.c.source, import_count.c.kind, import_count.c.grain, *_SUMS)
        .select_from(data_import.join(import_count, mine))
        .where(data_import.c.workspace == workspace, data_import.c.state == "landed")
        .group_by(data_import.c.source, import_count.c.kind, import_count.c.grain)
        .order_by(data_import.c.source, import_count.c.grain.desc(), import_count.c.kind)
    )
