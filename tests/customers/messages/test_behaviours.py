"""What was sent and answered, one row each; a click that names only its message is of whom that went to."""

from datetime import UTC, datetime

import pytest

from quanyu.customers.messages.behaviours import ANSWERED, SENT
from quanyu.customers.messages.tables import MESSAGES, RESPONSES
from quanyu.foundation.measuring import Behaviour, Scope

MESSAGE = "message_id channel recipient recipient_type customer sent_at"
RESPONSE = "message_id channel event customer occurred_at"
ANSWERS = [
    ("m1", "sms", "clicked", "", "2026-03-01 10:00"),
    ("m1", "sms", "opened", "", "2026-03-09 10:00"),
    ("m2", "sms", "clicked", "W2", "2026-03-01 11:00"),
    ("all", "wecom", "clicked", "", "2026-03-01 12:00"),
    ("nothing", "sms", "clicked", "", "2026-03-01 12:00"),
]
MESSAGES_SENT = [
    ("m1", "sms", "13911112222", "phone", "", "2026-03-01 09:00"),
    ("m2", "sms", "", "", "W2", "2026-03-01 09:00"),
    ("all", "wecom", "", "", "W1", "2026-03-01 09:00"),
    ("all", "wecom", "", "", "W2", "2026-03-01 09:00"),
]


@pytest.fixture
def build(workspace):
    """Return a function that gives a behaviour's rows by the end of 7 March."""

    def built(behaviour: Behaviour, *columns: str) -> list[dict]:
        vector = workspace.lake.vector(behaviour.tables)
        pinned = {table.name: workspace.lake.table(table, vector) for table in behaviour.tables}
        scope = Scope(pinned, datetime(2026, 3, 8, tzinfo=UTC), "Europe/London")
        return workspace.lake.to_arrow(behaviour.build(scope, frozenset(columns))).to_pylist()

    return built


@pytest.mark.parametrize("answers_first", [True, False])
def test_a_click_that_names_its_message_alone_is_of_whom_it_went_to(answers_first, deliver, build, rows):
    if answers_first:
        deliver("response", RESPONSE, ANSWERS, source="crm")
        assert [row["channel"] for row in build(ANSWERED, "channel")] == ["sms"]
    deliver("message", MESSAGE, MESSAGES_SENT, source="crm")
    if not answers_first:
        deliver("response", RESPONSE, ANSWERS, source="crm")
    record = {(row["message_id"], row["recipient_hash"] is None): row["record"] for row in rows(MESSAGES)}
    answered = build(ANSWERED, "event", "hour")
    assert sorted((row["record"], row["hour"]) for row in answered) == sorted(
        [(record["m1", False], 10), (record["m2", True], 11)]
    )
    assert all(row["record"] is None for row in rows(RESPONSES) if row["message_id"] == "m1")
    sent = {(row["record"], row["channel"]): row for row in build(SENT, "channel", "clicked", "opened")}
    assert [row["clicked"] for row in sent.values() if row["channel"] == "wecom"] == [False, False]
    assert sent[record["m1", False], "sms"]["clicked"]
    assert not sent[record["m1", False], "sms"]["opened"]  # that comes later
    assert sent[record["m2", True], "sms"]["clicked"]
