"""The events of all screens, as Segment's libraries send them."""

from datetime import datetime, timedelta

import pytest

EVENTS = {
    "Products Searched",
    "Product List Viewed",
    "Product Viewed",
    "Product Added",
    "Cart Viewed",
    "Checkout Started",
    "Order Completed",
}


@pytest.fixture(scope="module", params=["web", "app", "mini_program"])
def events(request, objects):
    return objects(f"{request.param}/events-*.jsonl.gz")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_events_keep_to_the_specification(events):
    assert len({event["messageId"] for event in events}) == len(events) > 1_000
    assert {event["type"] for event in events} in ({"page", "track", "identify"}, {"screen", "track", "identify"})
    assert {event["event"] for event in events if event["type"] == "track"} == EVENTS
    viewed = [event["properties"] for event in events if event.get("event") == "Product Viewed"]
    assert all({"product_id", "sku", "name", "category", "price", "currency"} <= set(told) for told in viewed)
    assert all(event["context"]["library"]["name"] for event in events)
    assert not any("ip" in event["context"] for event in events)


def test_times_follow_from_each_other_and_lie_in_order(events):
    wrong = 0
    for event in events:
        said, sent, received, kept = (
            _time(event[name]) for name in ("originalTimestamp", "sentAt", "receivedAt", "timestamp")
        )
        assert kept == received - (sent - said)
        assert timedelta(0) <= sent - said < timedelta(seconds=6)
        wrong += abs(received - sent) > timedelta(minutes=5)
    assert 0 <= wrong / len(events) < 0.02
    kept = [event["timestamp"][:19] for event in events]
    assert kept == sorted(kept)
    assert kept[0] >= "2025-06-30T16:00:00"
    assert kept[-1] < "2026-06-30T16:00:00"


def test_some_clocks_are_wrong_by_hours(objects):
    events = [event for screen in ("web", "mini_program") for event in objects(f"{screen}/events-*.jsonl.gz")]
    wrong = {
        e["anonymousId"] for e in events if abs(_time(e["receivedAt"]) - _time(e["sentAt"])) > timedelta(minutes=5)
    }
    assert 0 < len(wrong) / len({event["anonymousId"] for event in events}) < 0.02


def test_who_logs_in_is_told_once_and_was_nobody_before(events):
    logins = [place for place, event in enumerate(events) if event["type"] == "identify"]
    assert len(logins) > 20
    assert all(events[place]["traits"] == {"id": events[place]["userId"]} for place in logins)
    strangers = sum(event["userId"] is None for event in events)
    assert 0 < strangers < len(events)


def test_pages_of_the_site_carry_the_marks_of_a_clicked_campaign(objects):
    landed = [event for event in objects("web/events-*.jsonl.gz") if event.get("name") == "Landing"]
    assert landed
    for event in landed:
        page = event["context"]["page"]
        assert page["search"].endswith("utm_campaign=" + event["context"]["campaign"]["name"])
        assert page["url"].endswith(page["path"] + page["search"])
