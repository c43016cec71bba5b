"""Every table begins with its workspace, stands in its room's manifest, and is reached by merge and erasure."""

import importlib
from collections import Counter
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa

from quanyu.app.rooms import ROOMS
from quanyu.foundation.database.schema import metadata
from quanyu.foundation.lake.model import LakeTable

SOURCE = Path(__file__).parents[2] / "src"
POINTERS = ("one_id", "record", "customer")  # alone, or as the end of a longer name
DECLARED: list[tuple[str, sa.Table | LakeTable]] = [
    (module, declared)
    for path in sorted(SOURCE.rglob("tables.py"))
    for module in [".".join(path.relative_to(SOURCE).with_suffix("").parts)]
    for declared in vars(importlib.import_module(module)).values()
    if isinstance(declared, sa.Table | LakeTable)
]
HELD = [held for room in ROOMS for held in room.holds]


def columns(table: sa.Table | LakeTable) -> dict[str, bool]:
    """Return each column's name and whether it holds bytes."""
    if isinstance(table, sa.Table):
        return {column.name: isinstance(column.type, sa.LargeBinary) for column in table.columns}
    return {field.name: pa.types.is_binary(field.type) for field in table.schema}


def holds_customers(module: str, table: sa.Table | LakeTable) -> bool:
    """Say whether a table points at people: by name, or by bytes of a room, which are a set of them or their data."""
    pointing = any(name.endswith(POINTERS) or name == "merged_into" for name in columns(table))
    return pointing or (not module.startswith("quanyu.foundation.") and any(columns(table).values()))


def test_every_table_of_the_database_begins_with_its_workspace():
    assert metadata.tables
    for table in metadata.tables.values():
        assert table.columns.keys()[0] == "workspace", table.name
        assert table.primary_key.columns.keys()[0] == "workspace", table.name


def test_every_table_of_the_database_is_declared_once():
    assert Counter(t.name for _, t in DECLARED if isinstance(t, sa.Table)) == Counter(list(metadata.tables))
    assert len({table.name for _, table in DECLARED}) == len(DECLARED)


def test_every_table_stands_in_the_manifest_of_its_room():
    for module, table in DECLARED:
        owners = [room.name for room in ROOMS if table in (*room.tables, *room.lake_tables)]
        of_foundation = module.startswith("quanyu.foundation.")
        assert owners == [] if of_foundation else len(owners) == 1, f"{module}: {table.name} in {owners}"


def test_whatever_points_at_customers_is_answered_for():
    answered = {held.table for held in HELD}
    unanswered = [
        f"{module}: {t.name}" for module, t in DECLARED if holds_customers(module, t) and t.name not in answered
    ]
    assert not unanswered, "add a HoldsCustomers entry to the room's manifest"


def test_every_answer_is_about_a_table_of_its_own_room():
    for room in ROOMS:
        own = {table.name for table in (*room.tables, *room.lake_tables)}
        assert {held.table for held in room.holds} <= own, room.name


def test_every_answer_says_what_merge_and_erasure_do():
    assert HELD
    assert len({(held.table, held.by) for held in HELD}) == len(HELD)
    assert all(held.on_merge.strip() and held.on_erasure.strip() for held in HELD)


def test_rooms_are_distinct():
    assert len({room.name for room in ROOMS}) == len(ROOMS)
