"""Messages work for a week, fit or do not, tire their readers, and harm one group; the same luck meets both worlds."""

from dataclasses import replace

import numpy as np

from quanyu.simulator.contact import (
    WELCOME,
    Messages,
    crowding,
    message_effects,
    message_keys,
    message_numbers,
    opens_after,
    rate_factor,
    responses_to,
)
from quanyu.simulator.findings import CADENCE, CONTACT_DAYS, FATIGUE, FATIGUE_DAYS


def messages(who, day, campaign=7) -> Messages:
    n = len(who)
    columns = (np.asarray(who), np.asarray(day), np.zeros(n, np.int64), np.full(n, campaign), np.full(n, -1))
    return Messages(*columns, np.zeros(n))


def test_a_message_changes_the_rate_for_a_week_and_for_its_reader_alone(world, block):
    factor = rate_factor(block.people, messages([5], [100]), world.horizon)
    changed = np.argwhere(factor != 1)
    assert {5} == set(changed[:, 0].tolist())
    assert changed[:, 1].tolist() == list(range(100, 100 + CONTACT_DAYS))


def test_messages_tire_and_do_so_less_after_a_while(block):
    people = replace(block.people, effect=np.full(len(block.people), 0.4), harmed=np.zeros(len(block.people), bool))
    sent = messages([3] * 4, [10, 12, 14, 15 + FATIGUE_DAYS])
    assert crowding(sent).tolist() == [0, 1, 2, 0]
    assert np.allclose(message_effects(people, sent), [0.4, 0.4 * FATIGUE, 0.4 * FATIGUE**2, 0.4])


def test_welcomes_work_by_their_day_and_harm_whom_messages_harm(block):
    harmed, others = (np.flatnonzero(block.people.harmed == flag)[:50] for flag in (True, False))
    for days, effect in CADENCE.items():
        sent = messages(others, np.full(50, 200), WELCOME + days)
        assert np.allclose(message_effects(block.people, sent), effect)
        assert (message_effects(block.people, messages(harmed, np.full(50, 200), WELCOME + days)) < 0).mean() > 0.95


def test_more_contact_sells_more_to_most_and_less_to_the_harmed(world, block):
    everybody = np.arange(len(block.people))
    sent = messages(np.repeat(everybody, 6), np.tile([300, 340, 380, 420, 460, 500], len(everybody)))
    with_messages = block.shopping.visits(world, block.people, rate_factor(block.people, sent, world.horizon))
    without = block.shopping.visits(world, block.people, None)
    more, less = (np.bincount(v.who, minlength=len(everybody)) for v in (with_messages, without))
    harmed = block.people.harmed
    assert more[~harmed].sum() > less[~harmed].sum() * 1.005
    assert more[harmed].sum() < less[harmed].sum()
    same = np.isin(without.key(block.people), with_messages.key(block.people))
    assert same.mean() > 0.97, "who buys anyway buys on the same day in both worlds"


def test_what_a_message_meets_does_not_depend_on_what_else_is_sent_to_others(world, block):
    some = messages(np.arange(2000), np.full(2000, 50))
    first = responses_to(world, block.people, some)
    half = responses_to(world, block.people, some.only(some.who % 2 == 0))
    assert (first.opened[some.who % 2 == 0] == half.opened).all()
    assert first.opened.any()
    assert not (first.clicked & ~first.opened).any()
    assert not (first.opened & ~first.delivered).any()


def test_messages_of_a_day_have_numbers_of_their_own_and_are_opened_together(block):
    sent = messages([4, 4, 9], [30, 30, 30]).joined(messages([4], [30], campaign=8))
    numbers = message_numbers(5, block.people, sent)
    assert len(set(numbers.tolist())) == 3, "of a campaign one has one a day and channel"
    assert len(set(message_keys(block.people, sent).tolist())) == 2
    wait = opens_after(5, block.people, messages(np.arange(9_000), np.full(9_000, 30)))
    assert (wait.min() >= 20, wait.max() <= 172_820) == (True, True)
    assert np.median(wait) < 172_800 / 6, "mostly soon"
