"""Portraits and overlaps over HTTP: for analysts, with the figures of the verbs and errors that say what to do."""

import pytest
from fastapi.testclient import TestClient

from quanyu.app.http import make_app
from quanyu.foundation.access.tokens import create_token
from quanyu.targeting.audiences.portraits import portrait
from quanyu.targeting.audiences.refreshing import refresh

FANS = {"tag": "frequency_score", "is": "=", "value": 5}


@pytest.fixture
def call(crowd, home):
    crowd.define("fans", "{tag: frequency_score, is: '=', value: 5}")
    crowd.define("french", "{tag: country, is: '=', value: France}")
    refresh(crowd.ws)
    crowd.define("later", "{tag: country, is: is_null}")
    app = make_app()
    app.state.home = home
    client = TestClient(app)
    tokens = {
        role: create_token(home.database, home.clock, crowd.ws.number, role, role) for role in ("analyst", "viewer")
    }

    def asked(method: str, path: str, role: str = "analyst", **more):
        headers = {"Authorization": f"Bearer {tokens[role]}"}
        return client.request(method, f"/api/v1{path}", headers=headers, **more)

    return asked


def test_a_portrait_is_that_of_the_verb(call, crowd) -> None:
    found = call("GET", "/audiences/fans/portrait", params={"against": "french", "tag": ["country", "monetary"]})
    assert found.status_code == 200, found.text
    expected = portrait(crowd.ws, "fans", "french", ["country", "monetary"])
    answer = found.json()
    assert answer["both"] == expected.both
    assert [tag["tag"] for tag in answer["tags"]] == [each.tag.name for each in expected.tags]
    assert [v["inside"] for v in answer["tags"][0]["values"]] == [f.inside for f in expected.tags[0].figures]
    whole = call("GET", "/audiences/fans/portrait").json()
    assert whole["against_all"]
    by_rule = call("POST", "/audiences/portrait", json={"rule": FANS}).json()
    assert by_rule["tags"] == whole["tags"]


def test_overlaps(call) -> None:
    found = call("POST", "/audiences/overlap", json={"audiences": ["fans", "french"]}).json()
    assert [party["name"] for party in found["audiences"]] == ["fans", "french"]
    assert sum(cell["size"] for cell in found["cells"]) == found["any"]
    assert found["pairs"][0]["shared"] == found["shared"][0][1]


def test_errors_say_what_to_do(call) -> None:
    assert call("GET", "/audiences/fans/portrait", "viewer").status_code == 403
    assert call("POST", "/audiences/overlap", "viewer", json={"audiences": ["fans", "french"]}).status_code == 403
    unknown = call("GET", "/audiences/fan/portrait")
    assert (unknown.status_code, unknown.json()["error"]["allowed"][0]) == (404, "fans")
    early = call("GET", "/audiences/later/portrait")
    assert (early.status_code, "refresh" in early.json()["error"]["remedy"]) == (409, True)
    assert call("POST", "/audiences/overlap", json={"audiences": ["fans"]}).status_code == 422
    assert (
        call("POST", "/audiences/portrait", json={"rule": {"tag": "nothing", "is": "=", "value": 1}}).status_code == 422
    )
