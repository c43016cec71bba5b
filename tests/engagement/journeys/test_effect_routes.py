"""Effects over HTTP: figures, a page, a workbook, and the terms of measuring."""

import pytest
from fastapi.testclient import TestClient
from tests.engagement.conftest import MEMBERS
from tests.engagement.journeys.conftest import MORNING, journey

from quanyu.app.http import make_app
from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.precedence import SHOWN, Brought, Expectation, keep
from quanyu.engagement.journeys.states import bring, start
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.access.tokens import create_token
from quanyu.foundation.sets.algebra import OrdinalSet


@pytest.fixture
def client(home, stage):
    app = make_app()
    app.state.home = home
    return TestClient(app)


@pytest.fixture
def headers(home, stage):
    roles = ("viewer", "analyst", "marketer")
    tokens = {role: create_token(home.database, home.clock, stage.number, role, role) for role in roles}
    return {role: {"Authorization": f"Bearer {token}", "Accept-Language": "en"} for role, token in tokens.items()}


@pytest.fixture
def measured(stage):
    apply(stage, journey("{call: {}}", "{step: w, wait: {days: 1}}", control="0.4"))
    start(stage, "play")
    bring(stage, "play", "1", OrdinalSet.first(MEMBERS))
    tick(stage)
    return stage


def test_figures_page_and_workbook(client, measured, headers):
    a = headers["analyst"]
    found = client.get("/api/v1/journeys/play/effect?days=7&by=language", headers=a).json()
    assert found["preliminary"] is True
    assert found["returns"] == {"other": 15}
    assert found["analysis"]["parts"]["by"] == "language"
    assert found["analysis"]["looking"]["planned"] == 5000
    page = client.get("/api/v1/journeys/play/effect.html?days=7", headers=a)
    assert page.headers["content-type"].startswith("text/html")
    assert "What the journey play changed" in page.text
    workbook = client.get("/api/v1/journeys/play/effect.xlsx?days=7", headers=a)
    assert workbook.content[:2] == b"PK"
    assert client.get("/api/v1/journeys/play/effect.xlsx", headers=headers["viewer"]).status_code == 403


def test_terms(client, measured, headers):
    told = {"text": "margin: 0.4\n"}
    assert client.post("/api/v1/measuring-terms", json=told, headers=headers["viewer"]).status_code == 403
    assert client.post("/api/v1/measuring-terms", json=told, headers=headers["marketer"]).json() == {"version": 1}
    assert client.get("/api/v1/measuring-terms", headers=headers["viewer"]).json() == told
    found = client.get("/api/v1/journeys/play/effect?days=7", headers=headers["analyst"]).json()
    assert found["paid"][0]["arm"] == "entered"
    wrong = client.post("/api/v1/measuring-terms", json={"text": "margin: 4\n"}, headers=headers["marketer"])
    assert wrong.status_code == 422


def test_the_order_of_journeys(client, measured, headers):
    keep(measured, Expectation("play", MORNING.date(), SHOWN, 0.4, 0.5, Brought(0.3, 0.1, 0.6)))
    (told,) = client.get("/api/v1/journey-order", headers=headers["analyst"]).json()["journeys"]
    assert (told["journey"], told["priority"], told["verdict"]) == ("play", "marketing", "shown")
    assert (told["expected"], told["measured_low"], told["measured_high"]) == (0.4, 0.1, 0.6)
    assert told["said"]["en"].startswith("by its effect, +0.4 CNY a message")
    assert client.get("/api/v1/journey-order", headers=headers["viewer"]).status_code == 403
