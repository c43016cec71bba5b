"""A message that is not delivered in time goes by the next account, and nobody gets it by two, whoever dies when."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.engagement.channels.world import Receiver, add_hook, start_delivery, start_receiver, wait_for
from tests.engagement.conftest import customers_of
from tests.engagement.journeys.conftest import MORNING, at, batches, journey, outcomes, standing
from tests.engagement.journeys.test_following import merge
from tests.engagement.journeys.test_ticking import MAILS, PHONES
from tests.engagement.journeys.test_writing import CHILD

from quanyu.engagement.channels import letters
from quanyu.engagement.channels.accounts import add
from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.channels.following import follow_merged
from quanyu.engagement.channels.message_ids import ids_of, read_ids
from quanyu.engagement.channels.receiving import receive
from quanyu.engagement.channels.rendering import INSTALLED
from quanyu.engagement.channels.spec import Response
from quanyu.engagement.channels.tables import channel_batch
from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.following import move_to_survivors
from quanyu.engagement.journeys.states import bring, start
from quanyu.engagement.journeys.ticking import tick
from quanyu.engagement.journeys.tracing import trace
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace

BOTH = [i for i in PHONES if i in MAILS]
STEPS = (
    "{step: hello, send: {content: hello, by: [texts, mails], fallback_after: {hours: 4}, unsent: lost}}",
    "{step: rest, wait: {days: 9, next: end}}",
    "{step: lost, wait: {days: 9}}",
)
LATE = MORNING + timedelta(hours=4, minutes=1)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    started = start_receiver(tmp_path)
    yield started
    started.stop()


def set_out(
    ws: Workspace, receiver: Receiver, members: list[int], path: str = "/ok", *, receipts: bool = False, **texts: object
) -> set[int]:
    """Let members come to a message by texts, else by mails; return who they are."""
    hook = add_hook(ws, receiver.url(path), "texts", **{"batch": 5, "requests": 1, **texts})
    add(ws, replace(hook, settings={**hook.settings, "receipts": receipts}))
    add_hook(ws, receiver.url("/ok?mails"), "mails", channel="email")
    apply(ws, journey("{call: {}}", *STEPS))
    start(ws, "play")
    everybody = OrdinalSet.of(customers_of(ws, members))
    bring(ws, "play", "1", everybody)
    tick(ws)
    return set(everybody.ordinals().tolist())


def deliver(ws: Workspace) -> None:
    with Delivery(ws, installed(), INSTALLED) as delivery:
        delivery.deliver(5.0)


def answer(ws: Workspace, event: str, customers: list[int]) -> None:
    with ws.begin() as connection:
        first = connection.execute(sa.select(sa.func.min(channel_batch.c.number))).scalar_one()
    receive(ws, [Response(each, event) for each in ids_of(ws, first, OrdinalSet.of(customers).ordinals()).to_pylist()])


def by(ws: Workspace, receiver: Receiver, path: str) -> list[int]:
    """Return who got a message by an account, as often as he did."""
    return read_ids(ws, [line.split(" ")[1] for line in receiver.lines() if line.startswith(path)]).customer.tolist()


def test_only_what_a_receipt_tells_of_counts_where_the_account_has_receipts(stage: Workspace, receiver: Receiver):
    everybody = set_out(stage, receiver, [*PHONES, *MAILS], receipts=True)
    texted = customers_of(stage, PHONES)
    assert standing(stage)["hello"] == set(texted)
    assert standing(stage)["rest"] == everybody - set(texted), "they have no account after that"
    deliver(stage)
    answer(stage, "opened", texted[:6])
    answer(stage, "bounced", texted[6:9])
    tick(stage)
    assert standing(stage)["hello"] == set(texted)
    at(stage, LATE)
    tick(stage)
    told = outcomes(stage)
    assert told["hello", "delivered:texts"] == set(texted[:6])
    assert told["hello", "undelivered:texts"] == set(texted[6:])
    again = set(texted[6:]) & set(customers_of(stage, MAILS))
    assert batches(stage)[-1] == ("mails", again), "the cap of one message a day counts it once"
    assert told["hello", "unreachable"] == set(texted[6:]) - again == standing(stage)["lost"]
    assert standing(stage)["rest"] == everybody - standing(stage)["lost"]
    assert tick(stage) == []


def test_without_receipts_what_was_taken_over_counts_unless_it_bounces(stage: Workspace, receiver: Receiver):
    everybody = set_out(stage, receiver, BOTH)
    deliver(stage)
    bounced = sorted(everybody)[:3]
    answer(stage, "bounced", bounced)
    at(stage, LATE)
    tick(stage)
    assert outcomes(stage)["hello", "delivered:texts"] == everybody - set(bounced)
    assert batches(stage)[-1] == ("mails", set(bounced))


def test_what_has_not_gone_is_withdrawn_and_why_is_told(stage: Workspace, receiver: Receiver):
    everybody = set_out(stage, receiver, BOTH)
    away, survivor = sorted(everybody)[:2]
    fact = merge(stage, away, survivor)
    move_to_survivors(stage, fact)
    follow_merged(stage, fact)
    left = everybody - {away}
    at(stage, LATE)
    tick(stage)
    deliver(stage)
    assert sorted(by(stage, receiver, "/ok?mails")) == sorted(left)
    assert by(stage, receiver, "/ok ") == []
    told = {each.outcome: each for each in trace(stage, survivor)}
    assert told["sent:mails"].why_not is None
    assert told["withdrawn:texts"].said.en == "nothing went by texts in time: the next account"
    assert told["sent:texts"].why_not is not None
    assert told["sent:texts"].why_not.en == "cancelled before it was sent"


def refused(ws: Workspace) -> tuple[str, str]:
    """Return the key and the reason of the only dead letters there are."""
    (letter,) = letters.read(ws)
    return letter.key, letter.reason


def test_a_dead_letter_is_mended_until_it_is_the_turn_of_the_next_account_and_no_more(
    stage: Workspace, receiver: Receiver
):
    everybody = set_out(stage, receiver, BOTH, path="/status/422/2")
    deliver(stage)
    assert letters.resend(stage, *refused(stage)) == 10
    deliver(stage)
    mended = set(by(stage, receiver, "/status"))
    assert mended == everybody
    at(stage, LATE)
    tick(stage)
    assert outcomes(stage)["hello", "delivered:texts"] == everybody


def test_what_went_by_the_next_account_is_not_sent_again(stage: Workspace, receiver: Receiver):
    everybody = set_out(stage, receiver, BOTH, path="/status/422/1")
    deliver(stage)
    at(stage, LATE)
    tick(stage)
    with pytest.raises(Conflict, match="its customers have gone on"):
        letters.resend(stage, *refused(stage))
    deliver(stage)
    texts, mails = by(stage, receiver, "/status"), by(stage, receiver, "/ok?mails")
    assert len(mails) == 5
    assert sorted(texts + mails) == sorted(everybody)


def test_quiet_hours_put_the_next_account_off_and_a_late_receipt_still_counts(stage: Workspace, receiver: Receiver):
    at(stage, MORNING + timedelta(hours=9))
    everybody = set_out(stage, receiver, BOTH, receipts=True)
    deliver(stage)
    at(stage, MORNING + timedelta(hours=13))
    tick(stage)
    assert standing(stage) == {"hello": everybody}
    answer(stage, "delivered", sorted(everybody)[:4])
    at(stage, MORNING + timedelta(hours=23))
    tick(stage)
    assert outcomes(stage)["hello", "delivered:texts"] == set(sorted(everybody)[:4])
    assert batches(stage)[-1] == ("mails", set(sorted(everybody)[4:]))


@pytest.mark.long
def test_a_process_killed_with_messages_in_flight_leaves_them_in_doubt_and_they_are_not_sent_again(
    stage: Workspace, receiver: Receiver, environment: dict[str, str]
):
    everybody = set_out(stage, receiver, BOTH, idempotent=False)
    assert start_delivery(environment, failpoint="channels.marked").wait(60) == -signal.SIGKILL
    at(stage, LATE)
    tick(stage)
    flying = standing(stage)["hello"]
    assert 0 < len(flying) < len(everybody)
    assert start_delivery(environment).wait(60) == 0
    stage.clock.move(timedelta(seconds=11))
    tick(stage)
    assert outcomes(stage)["hello", "unknown:texts"] == flying
    assert sorted(by(stage, receiver, "/ok?mails")) == sorted(everybody - flying)
    assert set(by(stage, receiver, "/ok ")) <= flying


@pytest.mark.long
def test_a_killed_tick_and_who_delivers_next_door_double_and_lose_nothing(
    stage: Workspace, receiver: Receiver, environment: dict[str, str]
):
    everybody = set_out(stage, receiver, BOTH, path="/slow/1000", batch=1)
    delivering = start_delivery(environment)
    assert wait_for(lambda: len(receiver.arrived()) > 1, 60)
    at(stage, LATE)
    killed = {**environment, "QUANYU_FAILPOINT": "journeys.withdrawn"}
    ended = subprocess.run([sys.executable, "-c", CHILD], env=killed, check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert standing(stage)["hello"] == everybody
    tick(stage)
    assert delivering.wait(60) == 0
    while standing(stage).get("hello"):
        stage.clock.move(timedelta(seconds=11))
        tick(stage)
    assert start_delivery(environment).wait(60) == 0
    texts, mails = by(stage, receiver, "/slow"), by(stage, receiver, "/ok?mails")
    assert 0 < len(texts) < len(everybody)
    assert sorted(texts + mails) == sorted(everybody)


@pytest.mark.parametrize("said", ["by: [texts], fallback_after: {hours: 4}", "by: [texts, mails], fallback_after: {}"])
def test_there_is_something_to_fall_back_on(stage: Workspace, said: str):
    with pytest.raises(Invalid) as refused:
        apply(stage, journey("{call: {}}", f"{{step: hello, send: {{content: hello, {said}}}}}"))
    assert "steps[0].send.fallback_after" in str([fault.place for fault in refused.value.faults])
