"""A receiver is told of whoever comes to a step, in requests of a size, signed; and who fails goes another way."""

import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.engagement.channels.test_following import deliver_part
from tests.engagement.channels.world import SECRET, Receiver, start_delivery, start_receiver
from tests.engagement.conftest import customers_of, member
from tests.engagement.journeys.conftest import MORNING, at, journey, outcomes, standing

from quanyu.engagement.channels import accounts, letters
from quanyu.engagement.channels.definitions import installed, read_account
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.channels.outbox import progress
from quanyu.engagement.channels.rendering import INSTALLED
from quanyu.engagement.channels.telling import tell
from quanyu.engagement.journeys.canvas import to_canvas, to_definition
from quanyu.engagement.journeys.definitions import apply, parse
from quanyu.engagement.journeys.states import bring, start
from quanyu.engagement.journeys.ticking import tick
from quanyu.engagement.journeys.tracing import trace
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.packs import standing as standing_pack

CRM = f"""name: crm
through: webhook
settings: {{url: "URL", secret: {SECRET}, timeout: 2, batch: 4, requests: 1, idempotent: false, private: true}}
"""
TELL = "{step: tell, webhook: {account: crm, fields: [tags.frequency, customer.name, entry.order]}}"
OR_FAIL = "{step: tell, webhook: {account: crm, fields: [tags.frequency], failed: lost, within: {hours: 2}}}"
REST, LOST = "{step: rest, wait: {days: 9, next: end}}", "{step: lost, wait: {days: 9}}"


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    started = start_receiver(tmp_path)
    yield started
    started.stop()


def set_out(ws: Workspace, url: str, *steps: str) -> list[int]:
    """Let ten members come, each with what is told of his entry; return who they are."""
    accounts.add(ws, read_account(CRM.replace("URL", url), installed()))
    apply(ws, journey("{call: {}}", *steps))
    start(ws, "play")
    customers = customers_of(ws, range(10))
    bring(ws, "play", "1", OrdinalSet.of(customers[5:]), [(who, {"order": f"A-{who}"}) for who in customers[:5]])
    tick(ws)
    return customers


def deliver(ws: Workspace, patience: float = 5.0) -> None:
    with Delivery(ws, installed(), INSTALLED) as delivery:
        delivery.deliver(patience)


def told(receiver: Receiver) -> list[dict]:
    return [json.loads(line.split(" ", 2)[2]) for line in receiver.lines()]


def test_a_receiver_is_told_what_the_step_names_of_each_who_comes(stage: Workspace, receiver: Receiver):
    customers = set_out(stage, receiver.url(), TELL, REST)
    assert standing(stage) == {"rest": set(customers)}
    deliver(stage)
    found = told(receiver)
    assert len({each["one_id"] for each in found}) == len(found) == 10
    tags = sorted(each["tags"]["frequency"] for each in found)
    assert tags == sorted(1 + i % 3 if i % 2 == 0 else 0 for i in range(10))
    assert sorted(each.get("entry", {}).get("order", "") for each in found) == sorted(
        [*(f"A-{who}" for who in customers[:5]), *[""] * 5]
    )
    names = [each["customer"]["name"] for each in found if "customer" in each]
    assert sorted(names) == sorted(member(i)[1] for i in range(10) if member(i)[1])
    assert not {"address", "to", "text"} & set().union(*found)
    assert tell(stage).messages == 0, "nobody was written to"
    assert "crm is to be told of him" in [each.said.en for each in trace(stage, customers[0])]


def test_who_waits_goes_on_when_it_was_told_and_another_way_when_it_was_not(stage: Workspace, receiver: Receiver):
    customers = set_out(stage, receiver.url("/each"), TELL.replace("}}", ", failed: lost}}"), REST, LOST)
    assert standing(stage) == {"tell": set(customers)}
    tick(stage)
    assert standing(stage) == {"tell": set(customers)}
    bring(stage, "play", "2", OrdinalSet.empty(), [(customers_of(stage, [11])[0], {"order": "please refuse"})])
    tick(stage)
    deliver(stage)
    tick(stage)
    (refused,) = customers_of(stage, [11])
    assert standing(stage) == {"rest": set(customers), "lost": {refused}}
    assert outcomes(stage)["tell", "posted:crm"] == set(customers)
    (why,) = [each.why_not for each in trace(stage, refused) if each.outcome == "posts:crm"]
    assert why is not None
    assert why.en == "dead_no_such_number"
    (letter,) = letters.read(stage)
    with pytest.raises(Conflict, match="gone on"):
        letters.resend(stage, letter.key, letter.reason)


