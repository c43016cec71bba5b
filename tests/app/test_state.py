"""What the house stands at changes with data, tags and the day, and with nothing else."""

from datetime import timedelta

from quanyu.app.state import state_of
from quanyu.customers.identity.recognising import recognise
from quanyu.targeting.tags.computing import compute


def test_it_changes_with_data_tags_and_the_day(workspace, deliver):
    seen = [state_of(workspace)]

    def is_new() -> bool:
        seen.append(state_of(workspace))
        return seen[-1] not in seen[:-1]

    deliver("customer_record", "key name", [("A", "王芳")])
    assert is_new()
    recognise(workspace)
    assert is_new()
    compute(workspace)
    assert is_new()
    assert state_of(workspace) == seen[-1]
    workspace.clock.move(timedelta(days=1))
    assert is_new()
