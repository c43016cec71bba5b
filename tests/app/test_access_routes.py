"""Who may come in, by HTTP: sessions, operators, API keys, the audit log; and what each role is refused everywhere."""

import re

import pytest
from fastapi.testclient import TestClient

from quanyu.app.http import make_app
from quanyu.foundation.access.doors import CONSOLE, SESSION
from quanyu.foundation.access.operators import add_operator
from quanyu.foundation.access.roles import UNMASKING
from quanyu.foundation.access.tokens import create_token

PASSWORD = "a quiet morning"
# What a viewer may ask by POST: questions whose answers no address should hold.
READING = {
    "explain_records",
    "show_identity_graph",
    "show_profile",
    "trace_customer",
    "draw_up_graph",
    "find_customers",
    "sign_in",
}
BODIES = {"unmask_customer": {"reason": "a test"}}  # who may not is refused in the audit log, with his reason


@pytest.fixture
def client(home, workspace) -> TestClient:
    app = make_app()
    app.state.home = home
    add_operator(workspace, "mei", "梅", "owner", PASSWORD)
    add_operator(workspace, "bo", "", "viewer", PASSWORD)
    return TestClient(app)


def sign_in(client: TestClient, name: str = "mei", password: str = PASSWORD):
    return client.post("/api/v1/session", json={"name": name, "password": password})


def test_a_session_opens_says_who_and_ends(client):
    assert client.get("/api/v1/session").status_code == 401
    begun = sign_in(client)
    assert (begun.json()["name"], begun.json()["role"], begun.json()["unmasks"]) == ("mei", "owner", True)
    cookie = begun.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/api/v1/session").json()["kind"] == "operator"
    assert client.delete("/api/v1/session").status_code == 204
    assert client.get("/api/v1/session").status_code == 401


def test_a_wrong_password_is_refused_without_repeating_it(client):
    refused = sign_in(client, password="some other morning")
    assert refused.status_code == 401
    assert "some other morning" not in refused.text
    assert SESSION not in client.cookies


def test_a_page_of_another_site_changes_nothing_with_our_cookie(client):
    sign_in(client)
    wanted = {"label": "till", "role": "viewer"}
    assert client.post("/api/v1/tokens", json=wanted).status_code == 403
    assert client.post("/api/v1/tokens", json=wanted, headers={CONSOLE: "1"}).status_code == 201


def test_owners_see_to_operators_and_keys_and_every_change_is_audited(client):
    sign_in(client)
    client.headers[CONSOLE] = "1"
    added = client.post(
        "/api/v1/operators", json={"name": "lan", "title": "兰", "role": "analyst", "password": PASSWORD}
    )
    assert (added.status_code, added.json()["title"]) == (201, "兰")
    assert client.post("/api/v1/operators/lan", json={"role": "marketer"}).status_code == 204
    assert client.post("/api/v1/operators/mei", json={"disabled": True}).status_code == 409
    listed = {each["name"]: each["role"] for each in client.get("/api/v1/operators").json()["operators"]}
    assert listed == {"bo": "viewer", "lan": "marketer", "mei": "owner"}
    token = client.post("/api/v1/tokens", json={"label": "till", "role": "viewer"}).json()["token"]
    assert token not in client.get("/api/v1/tokens").text
    assert client.delete("/api/v1/tokens/till").status_code == 204
    entries = client.get("/api/v1/audit").json()["entries"]
    assert [(each["who"], each["act"], each["about"], each["status"]) for each in entries] == [
        ("operator:mei", "revoke_tokens", "till", 200),
        ("operator:mei", "create_token", "", 200),
        ("operator:mei", "change_operator", "mei", 409),
        ("operator:mei", "change_operator", "lan", 200),
        ("operator:mei", "add_operator", "", 200),
    ]
    assert PASSWORD not in client.get("/api/v1/audit").text


def operations() -> list[tuple[str, str, str]]:
    paths = make_app().openapi()["paths"]
    found = [(m, path, each["operationId"]) for path, methods in paths.items() for m, each in methods.items()]
    return [each for each in found if each[1].startswith("/api/")]


@pytest.mark.parametrize("role", ["viewer", "service"])
def test_who_may_only_look_is_refused_every_change(home, workspace, client, role):
    """Every operation of the API by hand: what changes anything is refused before its body is looked at."""
    headers = {"Authorization": f"Bearer {create_token(home.database, home.clock, workspace.number, role, role)}"}
    unsafe = [each for each in operations() if each[0] != "get" and each[2] not in READING]
    assert len(unsafe) > 40
    open_to_all = {
        name
        for method, path, name in unsafe
        if client.request(method, re.sub(r"\{.*?\}", "1", path), headers=headers, json=BODIES.get(name, {})).status_code
        != 403
    }
    own = {"unmask_customer"} if role in UNMASKING else set()
    assert open_to_all == {"sign_out", "unsubscribe"} | own


def test_nobody_is_answered_without_a_key_or_a_session(client):
    for method, path, name in operations():
        if name not in {"sign_in", "sign_out", "unsubscribe"}:
            answer = client.request(method, re.sub(r"\{.*?\}", "1", path), json={} if method != "get" else None)
            assert answer.status_code == 401, name
