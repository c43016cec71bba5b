"""Campaigns by HTTP: what one account writes another approves, and who may do what."""

import pytest
from fastapi.testclient import TestClient
from tests.engagement.campaigns.conftest import CAMPAIGN
from tests.engagement.conftest import MEMBERS

from quanyu.app.http import make_app
from quanyu.engagement.journeys import policy
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.access.tokens import create_token


@pytest.fixture
def client(home, spring):
    app = make_app()
    app.state.home = home
    return TestClient(app)


@pytest.fixture
def headers(home, spring):
    roles = {"zhang.wei": "marketer", "li.na": "marketer", "guest": "viewer"}
    tokens = {
        label: create_token(home.database, home.clock, spring.number, label, role) for label, role in roles.items()
    }
    return {label: {"Authorization": f"Bearer {token}", "Accept-Language": "en"} for label, token in tokens.items()}


def test_a_campaign_from_its_plan_to_the_next_wave(client, spring, headers):
    policy.apply(spring, "approval: {above: 10}\ntesters: staff\n")
    mine, other, guest = headers["zhang.wei"], headers["li.na"], headers["guest"]
    wanted = {"definition": CAMPAIGN.replace("days: 14", "days: 20")}
    planned = client.post("/api/v1/campaigns/plan", json=wanted, headers=mine).json()
    assert (planned["customers"], planned["testers"], planned["needs_approval"]) == (MEMBERS - 10, 10, True)
    assert "Cannot tell" in planned["words"][1]["en"]
    assert client.post("/api/v1/campaigns", json=wanted, headers=guest).status_code == 403
    applied = client.post("/api/v1/campaigns", json=wanted, headers=mine).json()
    assert applied == {"name": "spring", "version": 1, "changed": True}
    assert client.post("/api/v1/campaigns/spring/tests", headers=mine).json()["testers"] == 10
    refused = client.post("/api/v1/campaigns/spring/stages", json={}, headers=mine)
    assert refused.status_code == 409
    assert client.post("/api/v1/campaigns/spring/approvals", headers=mine).status_code == 409
    approved = client.post("/api/v1/campaigns/spring/approvals", headers=other).json()
    assert approved == {"campaign": "spring", "version": 1, "who": "token:li.na"}
    done = client.post("/api/v1/campaigns/spring/stages", json={"stage": 1}, headers=mine).json()
    again = client.post("/api/v1/campaigns/spring/stages", json={"stage": 1}, headers=mine).json()
    assert (done["changed"], again["changed"], again["customers"]) == (True, False, done["customers"])
    tick(spring)
    for state in ("paused", "running"):
        answered = client.post("/api/v1/campaigns/spring/state", json={"state": state}, headers=other)
        assert answered.json() == {"campaign": "spring", "state": state}
    shown = client.get("/api/v1/campaigns/spring", headers=guest).json()
    assert [act["act"] for act in shown["acts"]] == ["resumed", "stopped", "released", "approved", "tested", "applied"]
    assert (shown["approval"]["who"], shown["approval"]["changed"]) == ("token:li.na", [])
    (listed,) = client.get("/api/v1/campaigns", headers=guest).json()["campaigns"]
    assert (listed["released"], listed["stages"], listed["customers"]) == (1, 3, done["customers"])
    told = client.get("/api/v1/campaigns/spring/effect", headers=mine).json()
    assert told["preliminary"]
    assert sum(told["customers"].values()) == done["customers"]
    assert told["analysis"]["control"] == "no_contact"
    wave = client.post("/api/v1/campaigns/spring/waves", headers=mine).json()
    assert wave["name"] == "spring_2"
    assert client.post("/api/v1/campaigns", json={"definition": wave["text"]}, headers=mine).status_code == 200
