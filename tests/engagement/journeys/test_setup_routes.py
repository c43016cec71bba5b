"""What journeys are begun with, by HTTP: templates are installed by a click, and the kinds of step are told."""

import pytest
from fastapi.testclient import TestClient

from quanyu.app.http import make_app
from quanyu.engagement.channels.accounts import add
from quanyu.engagement.channels.model import Account
from quanyu.foundation.access.tokens import create_token


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


def test_a_template_is_installed_once(home, workspace):
    add(workspace, Account("texts", "file", "sms", {"format": "csv"}, {}))
    app = make_app()
    app.state.home = home
    client, place = TestClient(app), "/api/v1/journeys/templates"
    tokens = {r: create_token(home.database, home.clock, workspace.number, r, r) for r in ("viewer", "marketer")}
    v, m = ({"Authorization": f"Bearer {token}"} for token in tokens.values())
    assert not any(each["installed"] for each in client.get(place, headers=v).json()["templates"])
    wanted = {"by": ["texts"]}
    assert client.post(f"{place}/win_back", json=wanted, headers=v).status_code == 403
    assert client.post(f"{place}/no_such", json=wanted, headers=m).status_code == 404
    assert client.post(f"{place}/win_back", json={"by": []}, headers=m).status_code == 422
    done = client.post(f"{place}/win_back", json=wanted, headers=m).json()
    assert done["journey"] == "sop_win_back"
    assert done["added"] == ["audience sop_dormant", "content sop_missed", "journey sop_win_back"]
    again = client.post(f"{place}/win_back", json=wanted, headers=m).json()
    assert (again["added"], again["kept"]) == ([], done["added"])
    listed = client.get(place, headers=v).json()["templates"]
    assert [each["template"] for each in listed if each["installed"]] == ["win_back"]


def test_kinds_of_step_are_told_in_words(client, headers):
    told = client.get("/api/v1/journeys/kinds", headers=headers["viewer"]).json()
    titles = {each["word"]: each["title"]["zh"] for each in told["steps"]}
    assert titles["send"] == "发送消息"
    assert titles["wait"] == "等待"
    assert {"audience", "call"} <= set(told["starts"])
    assert "double_11" in {each["word"] for each in told["festivals"]}


def test_a_list_of_journeys_has_titles_and_says_who_keeps_them(client, headers):
    text = (
        "name: play\ntitle: {en: Play, zh: 演练}\npurpose: marketing\nstart: {call: {}}\nsteps: [{step: w, exit: {}}]"
    )
    client.post("/api/v1/journeys", json={"definition": text}, headers=headers["marketer"])
    (listed,) = client.get("/api/v1/journeys", headers=headers["viewer"]).json()["journeys"]
    assert (listed["title"], listed["keeper"]) == ({"en": "Play", "zh": "演练"}, None)


def test_a_content_is_previewed_for_somebody_of_an_audience(client, headers):
    m = headers["marketer"]
    pasted = client.post(
        "/api/v1/audiences/lists", json={"name": "two", "values": "m1", "kind": "card", "source": "club"}, headers=m
    )
    assert pasted.json()["size"] == 1
    told = {"channel": "sms", "audience": "two", "turn": 7}
    found = client.post("/api/v1/contents/hello/preview", json=told, headers=m)
    assert found.json()["parts"][0]["text"] == "您好", "after the last the first again"
    for wrong in ({"channel": "sms"}, {**told, "record": "club:m1"}):
        refused = client.post("/api/v1/contents/hello/preview", json=wrong, headers=m)
        assert refused.status_code == 422
        assert refused.json()["error"]["allowed"] == ["record", "audience"]