def test_what_failed_may_be_mended_while_the_rest_of_it_is_under_way(stage: Workspace, receiver: Receiver):
    customers = set_out(stage, receiver.url("/status/422/1"), OR_FAIL, REST, LOST)
    deliver_part(stage, 1)
    tick(stage)
    assert standing(stage) == {"tell": set(customers)}
    (letter,) = letters.read(stage)
    assert letters.resend(stage, letter.key, letter.reason) == 4
    deliver(stage)
    tick(stage)
    assert standing(stage) == {"rest": set(customers)}
    assert len({each["one_id"] for each in told(receiver)}) == len(told(receiver)) == 10


def test_what_cannot_be_told_in_time_is_withdrawn_and_fails(stage: Workspace, receiver: Receiver):
    receiver.stop()
    customers = set_out(stage, receiver.url(), OR_FAIL, REST, LOST)
    deliver(stage, patience=0.0)
    tick(stage)
    assert standing(stage) == {"tell": set(customers)}
    at(stage, MORNING + timedelta(hours=2, minutes=1))
    tick(stage)
    assert standing(stage) == {"lost": set(customers)}
    assert [(each.state, dict(each.reasons)) for each in progress(stage)] == [("cancelled", {"cancelled": 10})]


@pytest.mark.scale
def test_killed_with_a_request_in_flight_it_is_not_told_again(
    stage: Workspace, receiver: Receiver, environment: dict[str, str]
):
    customers = set_out(stage, receiver.url(), OR_FAIL, REST, LOST)
    assert start_delivery(environment, failpoint="channels.handed").wait(60) == -signal.SIGKILL
    assert start_delivery(environment).wait(60) == 0
    tick(stage)
    assert standing(stage) == {"rest": set(customers)}
    assert len({each["one_id"] for each in told(receiver)}) == len(told(receiver)) == 10
    assert tell(stage).messages == 0


def test_what_is_private_is_told_to_whom_the_account_permits_it_only(stage: Workspace, receiver: Receiver):
    account = read_account(CRM.replace("URL", receiver.url()), installed())
    accounts.add(stage, replace(account, settings={**account.settings, "private": False}))
    with pytest.raises(Invalid) as refused:
        apply(stage, journey("{call: {}}", TELL))
    assert "private: true in the account's settings" in refused.value.faults[0].allowed
    set_out(stage, receiver.url(), TELL)
    accounts.add(stage, replace(account, settings={**account.settings, "private": False}))
    deliver(stage)
    assert [dict(each.reasons) for each in progress(stage)] == [{"dead_not_permitted": 10}]
    assert receiver.lines() == []


@pytest.mark.parametrize(
    "said",
    ["account: texts", "account: crm, fields: [tags.nothing]", "account: crm, within: {hours: 1}", "fields: []"],
)
def test_faults_are_named(stage: Workspace, said: str):
    accounts.add(stage, read_account(CRM.replace("URL", "http://127.0.0.1:1/"), installed()))
    with pytest.raises(Invalid) as refused:
        apply(stage, journey("{call: {}}", f"{{step: tell, webhook: {{{said}}}}}"))
    assert all("webhook" in fault.place for fault in refused.value.faults)


def test_a_canvas_draws_both_ways(stage: Workspace):
    askables, text = standing_pack(stage).askables, journey("{call: {}}", OR_FAIL, REST, LOST)
    canvas = to_canvas(text, askables, "CNY")
    assert {(e["key"], e["target"]) for e in canvas["edges"] if e["source"] == "tell"} == {
        ("next", "rest"),
        ("failed", "lost"),
    }
    again = json.dumps(to_definition(canvas), default=str)
    assert parse(read(again), askables, "CNY", again).steps == parse(read(text), askables, "CNY", text).steps
