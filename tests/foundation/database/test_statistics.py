"""The planner knows a table that a transaction has just filled, before the transaction ends."""

import pytest
import sqlalchemy as sa

from quanyu.customers.ingest.tables import source
from quanyu.foundation.database import statistics
from quanyu.foundation.database.statistics import renew_statistics

ROWS = 500


def estimated(connection: sa.Connection) -> int:
    plan = connection.execute(sa.text("explain (format json) select from source where name like 'made up %'"))
    return plan.scalar_one()[0]["Plan"]["Plan Rows"]


def look(workspace, monkeypatch: pytest.MonkeyPatch, many: int, few: int) -> list[float]:
    """Write as many rows twice, and return after each time of how many the planner was told."""
    monkeypatch.setattr(statistics, "MANY", many)
    monkeypatch.setattr(statistics, "FEW", few)
    about = {"workspace": workspace.number, "mapping": "", "registered_at": workspace.clock.now()}
    found = []
    with workspace.begin() as connection:
        for part in range(2):
            rows = [{"name": f"made up {part}-{n}", **about} for n in range(ROWS)]
            connection.execute(sa.insert(source), rows)
            renew_statistics(connection, source, ROWS)
            told = connection.execute(sa.text("select reltuples from pg_class where oid = to_regclass('source')"))
            found.append(told.scalar_one())
            assert (estimated(connection) > ROWS * (part + 0.5)) == (found[0] > 0)
    return found


@pytest.mark.parametrize(("many", "known"), [(ROWS, [ROWS, 2 * ROWS]), (ROWS + 1, [-1, -1])])
def test_many_rows_are_looked_at(workspace, monkeypatch: pytest.MonkeyPatch, many: int, known: list[float]):
    assert look(workspace, monkeypatch, many, 10 * ROWS) == known


def test_rows_are_looked_at_that_are_more_than_there_were(workspace, monkeypatch: pytest.MonkeyPatch):
    assert look(workspace, monkeypatch, 10 * ROWS, ROWS // 2) == [ROWS, ROWS]
