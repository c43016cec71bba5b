"""Nouns of the lake: a declared table, a version vector."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class LakeTable:
    """A lake table as its owner declares it.

    `partition_by` names string columns, in which Delta reads an empty text as NULL; `sort_by` is the order inside a
    partition after compaction; `versioned_by` is the natural key of a table whose rows arrive as versions (the latest
    `observed_at`, then `import_number`, wins); None means that rows are immutable. `keyed_by` is the key of a table
    over whose rows a batch may lay others of the same key (`Landing.lay_over`). `terms`: its few rows say how others
    are measured, and are read before an expression is made. `group_bytes` bounds how much is read for one large row.
    """

    name: str
    schema: "pa.Schema"
    partition_by: tuple[str, ...] = ()
    sort_by: tuple[str, ...] = ()
    versioned_by: tuple[str, ...] | None = None
    keyed_by: tuple[str, ...] = ()
    terms: bool = False
    group_bytes: int | None = None


@dataclass(frozen=True)
class Pinned:
    """One table at one version; `superseded`: rows that others stand in the place of are still among the files."""

    version: int
    superseded: bool


Value: TypeAlias = Any
"""A column or other value of an expression. Ibis' own types do not say which operations a table's column has."""

Vector = dict[str, Pinned]
"""A version vector: what a run read, table by table."""
