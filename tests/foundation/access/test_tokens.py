"""A token opens its own workspace in its role until it is revoked, and nothing that was not given out opens any."""

import pytest
import sqlalchemy as sa

from quanyu.foundation.access.bearers import Bearer
from quanyu.foundation.access.tokens import authenticate, create_token, list_tokens, revoke_tokens
from quanyu.foundation.errors import Invalid, NotFound, Unauthorised


@pytest.fixture
def other(home) -> int:
    """The number of a second workspace."""
    with home.database.begin() as connection:
        return connection.execute(
            sa.text("""insert into workspace (name, time_zone, currency, wrapped_key, created_at)
                select 'other', time_zone, currency, wrapped_key, created_at from workspace returning workspace""")
        ).scalar_one()


def test_a_token_tells_who_holds_it_and_where(home, workspace, other):
    database, clock = home.database, home.clock
    mine = create_token(database, clock, workspace.number, "till", "viewer")
    theirs = create_token(database, clock, other, "till", "owner")
    assert mine != create_token(database, clock, workspace.number, "till", "viewer")
    assert authenticate(database, mine) == Bearer(workspace.number, "till", "viewer")
    assert authenticate(database, theirs) == Bearer(other, "till", "owner")


def test_the_token_itself_is_kept_nowhere(home, workspace):
    token = create_token(home.database, home.clock, workspace.number, "till", "owner")
    with workspace.begin() as connection:
        kept = connection.exec_driver_sql("select * from access_token").one()
    assert token not in str(kept)
    assert token.rpartition("_")[2].encode() not in kept.token_hash
    assert token not in str(list_tokens(home.database, workspace.number))


def test_an_altered_or_moved_token_is_refused(home, workspace, other):
    token = create_token(home.database, home.clock, workspace.number, "till", "owner")
    secret = token.split("_", 2)[2]
    for wrong in (
        f"qy_{other}_{secret}",
        f"qy_0{workspace.number}_{secret}",
        f"qx_{workspace.number}_{secret}",
        token[:-1],
        f"{token}x",
        token.upper(),
    ):
        with pytest.raises(Unauthorised) as caught:
            authenticate(home.database, wrong)
        assert secret not in str(caught.value.describe())


@pytest.mark.parametrize(
    "token",
    ["", "qy", "qy__", "qy_1", "qy_²_x", "qy_-1_x", "qy_99999999999999999999_x", "qy_1_\x00", "qy_1_\udc80"],
)
def test_what_is_no_token_is_refused(home, token: str):
    with pytest.raises(Unauthorised):
        authenticate(home.database, token)


def test_a_revoked_token_opens_nothing_and_others_stay(home, workspace, other):
    database, clock = home.database, home.clock
    gone = [create_token(database, clock, workspace.number, "old", "owner") for _ in range(2)]
    kept = create_token(database, clock, workspace.number, "new", "owner")
    theirs = create_token(database, clock, other, "old", "owner")
    assert revoke_tokens(database, clock, workspace.number, "old") == 2
    for token in gone:
        with pytest.raises(Unauthorised):
            authenticate(database, token)
    assert authenticate(database, kept).label == "new"
    assert authenticate(database, theirs).workspace == other
    with pytest.raises(NotFound):
        revoke_tokens(database, clock, workspace.number, "old")
    listed = {token["label"]: token["revoked_at"] is None for token in list_tokens(database, workspace.number)}
    assert listed == {"old": False, "new": True}


def test_there_are_no_other_roles(home, workspace):
    with pytest.raises(Invalid) as caught:
        create_token(home.database, home.clock, workspace.number, "till", "root")
    assert caught.value.allowed == ("owner", "marketer", "analyst", "service", "viewer")
