"""Journeys by HTTP: apply, start, enter, look, and who may do so."""

import time

import pytest
from fastapi.testclient import TestClient
from tests.engagement.conftest import customers_of
from tests.engagement.journeys.conftest import batches, journey, outcomes

from quanyu.app.http import make_app
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.access.tokens import create_token

SEND = "{step: hello, send: {content: hello, by: [texts, mails]}}"


@pytest.fixture
def client(home, stage):
    app = make_app()
    app.state.home = home
    return TestClient(app)


@pytest.fixture
def headers(home, stage):
    roles = ("viewer", "marketer")
    tokens = {role: create_token(home.database, home.clock, stage.number, role, role) for role in roles}
    return {role: {"Authorization": f"Bearer {token}", "Accept-Language": "en"} for role, token in tokens.items()}


def test_a_journey_from_applying_to_the_trace(client, stage, headers):
    v, m = headers["viewer"], headers["marketer"]
    wanted = {"definition": journey("{call: {}}", SEND, "{step: w, wait: {days: 1}}")}
    assert client.post("/api/v1/journeys", json=wanted, headers=v).status_code == 403
    applied = client.post("/api/v1/journeys", json=wanted, headers=m).json()
    assert (applied["name"], applied["version"], applied["changed"]) == ("play", 1, True)
    assert client.post("/api/v1/journeys/play/state", json={"state": "running"}, headers=m).status_code == 200
    entry = {"key": "1", "records": ["club:m1", "club:m3"]}
    assert client.post("/api/v1/journeys/play/entries", json=entry, headers=m).json() == {"customers": 2}
    tick(stage)
    (listed,) = client.get("/api/v1/journeys", headers=v).json()["journeys"]
    assert (listed["state"], listed["inside"]) == ("running", 2)
    shown = client.get("/api/v1/journeys/play", headers=v).json()
    assert shown["at_steps"] == {"w": 2}
    assert {(move["step"], move["outcome"]) for move in shown["outcomes"]} >= {
        ("hello", "sent:texts"),
        ("start", "entered"),
    }
    traced = client.post("/api/v1/journeys/traces", json={"record": "club:m1"}, headers=m).json()
    assert [place["step"] for place in traced["stands"]] == ["w"]
    stopped = client.post("/api/v1/journeys/play/state", json={"state": "stopped"}, headers=m)
    assert stopped.json() == {"journey": "play", "state": "stopped"}
    assert client.post("/api/v1/journeys/play/state", json={"state": "paused"}, headers=m).status_code == 409
    assert client.get("/api/v1/journeys/play/effect", headers=m).status_code == 409


def test_a_canvas_goes_there_and_back(client, stage, headers):
    m = headers["marketer"]
    lot = "{step: lot, split: {w: 0.35, end: 0.65}}"
    text = journey("{call: {}}", SEND, lot, "{step: w, wait: {days: 1}}", control="0.05")
    client.post("/api/v1/journeys", json={"definition": text}, headers=m)
    canvas = client.get("/api/v1/journeys/play/canvas", headers=m).json()
    assert [node["id"] for node in canvas["nodes"]] == ["start", "hello", "lot", "w", "end"]
    assert (canvas["journey"]["control"], canvas["nodes"][2]["data"]["shares"]) == (0.05, [0.35, 0.65])
    assert client.post("/api/v1/journeys/canvas", json=canvas, headers=m).json()["version"] == 2
    assert client.post("/api/v1/journeys/canvas", json=canvas, headers=m).json()["changed"] is False
    canvas["edges"] = canvas["edges"][1:]
    refused = client.post("/api/v1/journeys/canvas", json=canvas, headers=m)
    assert refused.status_code == 422
    assert client.get("/api/v1/journeys/plai/canvas", headers=m).status_code == 404


def test_the_contact_policy(client, stage, headers):
    assert "quiet" in client.get("/api/v1/contact-policy", headers=headers["viewer"]).json()["text"]
    wanted = {"text": "caps: [{most: 1, days: 1}]"}
    assert client.post("/api/v1/contact-policy", json=wanted, headers=headers["viewer"]).status_code == 403
    assert client.post("/api/v1/contact-policy", json=wanted, headers=headers["marketer"]).json() == {"version": 1}


def test_entries_with_what_is_told_of_them(client, stage, headers):
    m = headers["marketer"]
    client.post("/api/v1/journeys", json={"definition": journey("{call: {}}", SEND)}, headers=m)
    client.post("/api/v1/journeys/play/state", json={"state": "running"}, headers=m)
    told = [{"record": "club:m1", "context": {"order": "A-1", "pieces": 2, "gift": True, "note": None}}]
    wanted = {"key": "1", "records": ["club:m1", "club:m3"], "entries": told}
    assert client.post("/api/v1/journeys/play/entries", json=wanted, headers=m).json() == {"customers": 2}
    wrong = {"key": "2", "entries": [{"record": "club:m1", "context": {"Order No": "A-1"}}]}
    refused = client.post("/api/v1/journeys/play/entries", json=wrong, headers=m)
    assert refused.status_code == 422
    assert "entries[0].context.Order No" in refused.text
    assert (
        client.post("/api/v1/journeys/play/entries", json={"key": "3", "entries": [{}]}, headers=m).status_code == 422
    )


def test_ten_thousand_entries_of_one_customer_in_a_second_are_one(client, stage, headers):
    m = headers["marketer"]
    client.post("/api/v1/journeys", json={"definition": journey("{call: {}}", SEND)}, headers=m)
    client.post("/api/v1/journeys/play/state", json={"state": "running"}, headers=m)
    entries = [{"record": "club:m1", "context": {"order": f"A-{n}"}} for n in range(1_000)]
    began = time.perf_counter()
    for request in range(10):
        wanted = {"key": str(request), "entries": entries}
        assert client.post("/api/v1/journeys/play/entries", json=wanted, headers=m).json() == {"customers": 1}
    taken = time.perf_counter() - began
    (done,) = tick(stage)
    assert done.entered == 1
    assert outcomes(stage)["start", "entered"] == set(customers_of(stage, [1]))
    assert [len(whom) for _, whom in batches(stage)] == [1]
    assert taken < 10.0, "a thousand a second at least, also where others work"
