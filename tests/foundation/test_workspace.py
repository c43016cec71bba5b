"""A workspace publishes with its change, wakes the worker with it, and locks for itself alone."""

from dataclasses import dataclass, replace
from typing import ClassVar

from quanyu.foundation.bus.model import Fact
from quanyu.foundation.jobs.states import count_jobs


@dataclass(frozen=True)
class ShelfMoved(Fact):
    name: ClassVar[str] = "shelf_moved"
    shelf: int


def test_facts_and_one_job_show_when_the_transaction_commits(workspace):
    with workspace.begin() as connection:
        workspace.publish(connection, ShelfMoved(1), ShelfMoved(2))
        workspace.publish(connection, ShelfMoved(3))
        with workspace.begin() as reader:
            assert reader.exec_driver_sql("select count(*) from fact").scalar_one() == 0
            assert count_jobs(reader, workspace.name).waiting == 0
    with workspace.begin() as reader:
        assert reader.exec_driver_sql("select body ->> 'shelf' from fact order by number").scalars().all() == [*"123"]
        assert count_jobs(reader, workspace.name).waiting == 1


def test_a_lock_is_of_one_workspace_and_the_place_for_heavy_work_of_all(workspace):
    database, other = workspace.database, replace(workspace, number=workspace.number + 1)
    with workspace.locked("a"):
        with database.lock_if_free(f"a:{workspace.number}") as held:
            assert not held
        with other.locked("a"), database.lock_if_free(f"a:{other.number}") as held:
            assert not held
    with other.heavy(), database.lock_if_free("heavy") as held:
        assert not held
    with database.lock_if_free("heavy") as held:
        assert held
