"""Lists what rules have changed in what came in, each with its rule, its source and where it stood."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
from ibis import _

from quanyu.customers.quality.tables import CLEANSED
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
class Effect:
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
    """Return how often each rule has acted on what each source delivered."""
    rows = workspace.lake.table(CLEANSED, workspace.lake.vector((CLEANSED,)))
    counted = rows.group_by("rule", "source").agg(changes=_.count()).order_by("rule", "source")
    return [Effect(**row) for row in workspace.lake.to_arrow(counted).to_pylist()]
