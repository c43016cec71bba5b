"""Lists what rules have changed in what came in, each with its rule, its source and where it stood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
from ibis import _

from quanyu.customers.quality.tables import CLEANSED, REFILLED
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Change:
    """One change; of an input that is sealed elsewhere neither the raw value nor the new one is kept in the open."""

    import_number: int
    source: str
    kind: str
    line: int  # row of the import, from 1
    input: str
    rule: str
    action: str
    raw: str | None
    value: str | None


@dataclass(frozen=True)
class Refilled:
    """A value that a record lacks and another record of its customer has; records are told by their ordinals."""

    source: str
    record: int
    input: str
    value: str
    rule: str
    from_source: str
    from_record: int


@dataclass(frozen=True)
class Effect:
    """How often a rule has acted on what a source delivered, or how many of its values are refilled now."""

    rule: str
    source: str
    changes: int


def list_changes(
    workspace: Workspace, import_number: int | None = None, rule: str | None = None, limit: int | None = 100
) -> Sequence[Change]:
    """Return changes, those of the latest import first, then as they stood in its files."""
    rows = workspace.lake.table(CLEANSED, workspace.lake.vector((CLEANSED,)))
    if import_number is not None:
        rows = rows.filter(rows.import_number == import_number)
    if rule is not None:
        rows = rows.filter(rows.rule == rule)
    told = rows.select("import_number", "source", "kind", "line", "input", "rule", "action", "raw", "value")
    ordered = told.order_by(ibis.desc("import_number"), "line", "kind", "input").limit(limit)
    return [Change(**row) for row in workspace.lake.to_arrow(ordered).to_pylist()]


def count_changes(workspace: Workspace) -> Sequence[Effect]:
    vector = workspace.lake.vector((CLEANSED, REFILLED))
    parts = [workspace.lake.table(table, vector).select("rule", "source") for table in (CLEANSED, REFILLED)]
    counted = ibis.union(*parts).group_by("rule", "source").agg(changes=_.count()).order_by("rule", "source")
    return [Effect(**row) for row in workspace.lake.to_arrow(counted).to_pylist()]


def count_refilled(workspace: Workspace) -> Mapping[tuple[str, str], int]:
    """Return how many values are refilled now, by source and input of a customer record."""
    rows = workspace.lake.table(REFILLED, workspace.lake.vector((REFILLED,)))
    counted = rows.group_by("source", "input").agg(values=_.count())
    return {(row["source"], row["input"]): row["values"] for row in workspace.lake.to_arrow(counted).to_pylist()}


def list_refilled(workspace: Workspace, rule: str | None = None, limit: int | None = 100) -> Sequence[Refilled]:
    """Return what is refilled now, by record."""
    rows = workspace.lake.table(REFILLED, workspace.lake.vector((REFILLED,)))
    if rule is not None:
        rows = rows.filter(rows.rule == rule)
    told = rows.select("source", "record", "input", "value", "rule", "from_source", "from_record")
    ordered = told.order_by("record", "input").limit(limit)
    return [Refilled(**row) for row in workspace.lake.to_arrow(ordered).to_pylist()]
