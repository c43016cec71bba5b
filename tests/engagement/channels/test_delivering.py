"""Whatever happens while a campaign goes out, nobody gets it twice, nobody is lost, and what is in doubt is listed."""

import random
import signal
import time
from collections import Counter
from dataclasses import replace

import pytest
import sqlalchemy as sa
from tests.engagement.channels.conftest import MEMBERS
from tests.engagement.channels.world import (
    Receiver,
    add_hook,
    deliver,
    join_club,
    put,
    start_delivery,
    start_receiver,
    wait_for,
)

from quanyu.engagement.channels import accounts, outbox
from quanyu.engagement.channels.delivering import FAILPOINTS
from quanyu.engagement.channels.message_ids import ids_of, read_ids
from quanyu.engagement.channels.model import BROKEN, Progress
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace

EVERYBODY = OrdinalSet.first(MEMBERS)


def stands(ws: Workspace, key: str = "spring:1") -> Progress:
    return next(p for p in outbox.progress(ws) if p.key == key)


def reasons(ws: Workspace) -> dict[str, int]:
    return dict(stands(ws).reasons)


def customers_of(ws: Workspace, ids: list[str]) -> list[int]:
    return read_ids(ws, ids).customer.tolist()


def test_everybody_gets_the_message_once(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url())
    put(club)
    deliver(club)
    assert stands(club).state == "done"
    assert stands(club).accepted == MEMBERS
    assert sorted(customers_of(club, receiver.arrived())) == EVERYBODY.ordinals().tolist()
    assert {line.split(" ", 2)[2] for line in receiver.lines()} == {f"hello {n}" for n in range(MEMBERS)}
    assert sorted(receiver.arrived()) == sorted(ids_of(club, stands(club).number, EVERYBODY.ordinals()).to_pylist())
    deliver(club)
    assert len(receiver.arrived()) == MEMBERS


def check_nothing_lost_nothing_twice(ws: Workspace, receiver: Receiver, members: int, *, idempotent: bool) -> None:
    """Of a batch that is done: an idempotent receiver has each message; of another one nobody's twice, or unlisted."""
    told = stands(ws)
    assert told.state == "done"
    arrived = receiver.arrived()
    who = customers_of(ws, arrived)
    assert set(who) <= set(range(members))
    assert told.accepted + sum(told.reasons.values()) == members
    if idempotent:
        assert set(who) == set(range(members))
        assert not told.reasons
        return
    assert len(arrived) == len(set(arrived)), "somebody got it twice"
    with ws.begin() as connection:
        unknown = outbox.reached_not(ws, connection, told.number, "unknown").get("unknown", OrdinalSet.empty())
    assert set(range(members)) - set(who) <= set(unknown.ordinals().tolist()), "somebody is lost"


def run_to_the_end(environment: dict[str, str], build: str = "whole") -> None:
    assert start_delivery(environment, build).wait(120) == 0


@pytest.mark.each_point
@pytest.mark.parametrize("idempotent", [True, False])
@pytest.mark.parametrize("point", [pytest.param(point, marks=pytest.mark.each_point) for point in FAILPOINTS])
def test_a_process_that_dies_anywhere_loses_and_doubles_nothing(
    club: Workspace, receiver: Receiver, environment: dict[str, str], point: str, idempotent: bool
):
    add_hook(club, receiver.url(), batch=20, idempotent=idempotent)
    put(club)
    assert start_delivery(environment, failpoint=point).wait(60) == -signal.SIGKILL
    run_to_the_end(environment)
    check_nothing_lost_nothing_twice(club, receiver, MEMBERS, idempotent=idempotent)


@pytest.mark.parametrize(("build", "point"), [("before", "channels.marked"), ("after", "channels.handed")])
def test_a_build_that_marks_at_the_wrong_moment_is_found_out(
    club: Workspace, receiver: Receiver, environment: dict[str, str], build: str, point: str
):
    idempotent = build == "before"
    add_hook(club, receiver.url(), batch=20, idempotent=idempotent)
    put(club)
    assert start_delivery(environment, build, failpoint=point).wait(60) == -signal.SIGKILL
    run_to_the_end(environment, build)
    with pytest.raises(AssertionError):
        check_nothing_lost_nothing_twice(club, receiver, MEMBERS, idempotent=idempotent)


def kill_at_random(ws: Workspace, environment: dict[str, str], kills: int, seed: int, spell: float) -> int:
    """Start who delivers and kill him, again and again, once he sends; return how often he was killed at work."""
    chance, killed = random.Random(seed), 0
    for _ in range(kills):
        running = start_delivery(environment)
        before = stands(ws).accepted
        wait_for(lambda before=before, running=running: stands(ws).accepted > before or running.poll() is not None, 60)
        time.sleep(chance.uniform(0, spell))
        running.kill()
        killed += running.wait() == -signal.SIGKILL
    return killed


