"""The API over a real port, with a worker beside it."""

import json
from pathlib import Path

import httpx
import pytest

from quanyu.app.http import document, make_app

SECRETS = ("MEMBER-17850", "MEMBER-13047", "MEMBER-12583", "13800138001", "13900139002", "13700137003", "Lantern")
FIELDS = {"time", "method", "route", "status", "milliseconds", "workspace", "request"}
SNAPSHOT = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


def test_the_api_document_is_the_one_checked_in():
    now = document()
    assert SNAPSHOT.read_text() == now, "the API has changed: if that is meant, renew the document with: make openapi"


def test_every_operation_has_a_stable_id_and_words():
    paths = make_app().openapi()["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations) > 15
    assert all(operation["description"] for operation in operations)


@pytest.mark.long
def test_a_whole_session(served):
    refused_without_a_token(served)
    imports_by_a_job(served)
    derives_and_counts(served)
    applies_and_shows_packs(served)
    pastes_and_exports(served)
    refuses_what_is_wrong(served)
    analyses_an_upload(served)
    replays_and_takes_back(served)
    assert served.stop() == 0
    lines = [json.loads(line) for line in served.log.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["event"] == "request"]
    assert requests
    assert all(
        {"time", "method", "route", "status", "milliseconds", "workspace", "request"} <= set(r) for r in requests
    )
    assert not [secret for secret in (*SECRETS, *served.tokens.values(), "Bearer") if secret in served.log]
    assert "Traceback" not in served.log


def refused_without_a_token(served) -> None:
    client: httpx.Client = served.client
    assert client.get("/health").json() == {"alive": True}
    assert client.get("/health").headers["x-content-type-options"] == "nosniff"
    for headers in ({}, {"Authorization": "Bearer qy_1_wrong"}, {"Authorization": "Basic eDp5"}):
        answer = client.get("/api/v1/sources", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["error"]["code"] == "unauthorised"
    session = served.call("GET", "/session", "analyst").json()
    assert (session["workspace"], session["role"], session["kind"], session["currency"]) == (
        "main",
        "analyst",
        "token",
        "GBP",
    )
    wrong = {"Authorization": "Bearer no", "Accept-Language": "zh-CN,en;q=0.5"}
    assert "令牌" in client.get("/api/v1/session", headers=wrong).json()["error"]["message"]


def imports_by_a_job(served) -> None:
    assert served.call("POST", "/imports", "analyst", json={"mapping": "shop.yaml"}).status_code == 403
    for outside in ("../home.json", "/etc/passwd", "sub/../../keys/master"):
        answer = served.call("POST", "/imports", "marketer", json={"mapping": outside})
        assert answer.status_code == 403, outside
    missing = served.call("POST", "/imports", "marketer", json={"mapping": "absent.yaml"})
    assert (missing.status_code, missing.json()["error"]["allowed"]) == (404, ["buyers.yaml", "shop.yaml"])
    queued = served.call("POST", "/imports", "marketer", json={"mapping": "shop.yaml"})
    assert queued.status_code == 202
    assert served.finish(queued.json()["job"]) == "succeeded"
    source = served.call("GET", "/sources", "viewer").json()["sources"][0]
    lines = next(count for count in source["counts"] if count["grain"])
    assert (lines["read"], lines["landed"], lines["rejected"], lines["known"]) == (6, 5, 1, 0)
    last = served.call("GET", "/imports", "viewer").json()["imports"][0]
    assert (last["number"], last["state"]) == ("1", "landed")


def replays_and_takes_back(served) -> None:
    (refused,) = served.call("GET", "/rejects", "viewer").json()["rejects"]
    assert (refused["reject"], refused["file"], refused["column"]) == ("1-1", "orders.csv", "Quantity")
    for wanted, status in (
        ({}, 422),
        ({"number": "x"}, 422),
        ({"number": "9"}, 404),
        ({"file": "../keys/master"}, 403),
    ):
        assert served.call("POST", "/rejects/replay", "marketer", json=wanted).status_code == status, wanted
    assert served.call("POST", "/imports/1/take-back", "analyst").status_code == 403
    assert served.call("POST", "/imports/9/take-back", "marketer").status_code == 404
    assert served.call("POST", "/imports/1/cancel", "analyst").status_code == 403
    assert served.call("POST", "/imports/9/cancel", "marketer").status_code == 404
    landed = served.call("POST", "/imports/1/cancel", "marketer")
    assert (landed.status_code, landed.json()["error"]["allowed"]) == (409, ["running"])
    for path, wanted in (("/rejects/replay", {"number": "1"}), ("/imports/1/take-back", None)):
        queued = served.call("POST", path, "marketer", json=wanted)
        assert (queued.status_code, served.finish(queued.json()["job"])) == (202, "succeeded"), path
    states = [(each["state"], each["replays"]) for each in served.call("GET", "/imports", "viewer").json()["imports"]]
    assert states == [("taken back", "1"), ("taken back", None)]


def derives_and_counts(served) -> None:
    served.settle()
    queued = served.call("POST", "/tags/compute", "marketer", json={"as_of": "2011-12-10T23:00:00Z"})
    assert served.finish(queued.json()["job"]) == "succeeded"
    people = served.call("GET", "/customers", "viewer").json()
    assert people == {"records": 2, "customers": 2}
    two = {"one": "shop:MEMBER-17850", "other": "shop:MEMBER-13047"}
    apart = served.call("POST", "/identity/explanations", "viewer", json=two).json()
    assert (apart["same_customer"], len(set(apart["customers"])), apart["links"]) == (False, 2, [])
    drawn = served.call("POST", "/identity/graphs", "viewer", json={"record": "shop:MEMBER-17850"}).json()
    assert ([each["source"] for each in drawn["nodes"]], drawn["confidence"], drawn["whole"]) == (["shop"], 1.0, True)
    tags = {tag["tag"]: tag for tag in served.call("GET", "/tags", "viewer").json()["tags"]}
    assert (tags["monetary"]["lowest"], tags["monetary"]["highest"]) == ("22.08", "120.00")
    rule = {"tag": "monetary", "is": ">=", "value": 100}
    counted = served.call("POST", "/audiences/count", "analyst", json={"rule": rule}).json()
    assert (counted["size"], counted["base"]) == (1, 2)
    sequence = {"sequence": [{"over": "orders"}, {"then_not": "returns", "within": 30}]}
    priced = served.call("POST", "/audiences/cost", "analyst", json={"rule": sequence}).json()
    assert {scan["what"]: scan["times"] for scan in priced["looks_through"]} == {"orders": 1, "returns": 1}
    counted = served.call("POST", "/audiences/count", "analyst", json={"rule": {"not": sequence}}).json()
    assert counted["size"] + served.call("POST", "/audiences/count", json={"rule": sequence}).json()["size"] == 2
    text = (served.log_file.parent / "home" / "inbox" / "buyers.yaml").read_text(encoding="utf-8")
    applied = served.call("POST", "/audiences", "marketer", json={"definition": text}).json()
    assert applied == {"name": "buyers", "version": 1, "changed": True}
    refreshed = served.call("POST", "/audiences/buyers/refresh", "marketer").json()["audiences"][0]
    assert (refreshed["audience"], refreshed["size"]) == ("buyers", 2)
    first = served.call("GET", "/audiences/buyers/members", "viewer", params={"limit": 1}).json()
    then = served.call("GET", "/audiences/buyers/members", "viewer", params={"after": first["next"]}).json()
    found = [*first["one_ids"], *then["one_ids"]]
    assert len(set(found)) == 2
    assert all(one_id.startswith("cus_") for one_id in found)
    assert then["next"] is None
    status = served.call("GET", "/status", "viewer").json()
    assert (status["customers"], status["audiences"]) == (2, [{"audience": "buyers", "size": 2, "usual": None}])
    assert served.call("GET", "/audiences", "viewer").json()["audiences"][0]["title"] == {"en": "Buyers", "zh": "买家"}
    says_how_tags_are(served)


def says_how_tags_are(served) -> None:
    field = served.call("GET", "/fields/identity.country", "viewer").json()
    assert [(each["source"], each["filled"]) for each in field["sources"]] == [("shop", 2)]
    assert len(served.call("GET", "/fields", "viewer").json()["fields"]) > 100
    assert served.call("GET", "/fields/identity.contry", "viewer").status_code == 404
    lacking = served.call("GET", "/tags", "viewer").json()["lacking"]
    assert "gender" in {each["tag"] for each in lacking}
    assert served.call("GET", "/tags/health", "viewer").status_code == 403
    (health,) = served.call("GET", "/tags/health?tag=frequency", "analyst").json()["tags"]
    assert (health["known"], health["audiences"], health["retire"]) == (2, ["buyers"], False)
    assert served.call("GET", "/tags/health?tag=nothing", "analyst").status_code == 404
    tasks = served.call("GET", "/tags/tasks?limit=200", "analyst").json()["tasks"]
    assert {"event.*", "customer_record.gender"} <= {given for each in tasks for given in each["inputs"]}


PACK = """\
pack: ours
tags:
  - name: orders_ever
    title: {en: Orders ever, zh: 全部订单}
    description: {en: All orders., zh: 全部订单。}
    family: value
    type: integer
    statistic: {over: orders, take: count}
"""


def applies_and_shows_packs(served) -> None:
    wanted = {"definition": PACK}
    assert served.call("POST", "/packs", "analyst", json=wanted).status_code == 403
    tried = served.call("POST", "/packs/preview", "marketer", json=wanted).json()
    assert [(each["tag"], each["fate"], each["moved"]) for each in tried["tags"]] == [("orders_ever", "new", 2)]
    faulty = served.call("POST", "/packs", "marketer", json={"definition": PACK.replace("over: orders", "over: x")})
    assert (faulty.status_code, faulty.json()["error"]["faults"][0]["place"]) == (422, "line 8: tags[0].statistic.over")
    applied = served.call("POST", "/packs", "marketer", json=wanted).json()
    assert applied == {"name": "ours", "version": 1, "tags": 1, "changed": True, "breaks": []}
    assert served.call("GET", "/packs/orders_ever", "viewer").json() == wanted
    listed = {each["pack"]: each["version"] for each in served.call("GET", "/packs", "viewer").json()["packs"]}
    assert listed["ours"] == 1
    assert served.call("GET", "/packs/their_pack", "viewer").status_code == 404


def pastes_and_exports(served) -> None:
    values = {"name": "callers", "values": "13800138001\n13900139002,138****8001"}
    assert served.call("POST", "/audiences/lists", "analyst", json=values).status_code == 403
    pasted = served.call("POST", "/audiences/lists", "marketer", json=values).json()
    assert pasted["counts"] == {
        "read": 3, "matched": 2, "same_customer": 0, "repeated": 0, "invalid": 1, "unknown": 0,
    }  # fmt: skip
    assert (pasted["size"], pasted["who"], pasted["invalid_lines"][0]["line"]) == (2, "token:marketer", 2)
    assert [each["list"] for each in served.call("GET", "/audiences/lists", "viewer").json()["lists"]] == ["callers"]
    clear = {"identifiers": True, "reason": "letters"}
    for role, wanted, status in (
        ("analyst", {}, 403),
        ("marketer", clear, 403),
        ("owner", {"identifiers": True}, 422),
        ("marketer", {"format": "pdf"}, 422),
        ("marketer", {"purpose": "news"}, 422),
    ):
        assert served.call("POST", "/audiences/callers/exports", role, json=wanted).status_code == status, wanted
    assert served.call("POST", "/audiences/nobody/exports", "marketer", json={}).status_code == 404
    for role, wanted in (("marketer", {"format": "xlsx"}), ("owner", {"tags": ["country"], **clear})):
        queued = served.call("POST", "/audiences/callers/exports", role, json=wanted)
        assert (queued.status_code, served.finish(queued.json()["job"])) == (202, "succeeded")
    assert served.call("GET", "/exports", "viewer").status_code == 403
    found = served.call("GET", "/exports", "marketer").json()["exports"]
    assert [(e["export"], e["state"], e["rows"], e["who"]) for e in found] == [
        ("2", "finished", 2, "token:owner"),
        ("1", "finished", 2, "token:marketer"),
    ]
    assert served.call("GET", "/exports/2", "marketer").json()["reason"] == "letters"
    assert served.call("GET", "/exports/1/file", "marketer").content[:2] == b"PK"
    file = served.call("GET", "/exports/2/file", "marketer")
    assert "export-2.csv" in file.headers["content-disposition"]
    assert file.text.splitlines()[0] == '"one_id","country"'
    assert served.call("GET", "/exports/2/identifiers", "marketer").status_code == 403
    assert "+8613800138001" in served.call("GET", "/exports/2/identifiers", "owner").text
    for number, status in (("1", 404), ("9", 404), ("x", 422)):
        assert served.call("GET", f"/exports/{number}/identifiers", "owner").status_code == status


def refuses_what_is_wrong(served) -> None:
    unknown = served.call("POST", "/imports", json={"mapping": "shop.yaml", "secret": "13800138001"})
    assert unknown.status_code == 422
    assert unknown.json()["error"]["faults"][0]["place"] == "body.secret"
    assert "13800138001" not in unknown.text
    wrong = served.call("POST", "/audiences/count", json={"rule": {"tag": "monetery", "is": ">=", "value": 1}})
    assert wrong.status_code == 422
    assert "monetary" in wrong.json()["error"]["faults"][0]["allowed"]
    deep: object = {"tag": "country", "is": "is_null"}
    for _ in range(200):
        deep = {"not": deep}
    ids = [f"C{n}" for n in range(1_000_000)]
    for rule, place, received in (
        ({"sequence": [{"over": "orders"}]}, "rule.sequence", "a list of 1"),
        ({"sequence": [{"over": "orders", "within": 0}, {"then": "order"}]}, "rule.sequence[0].within", "0"),
        ({"organisation": "R01"}, "rule.organisation", '"R01"'),
        ({"tag": "country", "is": "in", "value": []}, "rule.value", "a list of 0"),
        ({"tag": "country", "is": "in", "value": ids}, "rule.value", "a list of 1000000"),
        (deep, "rule" + ".not" * 40, "a mapping of 1"),
    ):
        wrong = served.call("POST", "/audiences/count", json={"rule": rule})
        fault = wrong.json()["error"]["faults"][0]
        assert (wrong.status_code, fault["place"], fault["received"]) == (422, place, received)
    assert served.call("GET", "/audiences/nobody/members").status_code == 404
    assert served.call("GET", "/jobs/99999").status_code == 404
    assert served.call("GET", "/jobs/x").status_code == 422
    assert served.call("GET", "/nowhere").json()["error"]["code"] == "not_found"
    assert served.call("DELETE", "/sources").status_code == 405
    assert served.call("POST", "/audiences", content=b"x" * (21 << 20)).status_code == 413
    pieces = (b"x" * (1 << 20) for _ in range(25))
    assert served.call("POST", "/audiences", content=pieces).status_code == 413


def analyses_an_upload(served) -> None:
    rows = "".join(f"{'mail' if i % 2 else 'none'},{int(i % 10 < (6 if i % 2 else 2))}\n" for i in range(400))
    question = {"arm": "arm", "control": "none", "outcome": ["visit"]}
    answer = served.call(
        "POST", "/experiments/analyze", "analyst", params=question, content=f"arm,visit\n{rows}".encode()
    ).json()
    assert answer["effects"][0]["absolute"] > 0.2
    assert served.call("POST", "/experiments/analyze", "viewer", params=question, content=b"").status_code == 403
    assert served.call("POST", "/experiments/analyze", "analyst", params=question, content=b"").status_code == 422
