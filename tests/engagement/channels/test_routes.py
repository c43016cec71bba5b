"""What comes back by HTTP: receipts from who may tell, and one click from whoever has the message."""

import pytest
from fastapi.testclient import TestClient
from tests.engagement.channels.conftest import MEMBERS
from tests.engagement.channels.test_delivering import EVERYBODY, stands
from tests.engagement.channels.world import add_hook, deliver, put

from quanyu.app.http import make_app
from quanyu.customers.consent.refusing import refused_now
from quanyu.engagement.channels.message_ids import ids_of
from quanyu.foundation.access.tokens import create_token
from quanyu.foundation.sets.algebra import OrdinalSet


@pytest.fixture
def client(home, club, receiver):
    add_hook(club, receiver.url())
    put(club)
    deliver(club)
    app = make_app()
    app.state.home = home
    return TestClient(app)


@pytest.fixture
def ids(club, client):
    return ids_of(club, stands(club).number, EVERYBODY.ordinals()).to_pylist()


def test_one_click_unsubscribes_and_a_look_does_not(client, club, ids):
    assert client.get(f"/api/v1/unsubscribe/{ids[4]}").status_code == 200
    with club.begin() as connection:
        assert refused_now(club, connection, "sms") == {}
    for _ in range(2):
        answer = client.post(f"/api/v1/unsubscribe/{ids[4]}", data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    with club.begin() as connection:
        assert refused_now(club, connection, "sms") == {"unsubscribed": OrdinalSet.of([4])}
    assert client.post(f"/api/v1/unsubscribe/{'0' * 32}").status_code == 404


def test_receipts_are_taken_from_who_may_tell_them(client, home, club, ids):
    told = {"responses": [{"message_id": ids[1], "event": "DELIVRD", "id": "r1"}, {"message_id": "x", "event": "open"}]}
    assert client.post("/api/v1/channels/responses", json=told).status_code == 401
    tokens = {r: create_token(home.database, home.clock, club.number, r, r) for r in ("viewer", "marketer")}
    headers = {role: {"Authorization": f"Bearer {token}"} for role, token in tokens.items()}
    assert client.post("/api/v1/channels/responses", json=told, headers=headers["viewer"]).status_code == 403
    for answer in ({"taken": 1, "known": 0, "unknown": 1}, {"taken": 0, "known": 1, "unknown": 1}):
        assert client.post("/api/v1/channels/responses", json=told, headers=headers["marketer"]).json() == answer
    (batch,) = client.get("/api/v1/channels/batches", headers=headers["viewer"]).json()["batches"]
    assert (batch["key"], batch["state"], batch["accepted"]) == ("spring:1", "done", MEMBERS)


def test_accounts_are_listed_without_what_is_secret(home, club, client):
    token = create_token(home.database, home.clock, club.number, "viewer", "viewer")
    told = client.get("/api/v1/channels/accounts", headers={"Authorization": f"Bearer {token}"})
    (account,) = told.json()["accounts"]
    assert (account["through"], account["broken"]) == ("webhook", None)
    assert set(account) == {
        "account",
        "channel",
        "through",
        "changed_at",
        "failures",
        "held_until",
        "broken",
        "broken_said",
    }
