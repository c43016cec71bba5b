"""Events land once each, with the customer's record or the device's."""

from datetime import date

from quanyu.customers.events.tables import EVENTS
from quanyu.customers.ingest.rejects import list_rejects

COLUMNS = "event_id name occurred_at customer device amount properties"


def test_an_event_lands_once_whatever_file_it_comes_in(deliver, rows, workspace, ask):
    first = [
        ("e1", "Product Viewed", "2026-03-01 00:30", "", "d1", "", '{"price": 1.5}'),
        ("e2", "Order Completed", "2026-03-31 23:59", "M1", "d1", "79.805", ""),
        ("e3", "Page", "2026-04-01 00:30", "", "", "", ""),
        ("e4", "Product Viewed", "yesterday", "M1", "d1", "", ""),
        ("", "Product Viewed", "2026-03-01", "M1", "d1", "", ""),
        ("e6", "Order Completed", "2026-03-01", "M1", "d1", "1000000001", ""),
        ("e2", "Order Completed", "2026-03-31 23:59", "M1", "d1", "79.805", ""),
    ]
    count = deliver("event", COLUMNS, first, source="web")
    assert (count.landed, count.rejected, count.known) == (3, 3, 1)
    assert [reject.reason.en for reject in list_rejects(workspace)] == [
        "occurred_at is not a date and time.",
        "event_id is empty, but event_id is needed.",
        "amount is larger than 1,000,000,000, which cannot be right.",
    ]
    found = {row["event_id"]: row for row in rows(EVENTS)}
    assert (found["e2"]["amount"], found["e2"]["currency"], found["e1"]["currency"]) == (7981, "GBP", None)
    assert found["e1"]["properties"] == '{"price": 1.5}'
    assert (found["e2"]["business_date"], found["e3"]["month"]) == (date(2026, 3, 31), "2026-04")

    # A device without a customer is a record of its own, and no device stands in the clear.
    assert found["e3"]["record"] is None
    assert found["e1"]["record"] != found["e2"]["record"]
    assert found["e1"]["device_hash"] == found["e2"]["device_hash"] != "d1"
    assert ask("select anonymous, count(*) from record group by 1 order by 1") == [(False, 1), (True, 1)]

    # A corrected event is the same event; another source's id is another event.
    more = [("e2", "Order Refunded", "2026-04-02", "M1", "", "", ""), ("e7", "Page", "2026-04-02", "", "d1", "", "")]
    count = deliver("event", COLUMNS, first[:1], more, source="web")
    assert (count.landed, count.rejected, count.known) == (1, 0, 2)
    assert deliver("event", COLUMNS, first[:1], source="app").landed == 1
    again = {(row["source"], row["event_id"]): row for row in rows(EVENTS)}
    assert len(again) == len(rows(EVENTS)) == 5
    assert again["web", "e2"]["name"] == "Order Completed"
    assert again["web", "e7"]["record"] == again["web", "e1"]["record"] != again["app", "e1"]["record"]
