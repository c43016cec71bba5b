"""A browser's way of bringing files in: parts, a suggestion, a mapping changed by hand, refused lines, progress."""

import json

import pytest
from fastapi.testclient import TestClient

from quanyu.app.house import House
from quanyu.app.http import make_app
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.jobs import defer_replay
from quanyu.foundation.access.tokens import create_token
from quanyu.foundation.jobs.working import working_at

BATCH = "0123456789abcdef"
ORDERS = "订单号,会员卡号,商品编码,数量,单价,下单时间,收货人手机\n" + "".join(
    f"S{n},M{n % 3},P{n % 5},{'many' if n == 7 else n % 3 + 1},19.90,"
    f"2026-06-{n % 28 + 1:02} 10:00:00,1380013{8000 + n}\n"
    for n in range(40)
)


@pytest.fixture
def call(home, workspace):
    """Return a function that calls the API as a marketer, or as another role."""
    app = make_app()
    app.state.home, app.state.house = home, House(home)
    app.state.load_mapping = app.state.house.mapping
    client = TestClient(app)
    tokens = {
        role: create_token(home.database, home.clock, workspace.number, role, role) for role in ("viewer", "marketer")
    }

    def called(method, path, role="marketer", **more):
        headers = {"Authorization": f"Bearer {tokens[role]}", **more.pop("headers", {})}
        return client.request(method, f"/api/v1{path}", headers=headers, **more)

    return called


@pytest.fixture
def suggested(call):
    binary = {"Content-Type": "application/octet-stream"}
    whole = ORDERS.encode()
    assert call("PUT", f"/uploads/{BATCH}/订单.csv?offset=0", content=whole[:500], headers=binary).json()["size"] == 500
    call("PUT", f"/uploads/{BATCH}/订单.csv?offset=500", content=whole[500:], headers=binary)
    return call("POST", "/suggestions", json={"batch": BATCH, "files": ["订单.csv"], "source": "spring"}).json()


def test_a_mapping_is_suggested_and_tried(suggested):
    assert (suggested["mapping"], suggested["source"], suggested["files"]) == (
        f"uploads/1/{BATCH}/spring.yaml",
        "spring",
        1,
    )
    taken = {each["input"]: each["columns"] for each in suggested["columns"] if each["mapped"]}
    assert taken["order_number"] == ["订单号"]
    assert taken["quantity"] == ["数量"]
    assert (suggested["read"], suggested["refused"]) == (40, 1)


def test_a_mapping_changed_by_hand_is_checked_whole_before_it_counts(call, suggested):
    wrong = {"mapping": suggested["mapping"], "text": suggested["text"].replace("order_number:", "order_no:")}
    refused = call("POST", "/mappings", json=wrong)
    assert refused.status_code == 422
    assert "order_no" in refused.text
    kept = {"mapping": suggested["mapping"], "text": suggested["text"] + "\n# looked at\n"}
    assert call("POST", "/mappings", json=kept).json()["source"] == "spring"


def test_refused_lines_are_read_by_who_may_change_and_come_in_mended(call, suggested, home, workspace):
    mapping = House(home).mapping(workspace, workspace.settings.home / "inbox" / suggested["mapping"])
    outcome = import_files(workspace, mapping)
    assert call("GET", f"/imports/{outcome.number}/refused", "viewer").status_code == 403
    (line,) = call("GET", f"/imports/{outcome.number}/refused").json()["lines"]
    assert (line["column"], line["values"]["数量"]) == ("数量", "many")
    assert (line["values"]["订单号"], line["values"]["收货人手机"]) == ("S7", "138****8007")
    queued = call(
        "POST",
        f"/imports/{outcome.number}/mended",
        json={"lines": [{"reject": line["reject"], "values": {"数量": "2"}}]},
    )
    assert queued.status_code == 202
    (mended,) = (workspace.settings.home / "inbox" / "uploads").glob("1/*/mended-*.csv")
    assert mended.stat().st_mode & 0o077 == 0
    assert "_reject" in mended.read_text(encoding="utf-8-sig").splitlines()[0]
    assert "13800138007" in mended.read_text(encoding="utf-8-sig"), "what was masked comes in as it was"
    wrong = {"lines": [{"reject": "99-1", "values": {"数量": "2"}}]}
    assert call("POST", f"/imports/{outcome.number}/mended", json=wrong).status_code == 422


def test_a_job_is_told_as_events(call, suggested, home, workspace):
    job = call("POST", "/imports", json={"mapping": suggested["mapping"]}).json()["job"]
    with workspace.begin() as connection:  # nobody works here: as the worker would leave it
        connection.exec_driver_sql("update procrastinate_jobs set status = 'cancelled'")
    told = call("GET", f"/jobs/{job}/events", "viewer")
    assert told.headers["content-type"].startswith("text/event-stream")
    event = only_event(told)
    assert (event["job"], event["state"]) == (job, "cancelled")


def only_event(told) -> dict:
    (event,) = [json.loads(line.removeprefix("data: ")) for line in told.text.splitlines() if line]
    return event


def test_a_job_tells_of_its_own_import_and_of_no_other(call, suggested, home, workspace):
    mine = int(call("POST", "/imports", json={"mapping": suggested["mapping"]}).json()["job"])
    other = defer_replay(workspace, "mended.csv", None)
    with workspace.begin() as connection:  # a stream ends with its job, which here has nobody to work at it
        connection.exec_driver_sql("update procrastinate_jobs set status = 'cancelled'")
    mapping = House(home).mapping(workspace, workspace.settings.home / "inbox" / suggested["mapping"])
    told = {mine: [], other: []}

    def look(_) -> None:  # by a thread that looks on, too: it may come when the import has just ended
        for job, events in told.items():
            events.append(only_event(call("GET", f"/jobs/{job}/events")))

    with working_at(mine):
        outcome = import_files(workspace, mapping, look)
    running = [event for event in told[mine] if event["import"] is not None]
    assert {event["import"] for event in running} == {str(outcome.number)}
    assert 0 < running[-1]["share"] <= 1
    assert {(event["import"], event["share"]) for event in told[other]} == {(None, None)}
    assert only_event(call("GET", f"/jobs/{mine}/events"))["share"] is None, "it runs no more"
