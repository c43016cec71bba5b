"""Customers by HTTP: found by what is known of them, shown whole and masked, unmasked with a reason that is kept."""

from collections.abc import Callable

import httpx
import pytest
from fastapi.testclient import TestClient
from tests.conftest import delivered

from quanyu.app.http import make_app
from quanyu.customers.identity.recognising import recognise
from quanyu.foundation import home as homes
from quanyu.foundation.access.auditing import list_entries
from quanyu.foundation.access.tokens import create_token
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

Call = Callable[..., httpx.Response]
PHONE = "13800138077"
LINES = "order_number customer product quantity unit_price placed_at"


@pytest.fixture(scope="module")
def furnished(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """王芳, whom the till and the site know, bought twice, returned, browsed, was written to; 李强 did nothing."""
    home, folder = homes.create(module_settings, "main", "Asia/Shanghai", "CNY"), tmp_path_factory.mktemp("files")
    workspace = home.workspace()

    def told(kind: str, columns: str, rows: list[tuple[object, ...]], source: str = "till") -> None:
        delivered(workspace, folder, kind, columns, rows, source=source)

    told("customer_record", "key name city", [("t1", "王芳", "杭州市"), ("t2", "李强", "宁波市")])
    told("customer_record", "key birthday", [("t3", "1990-02-03")])
    told("customer_record", "key name", [("s1", "Wang Fang"), ("s3", "赵敏")], "site")
    told("identifier", "key type scope value", [("t1", "phone", "", PHONE), ("t2", "phone", "", "13900139001")])
    told("identifier", "key type scope value", [("t3", "email", "", "min@club.example")])
    given = [("s1", "phone", "", PHONE), ("s3", "email", "", "min@club.example"), ("s3", "phone", "", "13700137009")]
    told("identifier", "key type scope value", given, "site")
    told("product", "product name", [("A", "绿茶"), ("B", "杯子")])
    told(
        "order_line",
        LINES,
        [
            ("O1", "t1", "A", 2, "12.50", "2026-03-01 10:00"),
            ("O1", "t1", "B", 1, "30", "2026-03-01 10:00"),
            ("O2", "t1", "A", 1, "12.50", "2026-03-05 10:00"),
            ("R1", "t1", "B", -1, "30", "2026-03-09 10:00"),
        ],
    )
    told("refund", "refund_id order_number amount refunded_at", [("F1", "O1", "5", "2026-03-10 09:00")])
    told(
        "after_sales_case",
        "case_number order_number type opened_at reason",
        [("C1", "O1", "complaint", "2026-03-10 08:00", "破损")],
    )
    seen = [(f"e{n}", "Page Viewed", f"2026-03-02 10:0{n}", "s1") for n in range(3)]
    told("event", "event_id name occurred_at customer", seen, "site")
    sent = [("m1", "t1", "sms", "2026-03-03 09:00", "delivered"), ("m2", "t1", "sms", "", "rejected")]
    told("message", "message_id customer channel sent_at status", sent)
    recognise(workspace)
    home.close()
    return module_settings


@pytest.fixture
def call(home: homes.Home, workspace: Workspace) -> Call:
    """Return a function that calls the API as a role."""
    app = make_app()
    app.state.home = home
    client = TestClient(app)
    roles = ("viewer", "analyst", "marketer", "owner", "service")
    tokens = {role: create_token(home.database, home.clock, workspace.number, role, role) for role in roles}

    def called(method: str, path: str, role: str = "viewer", **more: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {tokens[role]}"}
        return client.request(method, f"/api/v1{path}", headers=headers, **more)  # type: ignore[arg-type]

    return called


def find(call: Call, text: str, **more: object) -> dict:
    return call("POST", "/customers/searches", json={"text": text, **more}).json()


def wang(call: Call) -> str:
    (found,) = find(call, PHONE)["found"]
    return found["one_id"]


@pytest.mark.parametrize(
    ("text", "by"),
    [(PHONE, "phone"), ("8077", "tail"), ("t1", "card"), ("O2", "order"), ("王芳", "name"), ("wang fang", "name")],
)
def test_a_customer_is_found_by_what_is_known_of_her(call: Call, text: str, by: str):
    told = find(call, text)
    assert (told["by"], told["total"]) == (by, 1)
    (seen,) = told["found"]
    assert (seen["name"], seen["phone"], seen["sources"], seen["records"]) == (
        "王**",
        "138****8077",
        ["site", "till"],
        2,
    )
    assert find(call, text, by=by) == told
    assert find(call, seen["one_id"])["found"] == [seen]
    by_id = call("POST", "/customers/searches", json={"ids": [seen["one_id"], f"cus_{'0' * 32}"]}).json()
    assert by_id["found"] == [seen]


def test_a_name_and_a_phone_that_only_a_later_record_has_are_shown(call: Call):
    (seen,) = find(call, "t3")["found"]
    assert (seen["name"], seen["phone"], seen["records"]) == ("赵**", "137****7009", 2)


@pytest.mark.parametrize("text", ["13800138078", "8078", "王女士", "nobody", "cus_" + "0" * 32])
def test_nobody_is_found_by_what_is_nobodys(call: Call, text: str):
    assert find(call, text) == {"by": None, "total": 0, "found": [], "as_of": None}


@pytest.mark.parametrize("body", [{}, {"text": "王芳", "ids": ["x"]}, {"text": "x"}, {"text": PHONE, "by": "shoe"}])
def test_what_cannot_be_looked_for_is_refused_without_telling_it(call: Call, body: dict):
    refused = call("POST", "/customers/searches", json=body)
    assert refused.status_code == 422
    assert "王芳" not in refused.text
    assert PHONE not in refused.text


def test_four_digits_are_asked_for_by_their_number(call: Call):
    refused = call("POST", "/customers/searches", json={"text": "80771", "by": "tail"})
    assert (refused.status_code, refused.json()["error"]["received"]) == (422, "5")


def test_she_is_shown_masked_with_source_and_reason(call: Call):
    told = call("GET", f"/customers/{wang(call)}")
    assert PHONE not in told.text
    shown = told.json()
    values = {each["attribute"]: each for each in shown["values"]}
    assert (values["city"]["value"], values["city"]["source"], values["city"]["reason"]) == ("杭州市", "till", "only")
    assert values["name"]["masked"]
    assert [(each["type"], each["value"], each["source"]) for each in shown["identifiers"]] == [
        ("phone", "138****8077", source) for source in ("till", "site")
    ]
    assert [each["name"] for each in shown["records"]] == [f"{e['source']}#{e['record']}" for e in shown["records"]]


def test_private_values_are_shown_with_a_reason_that_is_written_down_before(call: Call, workspace: Workspace):
    path, wanted = f"/customers/{wang(call)}/unmaskings", {"reason": "客诉 4711"}
    told = call("POST", path, "service", json=wanted).json()
    assert {each["attribute"]: each["value"] for each in told["values"]}["name"] in ("王芳", "Wang Fang")
    assert {each["value"] for each in told["identifiers"]} == {f"+86{PHONE}"}
    (entry,) = list_entries(workspace, act="unmask_customer")
    assert (entry.who, entry.about, entry.reason, entry.status) == ("token:service", wang(call), "客诉 4711", 200)
    for role in ("viewer", "analyst", "marketer"):
        assert call("POST", path, role, json=wanted).status_code == 403
    assert [each.status for each in list_entries(workspace, act="unmask_customer")] == [403, 403, 403, 200]
    assert call("POST", path, "owner", json={"reason": ""}).status_code == 422


def test_her_orders_come_with_lines_titles_and_what_was_given_back(call: Call):
    told = call("GET", f"/customers/{wang(call)}/orders").json()
    shown = [(o["order_number"], o["type"], o["amount"], o["returned"], o["refunded"]) for o in told["orders"]]
    assert shown == [("R1", "return", 0, 3000, 0), ("O2", "sale", 1250, 0, 0), ("O1", "sale", 5500, 0, 500)]
    lines = [(line["title"], line["quantity"], line["amount"]) for line in told["orders"][2]["lines"]]
    assert sorted(lines) == [("杯子", 1.0, 3000), ("绿茶", 2.0, 2500)]
    second = call("GET", f"/customers/{wang(call)}/orders", params={"skip": 1, "limit": 1}).json()
    assert (second["total"], second["orders"]) == (3, [told["orders"][1]])


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_her_time_is_told_once_whatever_a_page_holds(call: Call, limit: int):
    path, place, met = f"/customers/{wang(call)}/timeline", None, []
    while True:
        page = call("GET", path, params={"limit": limit, **({} if place is None else {"before": place})}).json()
        assert len(page["happened"]) <= limit
        met += [(each["kind"], each["key"].partition("|")[0]) for each in page["happened"]]
        place = page["next"]
        if place is None:
            break
    assert met == [
        *(("case", "C1"), ("return", "R1"), ("order", "O2"), ("message", "m1")),
        *(("event", "e2"), ("event", "e1"), ("event", "e0"), ("order", "O1")),
    ]


def test_only_the_kinds_that_are_asked_for_are_told(call: Call):
    path = f"/customers/{wang(call)}/timeline"
    told = call("GET", path, params={"kind": ["case", "message"]}).json()
    assert [each["kind"] for each in told["happened"]] == ["case", "message"]
    assert told["happened"][0]["about"]["reason"] == "破损"
    assert call("GET", path, params={"kind": "shoe"}).status_code == 422
    assert call("GET", path, params={"before": "yesterday"}).status_code == 422


def test_lights_say_why_not(call: Call):
    told = {each["channel"]: each for each in call("GET", f"/customers/{wang(call)}/lights").json()["lights"]}
    assert (told["sms"]["state"], told["email"]["state"]) == ("no_address", "no_relation")
    assert told["sms"]["why"]["zh"] == "无该渠道的地址"


def test_tags_need_a_run(call: Call):
    assert call("GET", f"/customers/{wang(call)}/tags").status_code == 409


def test_two_records_are_parted_and_joined_again(call: Call):
    one_id = wang(call)
    records = [each["name"] for each in call("GET", f"/customers/{one_id}").json()["records"]]
    wanted = {"one": records[0], "other": records[1], "reason": "mother and daughter"}
    assert call("POST", "/identity/cuts", json=wanted).status_code == 403
    cut = call("POST", "/identity/cuts", "marketer", json=wanted).json()
    assert cut["parted"] == 1
    assert len(call("GET", f"/customers/{one_id}").json()["records"]) == 1
    assert find(call, PHONE)["total"] == 2
    back = call("POST", "/identity/decisions/withdrawals", "marketer", json={"acts": [int(cut["act"])]}).json()
    assert (back["withdrawn"], back["merged"]) == (1, 1)
    wanted = {"record": records[1], "type": "phone", "reason": "a typing error"}
    assert call("POST", "/identity/unlinkings", "marketer", json=wanted).json()["parted"] == 1
    assert call("POST", "/identity/unlinkings", "marketer", json={**wanted, "type": "shoe"}).status_code == 404


def test_who_decides_does_not_wait_for_heavy_work(call: Call, workspace: Workspace):
    """Tags may be computed for minutes: a decision holds in the database at once, and in the lake afterwards."""
    one_id = wang(call)
    records = [each["name"] for each in call("GET", f"/customers/{one_id}").json()["records"]]
    with workspace.heavy():
        wanted = {"one": records[0], "other": records[1], "reason": "mother and daughter"}
        told = call("POST", "/identity/cuts", "marketer", json=wanted).json()
        assert (told["merged"], told["parted"]) == (None, None)
        assert len(call("GET", f"/customers/{one_id}").json()["records"]) == 1
    assert recognise(workspace).parted == 1