@pytest.mark.long
@pytest.mark.parametrize("idempotent", [pytest.param(True, marks=pytest.mark.scale), False])
def test_random_kills_lose_and_double_nothing(
    club: Workspace, receiver: Receiver, environment: dict[str, str], idempotent: bool
):
    add_hook(club, receiver.url("/slow/150"), batch=5, idempotent=idempotent)
    put(club)
    assert kill_at_random(club, environment, 3, seed=7, spell=0.3) >= 2
    run_to_the_end(environment)
    check_nothing_lost_nothing_twice(club, receiver, MEMBERS, idempotent=idempotent)


@pytest.mark.scale
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("idempotent", [True, False])
def test_twenty_random_kills_during_a_campaign_to_two_hundred_thousand(
    club: Workspace, receiver: Receiver, environment: dict[str, str], tmp_path, idempotent: bool
):
    join_club(club, tmp_path, 200_000 - MEMBERS, first=MEMBERS)
    add_hook(club, receiver.url("/slow/60"), batch=100, idempotent=idempotent)
    put(club)
    assert kill_at_random(club, environment, 20, seed=11, spell=1.5) == 20
    run_to_the_end(environment)
    check_nothing_lost_nothing_twice(club, receiver, 200_000, idempotent=idempotent)


def test_two_workers_share_a_campaign_and_double_nothing(
    club: Workspace, receiver: Receiver, environment: dict[str, str]
):
    add_hook(club, receiver.url("/slow/20"), batch=5, idempotent=False)
    for n in range(4):
        put(club, f"spring:{n}", members=EVERYBODY.sample(60, n))
    both = [start_delivery(environment) for _ in range(2)]
    assert [running.wait(60) for running in both] == [0, 0]
    run_to_the_end(environment)
    assert all(p.state == "done" and p.accepted == 60 for p in outbox.progress(club))
    assert Counter(Counter(receiver.arrived()).values()) == {1: 240}


def test_a_receiver_that_fails_for_a_while_is_tried_again_later(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url("/status/500/2"), batch=500)
    put(club)
    deliver(club)
    assert stands(club).accepted == MEMBERS
    assert len(receiver.arrived()) == MEMBERS


def test_patience_that_is_asked_for_is_given(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url("/patience/2"), batch=500, requests=1)
    put(club)
    begun = time.monotonic()
    deliver(club)
    assert time.monotonic() - begun > 2
    assert len(receiver.arrived()) == stands(club).accepted == MEMBERS


@pytest.mark.parametrize("path", ["/silent/1", "/taken/500/1"])
def test_what_was_taken_without_an_answer_is_sent_again_only_to_who_takes_it_once(
    club: Workspace, receiver: Receiver, path: str
):
    add_hook(club, receiver.url(path), batch=500, requests=1)
    add_hook(club, receiver.url(path + "?careless"), name="careless", batch=500, requests=1, idempotent=False)
    put(club)
    put(club, "spring:2", account="careless")
    deliver(club)
    assert stands(club).accepted == MEMBERS
    careless = stands(club, "spring:2")
    assert (careless.state, careless.accepted, dict(careless.reasons)) == ("done", 0, {"unknown": MEMBERS})
    counted = Counter(receiver.arrived())
    assert Counter(counted[id_] for id_ in ids_of(club, stands(club).number, EVERYBODY.ordinals()).to_pylist()) == {
        2: MEMBERS
    }
    assert Counter(counted[id_] for id_ in ids_of(club, careless.number, EVERYBODY.ordinals()).to_pylist()) == {
        1: MEMBERS
    }


def test_a_transactional_message_is_sent_again_whoever_takes_it(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url("/taken/500/1"), batch=500, requests=1, idempotent=False)
    put(club, purpose="transactional")
    deliver(club)
    assert stands(club).accepted == MEMBERS
    assert Counter(Counter(receiver.arrived()).values()) == {2: MEMBERS}


def test_what_the_receiver_says_of_each_message_holds_for_that_one(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url("/each"), batch=500)
    put(club, content="refuse")
    put(club, "spring:2", content="later")
    deliver(club)
    thirds = len(range(0, MEMBERS, 3))
    assert reasons(club) == {"dead_no_such_number": thirds}
    assert stands(club).accepted == MEMBERS - thirds
    later = stands(club, "spring:2")
    assert (later.accepted, dict(later.reasons)) == (MEMBERS, {})


