"""Says what a file of tags would do before it is put in force: how values lie, and for how many they change."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import ibis.expr.types as ir

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import Value
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.carrying import table_of
from quanyu.targeting.tags.deriving import derive, needed
from quanyu.targeting.tags.listing import TagSummary, summaries
from quanyu.targeting.tags.model import Tag
from quanyu.targeting.tags.packs import list_packs, standing, with_text
from quanyu.targeting.tags.pinning import Inputs, pin

SAMPLE = 100_000
"""Customers of whom a preview speaks; of fewer of all."""
_SEED = 1

Fate = Literal["new", "changed", "same"]


@dataclass(frozen=True)
class Previewed:
    """What would become of one tag. `moved`: customers of the sample whose value would be another one."""

    summary: TagSummary
    fate: Fate
    moved: int


@dataclass(frozen=True)
class Preview:
    """What would become of a pack; `gone` names the tags that it would no longer have."""

    pack: str
    customers: int
    sampled: int
    tags: tuple[Previewed, ...]
    gone: tuple[str, ...]


def preview(ws: Workspace, text: str, as_of: datetime | None = None) -> Preview:
    """Compute the tags of a pack, as its text has them and as they stand, over a sample; nothing is written.

    Raises `Invalid` with every fault of the text.
    """
    pack, whole = with_text(ws, text)
    standing_now = standing(ws)
    old, new = {tag.name: tag for tag in standing_now.tags}, {tag.name: tag for tag in pack.tags}
    both = [name for name in new if name in old]
    instant = as_of or ws.clock.now()
    inputs = pin(ws, instant, needed(whole, new))
    sample = inputs.people.alive.sample(SAMPLE, _SEED)
    with ws.heavy(), _computed(ws, inputs, sample) as rows:
        found = summaries(ws, rows, pack, inputs.scope.day)
        moved = dict.fromkeys(new, sample.count()) | dict.fromkeys(both, 0)
        if differing := [name for name in both if needed(whole, [name]).tags != needed(standing_now, [name]).tags]:
            with _computed(ws, pin(ws, instant, needed(standing_now, differing)), sample) as before:
                moved |= _moved(ws, rows, before, differing)
    told = tuple(_previewed(each, old.get(each.tag.name), moved[each.tag.name]) for each in found)
    gone = tuple(tag.name for tag in _present(ws, pack.name) if tag.name not in new)
    return Preview(pack.name, inputs.people.alive.count(), sample.count(), told, gone)


@contextmanager
def _computed(ws: Workspace, inputs: Inputs, sample: OrdinalSet) -> Generator[ir.Table]:
    """Hold the tags of the sample; what a measure says of a customer may depend on all others."""
    living = table_of(sample)
    mapping = inputs.scope.tables[CUSTOMER_OF_RECORD.name]
    with ExitStack() as stack:
        answers = {m.name: stack.enter_context(ws.lake.held(m.build(inputs.scope))) for m in inputs.measures}
        own = stack.enter_context(ws.lake.held(mapping.semi_join(living, "customer")))
        scope = inputs.scope.showing(CUSTOMER_OF_RECORD, own)
        yield stack.enter_context(ws.lake.held(derive(inputs.pack, FIELDS, living, scope, answers)))


def _moved(ws: Workspace, rows: ir.Table, before: ir.Table, names: Sequence[str]) -> dict[str, int]:
    """Count for each tag the customers of whom it would say something else; another type says something else."""
    alike = [name for name in names if rows[name].type() == before[name].type()]
    was = before.select("customer", **{f"{name}_was": before[name] for name in alike})
    beside: Value = rows.inner_join(was, "customer")
    differ = {name: ~beside[name].identical_to(beside[f"{name}_was"]) for name in alike}
    if not differ:
        return {}
    counted = ws.lake.to_arrow(beside.agg(**{name: each.sum() for name, each in differ.items()})).to_pylist()[0]
    return {name: int(count or 0) for name, count in counted.items()}


def _previewed(found: TagSummary, before: Tag | None, moved: int) -> Previewed:
    fate: Fate = "new" if before is None else "same" if before == found.tag else "changed"
    return Previewed(found, fate, moved if before is not None else found.known)


def _present(ws: Workspace, name: str) -> tuple[Tag, ...]:
    return next((each.pack.tags for each in list_packs(ws) if each.pack.name == name), ())
