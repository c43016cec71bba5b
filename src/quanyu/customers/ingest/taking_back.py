"""Takes back a wrong import as a whole: what it landed leaves every table at once, and what it superseded speaks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import ibis
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.ingest.history import unknown_import, with_replays
from quanyu.customers.ingest.model import ImportTakenBack, TakenBack
from quanyu.customers.ingest.tables import data_import, import_count, replayed_reject
from quanyu.foundation import failpoints
from quanyu.foundation.errors import Conflict
from quanyu.foundation.kinds import Delivery, Kind
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("take_back.removed", "take_back.settled", "take_back.done")
TAKEN_BACK = "taken back"

Forget = Callable[[Delivery, Sequence[int], Sequence[LakeTable]], object]


@dataclass(frozen=True)
class Rooms:
    """What the rooms of the house bring to a take-back.

    `tables` are all tables of the lake that one may write; `forget` lets the records go that nothing names any more,
    given the tables that point at records.
    """

    kinds: Sequence[Kind]
    tables: Sequence[LakeTable]
    forget: Forget


def take_back(workspace: Workspace, number: int, rooms: Rooms) -> TakenBack:
    """Remove import `number`, and the replays of what it refused, as if they had never come.

    Lines that a later import found known leave too, since they stand where this one has put them.
    """
    source = source_of(workspace, number)
    with workspace.locked(f"ingest:{source}"), workspace.heavy():
        with workspace.begin() as connection:
            imports = with_replays(connection, workspace.number, number)
        mark_final(workspace)
        _refuse(workspace, imports)
        lake = workspace.lake
        tables = _tables(workspace, rooms)
        with lake.landing(f"take back:{number}", tables) as landing, workspace.begin() as connection:
            delivery = Delivery(
                workspace=workspace,
                connection=connection,
                landing=landing,
                source=source,
                import_number=_new_number(connection),
                currency=workspace.currency,
                files=0,
                rows=ibis.memtable(_keys(imports)),
                facts=[],
            )
            removed = _remove(delivery, rooms, tables, imports)
            later = _known_later(workspace, connection, source, number)
            _close(workspace, connection, imports)
            workspace.publish(connection, *delivery.facts, ImportTakenBack(source, number, landing.batch))
            landing.publish(connection)
    failpoints.reach("take_back.done")
    return TakenBack(number, source, tuple(imports), removed, later)


def mark_final(workspace: Workspace) -> int:
    """Give up the right to take back imports older than the setting; return the lowest number that still may be.

    From then on compaction may drop what they have superseded, whatever the setting becomes.
    """
    oldest = workspace.clock.now() - timedelta(days=workspace.settings.take_back_days)
    mine = data_import.c.workspace == workspace.number
    with workspace.begin() as connection:
        connection.execute(
            sa.update(data_import)
            .where(mine, ~data_import.c.final, data_import.c.state == "landed", data_import.c.finished_at < oldest)
            .values(final=True)
        )
        open_ones = (mine, ~data_import.c.final, data_import.c.state.in_(("landed", "running")))
        lowest = connection.execute(sa.select(sa.func.min(data_import.c.number)).where(*open_ones)).scalar_one()
        last = connection.execute(sa.select(sa.func.max(data_import.c.number)).where(mine)).scalar_one()
    return lowest or (last or 0) + 1


def source_of(workspace: Workspace, number: int) -> str:
    """Return whose import it is; raises `NotFound` where there is none."""
    query = sa.select(data_import.c.source).where(
        data_import.c.workspace == workspace.number, data_import.c.number == number
    )
    with workspace.begin() as connection:
        found = connection.execute(query).scalar_one_or_none()
    if found is None:
        raise unknown_import(number)
    return found


def _refuse(workspace: Workspace, imports: Sequence[int]) -> None:
    query = sa.select(data_import.c.number, data_import.c.state, data_import.c.final).where(
        data_import.c.workspace == workspace.number, data_import.c.number.in_(imports)
    )
    with workspace.begin() as connection:
        found = list(connection.execute(query))
    for row in found:
        if row.state == TAKEN_BACK:
            raise Conflict(
                Text("The import has already been taken back.", "这次导入已经撤回。"),
                remedy=Text("Nothing is left to do.", "无需再做任何操作。"),
                received=row.number,
            )
        if row.state != "landed":
            raise Conflict(
                Text("The import has landed nothing.", "这次导入没有写入任何数据。"),
                remedy=Text("Nothing is left to do.", "无需再做任何操作。"),
                received=f"{row.number}: {row.state}",
                allowed=["landed"],
            )
        if row.final:
            raise Conflict(
                Text(
                    "The import is too old to be taken back: what it replaced may be gone.",
                    "导入时间过久，无法撤回：被其替换的数据可能已清除。",
                ),
                remedy=Text(
                    "Import a file that says it right: what is observed later speaks.",
                    "请导入一份正确的文件：以最近观测的数据为准。",
                ),
                received=row.number,
                allowed=[f"QUANYU_TAKE_BACK_DAYS={workspace.settings.take_back_days}"],
            )


def _new_number(connection: sa.Connection) -> int:
    """Return a number later than every import's, under which derived rows are worked out anew."""
    return connection.execute(sa.text("select nextval(pg_get_serial_sequence('data_import', 'number'))")).scalar_one()