def test_an_account_that_is_refused_as_such_waits_for_somebody(club: Workspace, receiver: Receiver):
    account = add_hook(club, receiver.url("/status/401/1"), batch=100, requests=1)
    put(club)
    deliver(club)
    assert (stands(club).accepted, stands(club).open, receiver.arrived()) == (0, MEMBERS, [])
    from quanyu.engagement.channels import accounts

    assert [a.broken for a in accounts.every(club)] == ["unauthorised"]
    accounts.add(club, account)
    deliver(club)
    assert stands(club).accepted == MEMBERS


def test_nobody_listens(club: Workspace, receiver: Receiver):
    receiver.stop()
    add_hook(club, receiver.url(), batch=100, idempotent=False)
    put(club)
    deliver(club, patience=2.0)
    assert (stands(club).accepted, stands(club).open, reasons(club)) == (0, MEMBERS, {})


def test_what_is_wrong_with_a_message_makes_it_a_dead_letter(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url())
    put(club, content="faulty")
    deliver(club)
    thirds = len(range(0, MEMBERS, 3))
    assert reasons(club) == {"dead_unrendered": thirds}
    assert len(receiver.arrived()) == MEMBERS - thirds


def test_a_stop_holds_within_a_second(club: Workspace, receiver: Receiver, environment: dict[str, str]):
    add_hook(club, receiver.url("/slow/200"), batch=5, idempotent=True)
    put(club)
    running = start_delivery(environment)
    assert wait_for(lambda: len(receiver.arrived()) > 0)
    with club.begin() as connection:
        outbox.cancel(club, connection, "spring:")
    stopped = time.monotonic()
    time.sleep(1.0)
    before = len(receiver.arrived())
    assert running.wait(30) == 0
    assert time.monotonic() - stopped < 10
    assert len(receiver.arrived()) == before < MEMBERS
    told = stands(club)
    assert (told.state, told.accepted, dict(told.reasons)) == ("cancelled", before, {"cancelled": MEMBERS - before})


def test_what_is_late_is_dropped(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url())
    put(club, expires_at=club.clock.now())
    deliver(club)
    assert (stands(club).state, reasons(club), receiver.arrived()) == ("done", {"expired": MEMBERS}, [])


def test_who_was_erased_or_numbered_anew_gets_nothing(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url())
    put(club)
    from quanyu.foundation.sets.storage import to_bytes

    with club.begin() as connection:
        alive = to_bytes(EVERYBODY - OrdinalSet.of([3, 5]))
        connection.execute(sa.text("update population set alive = :alive"), {"alive": alive})
    deliver(club)
    assert reasons(club) == {"gone": 2}
    assert {3, 5}.isdisjoint(customers_of(club, receiver.arrived()))
    put(club, "spring:2")
    with club.begin() as connection:
        connection.execute(sa.text("update population set epoch = epoch + 1"))
    deliver(club)
    assert dict(stands(club, "spring:2").reasons) == {"renumbered": MEMBERS - 2}


def test_what_is_sent_is_signed_as_the_standard_says(club: Workspace, receiver: Receiver, tmp_path):
    (tmp_path / "verified").mkdir()
    verifying = start_receiver(tmp_path / "verified", verify=True)
    add_hook(club, verifying.url(), batch=200)
    put(club)
    deliver(club)
    verifying.stop()
    assert len(verifying.arrived()) == MEMBERS


@pytest.mark.parametrize(
    ("secrets", "why"), [({}, "lacks_settings"), ({"secret": "whsec_A"}, "unopened")], ids=["none", "damaged"]
)
def test_an_account_without_its_secret_waits_until_somebody_mends_it(
    club: Workspace, receiver: Receiver, secrets: dict[str, str], why: str
):
    """Others go on meanwhile, and what waits goes as soon as the secret is there."""
    whole = add_hook(club, receiver.url(), batch=50)
    accounts.add(club, replace(whole, secrets=secrets))
    add_hook(club, receiver.url(), name="other", batch=50)
    put(club)
    put(club, key="other:1", account="other")
    for _ in range(2):
        deliver(club, 0.0)
    assert stands(club, "other:1").accepted == MEMBERS
    assert (stands(club).state, stands(club).accepted, dict(stands(club).reasons)) == ("waiting", 0, {})
    told = {each.name: (each.broken, each.failures) for each in accounts.every(club)}
    assert told == {"hook": (why, 1), "other": (None, 0)}
    assert BROKEN[why].zh
    accounts.add(club, whole)
    deliver(club)
    assert stands(club).accepted == MEMBERS
