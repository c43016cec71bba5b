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


@pytest.mark.parametrize(("many", "known"), [(ROWS, True), (ROWS + 1, False)])
def test_many_rows_are_looked_at(workspace, monkeypatch: pytest.MonkeyPatch, many: int, known: bool):
    monkeypatch.setattr(statistics, "MANY", many)
    about = {"workspace": workspace.number, "mapping": "", "registered_at": workspace.clock.now()}
    rows = [{"name": f"made up {n}", **about} for n in range(ROWS)]
    with workspace.begin() as connection:
        renew_statistics(connection, source, many)
        connection.execute(sa.insert(source), rows)
        renew_statistics(connection, source, ROWS)
        assert (estimated(connection) > ROWS / 2) == known