def _keys(imports: Sequence[int]) -> pa.Table:
    return pa.table({"import_number": pa.array(imports, pa.int64())})


def _tables(workspace: Workspace, rooms: Rooms) -> list[LakeTable]:
    """Return the tables that have rows, and those that are settled with them."""
    published = workspace.lake.vector(rooms.tables)
    settled = [kind for kind in rooms.kinds if kind.settle and any(t.name in published for t in kind.tables)]
    beside = {table.name for kind in settled for table in kind.tables}
    return [table for table in rooms.tables if table.name in published or table.name in beside]


def _remove(delivery: Delivery, rooms: Rooms, tables: Sequence[LakeTable], imports: Sequence[int]) -> dict[str, int]:
    """Take the imports' rows out of the tables, work out anew what is derived from them; return how many by table.

    What is derived leaves last: settling must see what was said of the documents before.
    """
    landing, keys = delivery.landing, ibis.memtable(_keys(imports))
    settling = _Settling.of(rooms.kinds)
    touched = [_touched(delivery, each, imports) for each in settling]
    derived = {table.name: table for each in settling for table in each.derived}
    numbered = [table for table in tables if "import_number" in table.schema.names]
    removed = {table.name: landing.remove(table, keys) for table in numbered if table.name not in derived}
    failpoints.reach("take_back.removed")
    pointing = [table for table in numbered if "record" in table.schema.names and table.name not in derived]
    rooms.forget(delivery, imports, pointing)
    for each, documents in zip(settling, touched, strict=True):
        if documents.num_rows:
            each.settle(replace(delivery, rows=ibis.memtable(documents)))
    for table in derived.values():
        landing.remove(table, keys)
    failpoints.reach("take_back.settled")
    return {name: rows for name, rows in removed.items() if rows}


@dataclass(frozen=True)
class _Settling:
    """What several kinds derive together: the tables of documents, and those of them that are the first of no kind."""

    settle: Callable[[Delivery], None]
    document: tuple[str, ...]
    tables: tuple[LakeTable, ...]
    derived: tuple[LakeTable, ...]

    @staticmethod
    def of(kinds: Sequence[Kind]) -> "list[_Settling]":
        found: list[_Settling] = []
        for settle in dict.fromkeys(kind.settle for kind in kinds if kind.settle):
            group = [kind for kind in kinds if kind.settle is settle]
            on = ("source", *next((kind.document for kind in group if kind.document), ()))
            tables = {t.name: t for kind in group for t in kind.tables if set(on) <= set(t.schema.names)}
            firsts = {kind.tables[0].name for kind in group}
            derived = tuple(table for name, table in tables.items() if name not in firsts)
            found.append(_Settling(settle, on, tuple(tables.values()), derived))
        return found


def _touched(delivery: Delivery, settling: _Settling, imports: Sequence[int]) -> pa.Table:
    """Return source and key of each document of which the imports landed anything."""
    lake, keys, on = delivery.workspace.lake, ibis.memtable(_keys(imports)), list(settling.document)
    parts = [
        lake.all_versions(table, delivery.landing.vector).semi_join(keys, "import_number").select(*on)
        for table in settling.tables
    ]
    return lake.to_arrow(ibis.union(*parts, distinct=True) if len(parts) > 1 else parts[0].distinct())


def _known_later(workspace: Workspace, connection: sa.Connection, source: str, number: int) -> int:
    """Count the lines that later imports of the source found known: some of them may have stood in this one."""
    mine = sa.and_(import_count.c.workspace == data_import.c.workspace, import_count.c.number == data_import.c.number)
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(import_count.c.known), 0))
        .select_from(data_import.join(import_count, mine))
        .where(
            data_import.c.workspace == workspace.number,
            data_import.c.source == source,
            data_import.c.number > number,
            data_import.c.state == "landed",
            import_count.c.grain,
        )
    )
    return int(connection.execute(query).scalar_one())


def _close(workspace: Workspace, connection: sa.Connection, imports: Sequence[int]) -> None:
    """Say that they are taken back; of their lines none is refused or replayed any more."""
    connection.execute(
        sa.delete(replayed_reject).where(
            replayed_reject.c.workspace == workspace.number,
            sa.or_(replayed_reject.c.number.in_(imports), replayed_reject.c.replayed_by.in_(imports)),
        )
    )
    connection.execute(
        sa.update(data_import)
        .where(data_import.c.workspace == workspace.number, data_import.c.number.in_(imports))
        .values(state=TAKEN_BACK)
    )
