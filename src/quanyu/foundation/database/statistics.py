"""What the database's planner knows of a table, renewed within the transaction that has filled it."""

import sqlalchemy as sa

MANY = 100_000
"""Rows from which on what was known of a table before is a guess."""
FEW = 1_000
"""Rows up to which any plan is good enough."""


def renew_statistics(connection: sa.Connection, table: sa.Table, written: int) -> None:
    """Have the planner look at a table anew, if many rows were written, or many beside those that it knew of.

    It looks by itself only at what is committed, and later. A plan made on what was there before may go through all
    that is new once for each row of another table.
    """
    if written >= MANY or (written >= FEW and written > _known(connection, table)):
        connection.execute(sa.text(f"analyze {table.name}"))


def _known(connection: sa.Connection, table: sa.Table) -> float:
    return connection.execute(_ROWS, {"name": table.name}).scalar_one()


_ROWS = sa.text("select reltuples from pg_class where oid = to_regclass(:name)")
