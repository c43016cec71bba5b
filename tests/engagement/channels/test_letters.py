"""Dead letters are read by reason, and sent again with the same ids once somebody has mended what was wrong."""

import pytest
from tests.engagement.channels.conftest import MEMBERS
from tests.engagement.channels.test_delivering import stands
from tests.engagement.channels.test_following import deliver_part
from tests.engagement.channels.world import Receiver, add_hook, deliver, put, render

from quanyu.engagement.channels import letters, outbox
from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.delivering import Delivery
from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.workspace import Workspace

THIRDS = len(range(0, MEMBERS, 3))


def mended(ws, name, version, channel, customers, *given):
    """The second version of the content has no fault."""
    return render(ws, "hello" if version == 2 else name, version, channel, customers)


def test_letters_go_when_the_content_is_mended(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url())
    put(club, content="faulty")
    deliver(club)
    (letter,) = letters.read(club)
    assert (letter.key, letter.reason, letter.customers) == ("spring:1", "dead_unrendered", THIRDS)
    assert letters.resend(club, "spring:1", "dead_unrendered", 2) == THIRDS
    with Delivery(club, installed(), mended) as delivery:
        delivery.deliver(5.0)
    assert (stands(club).state, stands(club).accepted, dict(stands(club).reasons)) == ("done", MEMBERS, {})
    assert len(set(receiver.arrived())) == len(receiver.arrived()) == MEMBERS
    assert letters.read(club) == []


def test_what_nobody_knows_of_is_sent_again_only_when_somebody_says_so(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url("/taken/500/1"), batch=500, requests=1, idempotent=False)
    put(club)
    deliver(club)
    assert [letter.reason for letter in letters.read(club)] == ["unknown"]
    assert letters.resend(club, "spring:1", "unknown") == MEMBERS
    deliver(club)
    assert stands(club).accepted == MEMBERS


def test_what_failed_of_a_batch_that_is_closed_stays_and_is_not_sent_again(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url())
    put(club, content="faulty")
    deliver(club)
    with club.begin() as connection:
        assert outbox.close(club, connection, ["spring:2"]) == 0
        assert outbox.close(club, connection, ["spring:1"]) == 1
    (letter,) = letters.read(club)
    assert (letter.state, letter.customers, stands(club).open) == ("closed", THIRDS, 0)
    with pytest.raises(Conflict, match="gone on") as refused:
        letters.resend(club, "spring:1", "dead_unrendered", 2)
    assert list(refused.value.allowed) == ["waiting", "paused", "done"]
    assert letters.read(club) == [letter]


def test_letters_that_are_not_there_are_not_sent(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url())
    put(club)
    for key, reason in (("spring:1", "dead_unrendered"), ("none", "unknown")):
        with pytest.raises(NotFound):
            letters.resend(club, key, reason)


@pytest.mark.parametrize(
    "letting_go", [lambda ws, c: outbox.withdraw(ws, c, ["spring:1"]), lambda ws, c: outbox.cancel(ws, c, "spring:1")]
)
def test_what_was_withdrawn_is_not_sent_again(club: Workspace, receiver: Receiver, letting_go):
    """Who is unknown of it counts as having got it, and who got nothing may have got something else since."""
    add_hook(club, receiver.url("/taken/500/1"), batch=50, requests=1, idempotent=False)
    put(club)
    deliver_part(club, 1)
    arrived = receiver.arrived()
    with club.begin() as connection:
        letting_go(club, connection)
    assert [letter.reason for letter in letters.read(club)] == ["unknown"]
    with pytest.raises(Conflict, match="it is cancelled"):
        letters.resend(club, "spring:1", "unknown")
    deliver(club)
    assert receiver.arrived() == arrived
    assert stands(club).state == "cancelled"
