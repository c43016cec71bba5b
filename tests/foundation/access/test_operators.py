"""An operator signs in with a name and a password; whatever is wrong is refused in the same words."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from quanyu.foundation.access.operators import TRIES, WAIT, add_operator, change_operator, list_operators, verify
from quanyu.foundation.errors import Conflict, Invalid, NotFound, Unauthorised

PASSWORD = "a quiet morning"


@pytest.fixture
def mei(workspace):
    return add_operator(workspace, "mei", "梅", "owner", PASSWORD)


def refusal(workspace, name: str, password: str) -> dict:
    with pytest.raises(Unauthorised) as caught:
        verify(workspace, name, password)
    return caught.value.describe()


def test_the_right_password_opens_and_is_kept_nowhere(workspace, mei):
    assert verify(workspace, "mei", PASSWORD).role == "owner"
    with workspace.begin() as connection:
        kept = connection.exec_driver_sql("select * from operator").one()
    assert PASSWORD.encode() not in kept.password
    assert PASSWORD not in str(kept)
    assert [(each.name, each.title) for each in list_operators(workspace)] == [("mei", "梅")]


def test_nothing_tells_whether_the_name_or_the_password_was_wrong(workspace, mei):
    assert refusal(workspace, "mei", "another one") == refusal(workspace, "nobody", PASSWORD)


def test_after_five_wrong_passwords_a_name_waits_even_with_the_right_one(workspace, mei):
    for _ in range(TRIES):
        refusal(workspace, "mei", "a wrong one")
    refusal(workspace, "mei", PASSWORD)
    workspace.clock.move(WAIT + timedelta(seconds=1))
    assert verify(workspace, "mei", PASSWORD).name == "mei"


def test_a_closed_way_in_is_closed(workspace, mei):
    add_operator(workspace, "lan", "", "viewer", PASSWORD)
    change_operator(workspace, "lan", disabled=True)
    refusal(workspace, "lan", PASSWORD)
    change_operator(workspace, "lan", disabled=False, role="analyst")
    assert verify(workspace, "lan", PASSWORD).role == "analyst"


def test_a_new_password_replaces_the_old_one(workspace, mei):
    change_operator(workspace, "mei", password="another morning")
    refusal(workspace, "mei", PASSWORD)
    assert verify(workspace, "mei", "another morning").name == "mei"


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"disabled": True}])
def test_the_last_owner_stays_one(workspace, mei, change):
    with pytest.raises(Conflict, match="owner"):
        change_operator(workspace, "mei", **change)
    assert verify(workspace, "mei", PASSWORD).role == "owner"


@pytest.mark.parametrize(
    ("name", "role", "password"),
    [("Mei", "owner", PASSWORD), ("", "owner", PASSWORD), ("lan", "king", PASSWORD), ("lan", "viewer", "brief one")],
)
def test_what_is_no_operator_is_refused(workspace, name, role, password):
    with pytest.raises(Invalid) as caught:
        add_operator(workspace, name, "", role, password)
    assert caught.value.allowed
    assert password not in str(caught.value.describe())


def test_a_name_is_given_once(workspace, mei):
    with pytest.raises(Conflict):
        add_operator(workspace, "mei", "", "viewer", PASSWORD)
    with pytest.raises(NotFound):
        change_operator(workspace, "nobody", role="viewer")


def test_where_nobody_was_an_owner_others_can_still_be_changed(workspace):
    add_operator(workspace, "bo", "", "viewer", PASSWORD)
    change_operator(workspace, "bo", role="analyst")
    assert [each.role for each in list_operators(workspace)] == ["analyst"]


def test_of_two_owners_who_close_each_others_way_at_once_one_stays(workspace, mei):
    add_operator(workspace, "lan", "", "owner", PASSWORD)
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda name: closed(workspace, name), ("mei", "lan")))
    assert sorted(ended) == [False, True]
    assert [each.disabled_at is None for each in list_operators(workspace)].count(True) == 1


def closed(workspace, name: str) -> bool:
    try:
        change_operator(workspace, name, disabled=True)
    except Conflict:
        return False
    return True


def test_many_tries_at_once_are_no_more_than_one_by_one(workspace, mei):
    guesses = [f"a wrong one {n}" for n in range(3 * TRIES)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda guess: refusal(workspace, "mei", guess), guesses))
    with workspace.begin() as connection:
        assert connection.exec_driver_sql("select failures from operator").scalar_one() == TRIES
