"""A session lasts while somebody works, ends when he leaves, and no other secret opens it."""

from datetime import timedelta

import pytest

from quanyu.foundation.access.operators import add_operator, change_operator
from quanyu.foundation.access.sessions import IDLE, LONGEST, attend_session, begin_session, end_session
from quanyu.foundation.errors import Unauthorised

PASSWORD = "a quiet morning"


@pytest.fixture
def attend(home, workspace):
    """Return a function that says who holds a session."""
    add_operator(workspace, "mei", "梅", "owner", PASSWORD)
    return lambda secret: attend_session(home.database, home.clock, secret)


def test_a_session_tells_who_has_signed_in(workspace, attend):
    bearer = attend(begin_session(workspace, "mei", PASSWORD))
    assert (bearer.label, bearer.role, bearer.who, bearer.workspace) == (
        "mei",
        "owner",
        "operator:mei",
        workspace.number,
    )


def test_one_that_is_left_alone_ends_and_one_that_is_used_goes_on(workspace, attend):
    used, left = begin_session(workspace, "mei", PASSWORD), begin_session(workspace, "mei", PASSWORD)
    workspace.clock.move(IDLE - timedelta(minutes=5))
    attend(used)
    workspace.clock.move(timedelta(minutes=10))
    assert attend(used).label == "mei"
    with pytest.raises(Unauthorised):
        attend(left)


def test_none_lasts_longer_than_a_week(workspace, attend):
    secret = begin_session(workspace, "mei", PASSWORD)
    for _ in range(int(LONGEST / IDLE) + 1):
        workspace.clock.move(IDLE - timedelta(minutes=1))
        try:
            attend(secret)
        except Unauthorised:
            break
    with pytest.raises(Unauthorised):
        attend(secret)


def test_leaving_and_any_change_of_the_operator_end_it(home, workspace, attend):
    left, changed = begin_session(workspace, "mei", PASSWORD), begin_session(workspace, "mei", PASSWORD)
    end_session(home.database, left)
    end_session(home.database, left)
    with pytest.raises(Unauthorised):
        attend(left)
    change_operator(workspace, "mei", password="another morning")
    with pytest.raises(Unauthorised):
        attend(changed)


@pytest.mark.parametrize("secret", ["", "qs", "qs_1", "qs_1_wrong", "qs_²_x", "qy_1_x", "qs_1_\udc80"])
def test_what_is_no_session_is_refused(attend, secret: str):
    with pytest.raises(Unauthorised):
        attend(secret)
