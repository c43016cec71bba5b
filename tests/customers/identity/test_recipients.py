"""A message to a phone is its owner's, however the phone is written and whichever of the two comes first."""

import pytest

from quanyu.customers.identity.recognising import Recognised, recognise
from quanyu.customers.messages.tables import MESSAGES, RESPONSES
from quanyu.foundation.home import create

MESSAGE = "message_id channel recipient recipient_type sent_at customer"
RESPONSE = "message_id recipient recipient_type event occurred_at"
LONG = "key type value"
OWN, OTHERS, MASKED = "+86 139 1111 2222", "13933334444", "139****2222"
SENT = [
    ("m1", "sms", OWN, "phone", "2026-03-01 09:00", ""),
    ("m2", "sms", "13911112222", "手机号", "2026-03-02 09:00", ""),
    ("m3", "sms", OTHERS, "phone", "2026-03-02 09:00", ""),
    ("m4", "sms", MASKED, "phone", "2026-03-02 09:00", ""),
    ("m5", "sms", "13955556666", "phone", "2026-03-02 09:00", "M2"),
]
MEMBERS = [("M1", "phone", "86-13911112222"), ("M2", "card", "c2")]


@pytest.fixture
def home(settings):
    """Where numbers go without a calling code, as those of the test do."""
    made = create(settings, "main", "Asia/Shanghai", "CNY")
    yield made
    made.close()


@pytest.mark.each_point
@pytest.mark.parametrize("member_first", [True, False])
def test_a_message_to_a_phone_is_its_owners(member_first, deliver, workspace, rows, ask):
    if member_first:
        deliver("identifier", LONG, MEMBERS, source="till")
    deliver("message", MESSAGE, SENT, source="sms")
    assert recognise(workspace).created == (3 if member_first else 1)  # M1, and M2 of either source
    if not member_first:
        deliver("identifier", LONG, MEMBERS, source="till")
        assert recognise(workspace) == Recognised(3, 2, 0, 3)
    sent = {row["message_id"]: row for row in rows(MESSAGES)}
    owners = dict(ask("select record, customer from record_customer"))
    assert sent["m1"]["record"] == sent["m2"]["record"] != sent["m5"]["record"]
    assert sent["m1"]["recipient_hash"] == sent["m1"]["addressee"] == sent["m2"]["recipient_hash"]
    assert {row["recipient_scope"] for row in sent.values()} == {"global"}
    assert owners[sent["m1"]["record"]] == owners[_record_of(ask, sent["m1"]["recipient_hash"])]
    assert sent["m3"]["record"] not in owners  # nobody has that number yet
    assert sent["m4"]["record"] is None
    assert sent["m4"]["addressee"] == sent["m4"]["recipient_hash"] != sent["m1"]["recipient_hash"]
    assert ask("select count(*) from record where anonymous") == [(1,)]

    deliver("response", RESPONSE, [("m1", "13911112222", "phone", "click", "2026-03-01 10:00")], source="sms")
    deliver("message", MESSAGE, SENT, source="email")  # the same people through another system
    assert {row["record"] for row in rows(RESPONSES)} == {sent["m1"]["record"]}
    assert recognise(workspace) == Recognised(1, 1, 0, 4)  # M2 of e-mail alone
    deliver("identifier", LONG, [("M3", "phone", OTHERS)], source="till")
    assert recognise(workspace) == Recognised(2, 1, 0, 5)
    owners = dict(ask("select record, customer from record_customer"))
    assert sent["m3"]["record"] in owners
    assert ask("select count(*) from record where anonymous") == [(0,)]


def test_a_recipient_is_told_by_its_type_within_its_scope(deliver, rows):
    columns = "message_id channel recipient recipient_type recipient_scope"
    apps = [("m1", "push", "r1", "registration_id", "a"), ("m2", "push", "r1", "registration_id", "b")]
    deliver("message", columns, [*apps, ("m3", "push", "r1", "", "a")], source="push")
    sent = {row["message_id"]: row for row in rows(MESSAGES)}
    assert len({row["recipient_hash"] for row in sent.values()}) == 3
    assert sent["m1"]["record"] != sent["m2"]["record"]
    assert sent["m3"]["record"] is None  # of what type it is nobody said


def _record_of(ask, value_hash: str) -> int:
    """Return the member's record that has the identifier: the first one that was opened by the till."""
    return ask(
        f"""select r.record from identifier i join record r using (workspace, record)
            where i.value_hash = '{value_hash}' and r.source = 'till'"""
    )[0][0]
