"""What comes back counts once, refusals at once, and the lake is told of all of it."""

from datetime import timedelta

from tests.engagement.channels.conftest import MEMBERS
from tests.engagement.channels.test_delivering import customers_of, stands
from tests.engagement.channels.world import Receiver, add_hook, deliver, put

from quanyu.customers.consent.projecting import project
from quanyu.customers.consent.refusing import refused_now
from quanyu.customers.messages.tables import MESSAGES, RESPONSES
from quanyu.engagement.channels.message_ids import ids_of
from quanyu.engagement.channels.receiving import Received, Response, receive
from quanyu.engagement.channels.telling import Told, tell
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.consenting import permitted

EVERYBODY = OrdinalSet.first(MEMBERS)


def sent(club: Workspace, receiver: Receiver) -> list[str]:
    """Send to everybody, and return the ids by customer."""
    add_hook(club, receiver.url())
    put(club)
    deliver(club)
    return ids_of(club, stands(club).number, EVERYBODY.ordinals()).to_pylist()


def test_a_refusal_counts_at_once_everywhere_and_for_good(club: Workspace, receiver: Receiver, rows, ask):
    ids = sent(club, receiver)
    assert receive(club, [Response(ids[7], "unsubscribed"), Response(ids[9], "complained")]) == Received(2, 0, 0)
    for landed in (False, True):
        left = permitted(club, EVERYBODY, "marketing", "sms")
        assert left.members == EVERYBODY - OrdinalSet.of([7, 9])
        assert left.left_out == {"complained": 1, "unsubscribed": 1}
        key = f"spring:{landed}"
        put(club, key)
        deliver(club)
        assert dict(stands(club, key).reasons) == {"complained": 1, "unsubscribed": 1}
        if not landed:
            assert tell(club) == Told(2 * MEMBERS - 2, 2)
            project(club)
            with club.begin() as connection:
                assert refused_now(club, connection, "sms") == {}
    assert ask("select count(*) from consent_refusal") == [(0,)]


def test_responses_count_once_and_only_to_messages_of_ours(club: Workspace, receiver: Receiver):
    ids, now = sent(club, receiver), club.clock.now()
    clicked = Response(ids[1], "clicked", now)
    told = [clicked, Response(ids[1], "clicked", now + timedelta(seconds=5)), Response(ids[2], "opened", now, "v-1")]
    assert receive(club, told) == Received(3, 0, 0)
    assert receive(club, told) == Received(0, 3, 0)
    strange = [Response("f" * 32, "clicked"), Response("", "clicked"), Response(ids[3], "eaten")]
    assert receive(club, strange) == Received(0, 0, 3)


def test_more_come_back_at_once_than_one_statement_takes(club: Workspace, receiver: Receiver, ask):
    ids, now = sent(club, receiver), club.clock.now()
    many = [Response(ids[i % 50], "clicked", now - timedelta(seconds=i)) for i in range(8_200)]  # of 8 values each
    assert receive(club, [*many, many[0]]) == Received(8_200, 1, 0)
    assert receive(club, many[-3:]) == Received(0, 3, 0)
    assert ask("select count(*) from channel_response") == [(8_200,)]


def test_the_lake_is_told_once_of_messages_and_of_how_they_ended(club: Workspace, receiver: Receiver, rows):
    ids = sent(club, receiver)
    assert tell(club) == Told(MEMBERS, 0)
    assert tell(club) == Told(0, 0)
    later = club.clock.now() + timedelta(hours=1)
    club.clock.move(timedelta(hours=1))
    receive(club, [Response(ids[0], "bounced", later), Response(ids[1], "delivered", later)])
    assert tell(club) == Told(0, 2)
    messages = {row["message_id"]: row for row in rows(MESSAGES)}
    assert len(messages) == MEMBERS
    assert [messages[ids[n]]["status"] for n in range(3)] == ["failed", "delivered", "sent"]
    assert {row["campaign"] for row in messages.values()} == {"spring"}
    assert {row["template"] for row in messages.values()} == {"hello:1"}
    owners = {row["message_id"]: row["record"] for row in rows(MESSAGES)}
    assert {(row["event"], row["record"]) for row in rows(RESPONSES)} == {
        ("bounced", owners[ids[0]]),
        ("delivered", owners[ids[1]]),
    }
    assert customers_of(club, list(messages)) is not None
