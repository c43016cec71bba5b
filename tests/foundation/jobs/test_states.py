"""Jobs of one workspace are found, listed and counted; those of another are not."""

import pytest

from quanyu.foundation.errors import NotFound
from quanyu.foundation.jobs.queue import defer
from quanyu.foundation.jobs.states import count_jobs, find_job, last_jobs, waiting_job


def test_a_job_is_found_by_its_own_workspace_only(workspace):
    with workspace.begin() as connection:
        first = defer(connection, "one", lock="a", queueing_lock="a", workspace="main")
        assert defer(connection, "one", lock="a", queueing_lock="a", workspace="main") is None
        assert waiting_job(connection, "a") == first
        second = defer(connection, "two", lock="b", queueing_lock="b", workspace="other")
        assert first is not None
        assert second is not None
        found = find_job(connection, "main", first)
        assert (found.task, found.state, found.attempts) == ("one", "waiting", 0)
        assert [job.number for job in last_jobs(connection, "main", 10)] == [first]
        assert count_jobs(connection, "main").waiting == 1
        with pytest.raises(NotFound):
            find_job(connection, "main", second)
        with pytest.raises(NotFound):
            find_job(connection, "main", 1 << 70)
