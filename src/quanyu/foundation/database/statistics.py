"""What the database's planner knows of a table, renewed within the transaction that has filled it."""

import sqlalchemy as sa

MANY = 100_000
"""Rows from which on what was known of a table before is a guess."""


def renew_statistics(connection: sa.Connection, table: sa.Table, written: int) -> None:
    """Have the planner look at a table anew, if many rows were written.

    It looks by itself only at what is committed, and later. A plan made on what was there before may go through all
    that is new once for each row of another table.
    """
    if written >= MANY:
        connection.execute(sa.text(f"analyze {table.name}"))
