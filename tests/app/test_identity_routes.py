"""The review queue and the ID report by HTTP: who may look, who may answer, and no value in what is told."""

import pytest
from fastapi.testclient import TestClient

from quanyu.app.house import House
from quanyu.app.http import make_app
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.importing import import_files
from quanyu.foundation import home as homes
from quanyu.foundation.access.tokens import create_token

MEMBERS = """card,name,phone
A1,王芳,13800138077
A2,李强,13800138077
"""
MAPPING = """source: members
files: members.csv
kinds:
  - kind: customer_record
    columns: {key: card, name: name}
    identifiers: [{type: phone, column: phone}]
"""


@pytest.fixture(scope="module")
def furnished(module_settings, tmp_path_factory):
    home, folder = homes.create(module_settings, "main", "Europe/London", "GBP"), tmp_path_factory.mktemp("members")
    workspace = home.workspace()
    (folder / "members.csv").write_text(MEMBERS)
    (folder / "members.yaml").write_text(MAPPING)
    import_files(workspace, House(home).mapping(workspace, folder / "members.yaml"))
    recognise(workspace)
    home.close()
    return module_settings


@pytest.fixture
def call(home, workspace):
    """Return a function that calls the API as a role, in a home where two people share a phone."""
    app = make_app()
    app.state.home = home
    client = TestClient(app)
    tokens = {
        role: create_token(home.database, home.clock, workspace.number, role, role) for role in ("viewer", "marketer")
    }

    def called(method, path, role="viewer", **more):
        return client.request(method, f"/api/v1{path}", headers={"Authorization": f"Bearer {tokens[role]}"}, **more)

    return called


def test_a_question_is_listed_shown_answered_and_taken_back(call):
    queue = call("GET", "/identity/questions").json()
    assert [(each["name"], each["questions"], each["share"]) for each in queue["patterns"]] == [
        ("phone/contradicted/surname/members", 1, 1.0)
    ]
    (question,) = queue["questions"]
    shown = call("GET", f"/identity/questions/{question['number']}")
    assert {each["name"] for each in shown.json()["holders"]} == {"王**", "李**"}
    assert "13800138077" not in shown.text
    wanted = {"answer": "together", "questions": [question["number"]], "reason": "a nickname"}
    assert call("POST", "/identity/answers", json=wanted).status_code == 403
    answered = call("POST", "/identity/answers", "marketer", json=wanted).json()
    assert (answered["answered"], answered["merged"]) == (1, 1)
    assert call("GET", "/customers").json()["customers"] == 1
    (act,) = call("GET", "/identity/decisions").json()["acts"]
    assert (act["number"], act["verdict"], act["author"], act["records"]) == (
        answered["act"],
        "together",
        "marketer",
        2,
    )
    back = call("POST", "/identity/decisions/withdrawals", "marketer", json={"acts": [act["number"]]}).json()
    assert (back["withdrawn"], back["parted"]) == (1, 1)
    assert call("GET", "/identity/decisions").json()["acts"][0]["withdrawn_by"] == "marketer"


def test_the_report_counts_everybody(call):
    found = call("GET", "/identity/report").json()
    assert (found["whole"]["customers"], found["whole"]["identified"], found["whole"]["source"]) == (2, 2, None)
    assert [line["source"] for line in found["sources"]] == ["members"]
    assert found["reachable"]["sms"] == 0
    assert call("GET", "/identity/report").json()["days"] == found["days"]
    assert [(day["customers"], day["score"]) for day in found["days"]] == [(2, found["whole"]["score"])]


@pytest.mark.parametrize(
    ("path", "wanted", "status"),
    [
        ("/identity/answers", {"answer": "perhaps", "questions": [1], "reason": "x"}, 422),
        ("/identity/answers", {"answer": "settled", "reason": "x"}, 422),
        ("/identity/answers", {"answer": "settled", "questions": [99], "reason": "x"}, 404),
        ("/identity/answers", {"answer": "settled", "pattern": "phone", "reason": "x"}, 404),
        ("/identity/decisions/withdrawals", {"acts": [99]}, 404),
    ],
)
def test_what_is_wrong_is_refused(call, path, wanted, status):
    assert call("POST", path, "marketer", json=wanted).status_code == status
