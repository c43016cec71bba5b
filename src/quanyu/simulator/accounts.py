"""Which systems know a person, and since when: drawn apart from purchases, so that the day of joining tells nothing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanyu.simulator.draws import stream
from quanyu.simulator.people import BLOCK, DOUYIN, MINI_PROGRAM, SITE, STORE, TMALL_FLAGSHIP, Flags, Integers, People
from quanyu.simulator.world import World

NEVER = 1 << 20  # a day that does not come
_EARLIEST = -1095

KINDS = ("card", "second_card", "mini_program", "site", "app", "official", "wecom", "tmall_member", "douyin_member")
CARD, SECOND_CARD, MINI, WEB, APP, OFFICIAL, WECOM, TMALL_MEMBER, DOUYIN_MEMBER = range(len(KINDS))


@dataclass(frozen=True)
class Accounts:
    """The day on which each person joined each system: people x kinds, NEVER where he did not."""

    since: Integers
    deleted: Integers  # the day on which he deletes his guide of his own accord
    refuses_sms: Flags
    guide: Integers  # whom he has added on WeCom

    def has(self, kind: int, day: Integers | int) -> Flags:
        """Say who has the account on the day."""
        return self.since[:, kind] <= day


def draw_accounts(world: World, people: People) -> Accounts:
    """Draw who is known where. Habit makes an account likely; nothing makes it early or late."""
    block = int(people.person[0]) // BLOCK
    chance = stream(world.arguments.seed, "account", block)
    n = len(people)
    share = np.diff(people.channels, axis=1, prepend=0.0)
    near = (people.store >= 0).astype(np.float64)
    likely = np.empty((n, len(KINDS)))
    likely[:, CARD] = near * np.clip(0.45 + 0.55 * share[:, STORE], 0, 0.95)
    likely[:, SECOND_CARD] = world.arguments.dirt.duplicate
    likely[:, MINI] = np.clip(0.22 + 0.9 * share[:, MINI_PROGRAM] + 0.12 * near, 0, 0.95)
    likely[:, WEB] = np.clip(0.10 + 0.9 * share[:, SITE], 0, 0.9)
    likely[:, APP] = np.clip(0.06 + 0.6 * share[:, SITE] + 0.1 * share[:, MINI_PROGRAM], 0, 0.8)
    likely[:, OFFICIAL] = 0.30
    likely[:, WECOM] = np.where(near > 0, 0.24 + 0.3 * share[:, STORE], 0.10)
    likely[:, TMALL_MEMBER] = np.clip(0.12 + 0.35 * share[:, TMALL_FLAGSHIP], 0, 0.6)
    likely[:, DOUYIN_MEMBER] = np.clip(0.05 + 0.5 * share[:, DOUYIN], 0, 0.7)
    joins = chance.random(likely.shape) < likely
    joins[:, SECOND_CARD] &= joins[:, CARD]
    joins[~joins.any(axis=1) & (people.arrival < 0), OFFICIAL] = True
    span = world.arguments.days - _EARLIEST
    day = _EARLIEST + (span * chance.random(likely.shape) ** 0.8).astype(np.int64)
    guides = world.organisation.guides_of(people.store, chance.random(n))
    return Accounts(
        since=np.where(joins, day, NEVER),
        deleted=_deletion(chance.exponential(2600, n), day[:, WECOM]),
        refuses_sms=chance.random(n) < 0.06,
        guide=guides,
    )


def _deletion(stays: NDArray[np.float64], since: Integers) -> Integers:
    return since + 1 + stays.astype(np.int64)
