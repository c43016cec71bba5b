"""One metadata for all tables; every table of a room begins with its workspace and is guarded by row-level security."""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "%(column_0_label)s_index",
        "uq": "%(table_name)s_%(column_0_name)s_unique",
        "fk": "%(table_name)s_%(column_0_name)s_reference",
        "pk": "%(table_name)s_key",
    }
)


def workspace_table(name: str, *items: "sa.Column[object] | sa.Index | sa.Constraint") -> sa.Table:
    """Declare a table whose primary key begins with `workspace`."""
    return sa.Table(name, metadata, sa.Column("workspace", sa.Integer, primary_key=True), *items)
