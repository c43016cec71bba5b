"""What the trigger of a journey told of an entry: which cart, which order. Templates ask for it as `entry.order`.

Contexts come in blocks, one for each call, sealed under the workspace's key. Of who is inside one row says which block
tells of him; a batch for the outbox takes along what its templates ask for, so that a later entry changes no message.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from quanyu.engagement.channels.accounts import every
from quanyu.engagement.channels.given import CUSTOMER, aligned, unseal
from quanyu.engagement.channels.model import Batch
from quanyu.engagement.content.definitions import find
from quanyu.engagement.content.filling import written
from quanyu.engagement.content.rendering import asked_of
from quanyu.engagement.content.variables import ENTRY
from quanyu.engagement.journeys.model import OfEvent
from quanyu.engagement.journeys.tables import journey_context, journey_entrance
from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.money import exponent
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.answering import last_times_of
from quanyu.targeting.fields.catalogue import BEHAVIOURS
from quanyu.targeting.fields.model import Did
from quanyu.targeting.tags.runs import current

pc: Any = pyarrow.compute  # its functions are made when it is imported, so that nobody knows their types

Context = Mapping[str, object]
MOST_NAMES, LONGEST = 20, 1_000

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_C = journey_context.c


def table_of(contexts: Sequence[tuple[int, Context]]) -> pa.Table:
    """Return contexts with their customers as a table of texts; of a customer who is named twice the first counts.

    Raises `Invalid` naming every fault: names, sizes, and values that are not texts, numbers or yes and no.
    """
    faults = [fault for place, (_customer, context) in enumerate(contexts) for fault in _faults(place, context)]
    names = sorted({name for _customer, context in contexts for name in context})
    if len(names) > MOST_NAMES:
        faults.append(
            Fault(
                "entries", Text("These are too many names.", "字段过多。"), str(len(names)), [f"at most {MOST_NAMES}"]
            )
        )
    if faults:
        raise Invalid(Text("What is told of an entry cannot be kept.", "进入时附带的信息有误。"), faults=faults)
    first: dict[int, Context] = {}
    for customer, context in contexts:
        first.setdefault(customer, context)
    columns = {name: pa.array([_written(each.get(name)) for each in first.values()], pa.string()) for name in names}
    return pa.table({CUSTOMER: pa.array(list(first), pa.int64()), **columns})


def _faults(place: int, context: Context) -> list[Fault]:
    found: list[Fault] = []
    for name, value in context.items():
        where = f"entries[{place}].context.{name[:40]}"
        if not _NAME.fullmatch(name):
            problem = Text("This is no name of a value.", "字段名无效。")
            found.append(Fault(where, problem, name[:60], ["a-z, 0-9, _, at most 40"]))
        elif value is not None and not isinstance(value, (str, int, float)):
            problem = Text("Here stands a text, a number, or true or false.", "此处应为文字、数字或真假值。")
            found.append(Fault(where, problem, type(value).__name__, ["text", "number", "true, false"]))
        elif len(str(value)) > LONGEST:
            problem = Text("This is too long.", "内容过长。")
            found.append(Fault(where, problem, f"{len(str(value)):,} characters", [f"at most {LONGEST:,}"]))
    return found


def _written(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def told_by_event(ws: Workspace, trigger: OfEvent, members: OrdinalSet) -> pa.Table:
    """Return what each of these did last, of what a trigger tells, as a table of texts; amounts in major units."""
    assert isinstance(trigger.rule, Did)
    rows = last_times_of(ws, current(ws), trigger.rule, trigger.tells, members)
    types = {column.name: column.type for column in BEHAVIOURS[trigger.rule.statistic.over].columns}
    unit = pa.scalar(Decimal(1).scaleb(-exponent(ws.currency)))
    columns = [rows[CUSTOMER].combine_chunks()]
    for name in trigger.tells:
        told = rows[name].combine_chunks()
        told = pc.multiply(told.cast(pa.decimal128(19, 0)), unit) if types[name] == "money" else told
        columns.append(pc.utf8_slice_codeunits(written(told).cast(pa.string()), 0, LONGEST))
    return pa.Table.from_arrays(columns, [CUSTOMER, *trigger.tells])


def is_name(written: str) -> bool:
    """Say whether what is told of an entry may have this name."""
    return _NAME.fullmatch(written) is not None


def about(journey: str, key: str) -> str:
    """Return the place of the block that came under a key."""
    return f"entry:{journey}:{key}"


def take_in(
    ws: Workspace, connection: sa.Connection, journey: str, keys: Sequence[str], enter: OrdinalSet, epoch: int
) -> None:
    """Remember of who enters which of these entrances tells of him: the first that came; of others nothing is told."""
    blocks = _blocks(ws, connection, journey, keys)
    mine = (_C.workspace == ws.number, _C.journey == journey)
    if not blocks and not connection.execute(sa.select(sa.exists().where(*mine))).scalar_one():
        return
    connection.execute(sa.delete(journey_context).where(*mine, _C.customer == sa.func.any(enter.ordinals().tolist())))
    for key, block in blocks.items():
        told = OrdinalSet.of(block[CUSTOMER].to_numpy()) & enter
        enter = enter - told
        if told:
            whom = sa.func.unnest(sa.literal(told.ordinals().tolist(), sa.ARRAY(sa.BigInteger))).column_valued("whom")
            values = sa.select(
                sa.literal(ws.number), sa.literal(journey), whom, whom, sa.literal(key), sa.literal(epoch)
            )
            names = ["workspace", "journey", "customer", "named", "key", "epoch"]
            connection.execute(insert(journey_context).from_select(names, values))


def told_of(ws: Workspace, connection: sa.Connection, journeys: Sequence[str]) -> frozenset[str]:
    """Return those of these journeys of whose entries anything was told."""
    query = sa.select(_C.journey).where(_C.workspace == ws.number, _C.journey.in_(journeys)).distinct()
    return frozenset(connection.execute(query).scalars())


def let_go(ws: Workspace, connection: sa.Connection, journey: str, left: OrdinalSet | None = None) -> None:
    """Forget what was told of who has left a journey; of everybody without `left`."""
    mine = [_C.workspace == ws.number, _C.journey == journey]
    if left is not None:
        mine.append(_C.customer == sa.func.any(left.ordinals().tolist()))
    connection.execute(sa.delete(journey_context).where(*mine))


def with_contexts(ws: Workspace, connection: sa.Connection, journey: str, batches: Sequence[Batch]) -> Sequence[Batch]:
    """Let batches bring what their templates ask of entries."""
    channels = {account.name: account.channel for account in every(ws)}
    found: list[Batch] = []
    for batch in batches:
        if batch.fields is None:
            content, _ = find(ws, batch.content, batch.content_version)
            names = asked_of(content, channels[batch.account]).entry
        else:
            names = tuple(name.removeprefix(f"{ENTRY}.") for name in batch.fields if name.startswith(f"{ENTRY}."))
        found.append(replace(batch, given=_given(ws, connection, journey, batch, names)) if names else batch)
    return found


def _given(ws: Workspace, connection: sa.Connection, journey: str, batch: Batch, names: Sequence[str]) -> pa.Table:
    """Return what was told of members of a batch: customer, and a column `entry.NAME` for each of these names."""
    mine = (_C.workspace == ws.number, _C.journey == journey, _C.epoch == batch.epoch)
    those = sa.select(_C.key, sa.func.array_agg(_C.customer), sa.func.array_agg(_C.named)).where(
        *mine, _C.customer == sa.func.any(batch.members.ordinals().tolist())
    )
    known = {key: (customers, named) for key, customers, named in connection.execute(those.group_by(_C.key))}
    wanted = [f"{ENTRY}.{name}" for name in names]
    schema = pa.schema([(CUSTOMER, pa.int64()), *((name, pa.string()) for name in wanted)])
    parts = [schema.empty_table()]
    for key, block in _blocks(ws, connection, journey, list(known)).items():
        customers, named = (pa.array(each, pa.int64()) for each in known[key])
        told = aligned(block, named.to_numpy())
        columns = [told.get(name, pa.nulls(len(customers), pa.string())) for name in names]
        parts.append(pa.Table.from_arrays([customers, *columns], schema=schema))
    return pa.concat_tables(parts)


def _blocks(ws: Workspace, connection: sa.Connection, journey: str, keys: Sequence[str]) -> dict[str, pa.Table]:
    """Return the blocks of these entrances that have one, the first to have come first."""
    c = journey_entrance.c
    query = sa.select(c.key, c.context).where(
        c.workspace == ws.number, c.journey == journey, c.key.in_(list(keys)), c.context.isnot(None)
    )
    rows = connection.execute(query.order_by(c.came_at, c.key)) if keys else ()
    return {key: unseal(ws, block, about(journey, key)) for key, block in rows}


def move(ws: Workspace, connection: sa.Connection, pairs: Mapping[int, int], epoch: int) -> None:
    """Let survivors keep what was told of who was merged into them, unless something was told of themselves."""
    mine = (_C.workspace == ws.number, _C.epoch == epoch, _C.customer.in_(list(pairs)))
    for row in connection.execute(sa.select(journey_context).where(*mine).order_by(_C.journey, _C.customer)).all():
        connection.execute(
            sa.delete(journey_context).where(
                _C.workspace == ws.number, _C.journey == row.journey, _C.customer == row.customer
            )
        )
        values = {"workspace": ws.number, "journey": row.journey, "customer": pairs[row.customer]}
        told = {"named": row.named, "key": row.key, "epoch": row.epoch}
        connection.execute(insert(journey_context).values(**values, **told).on_conflict_do_nothing())
