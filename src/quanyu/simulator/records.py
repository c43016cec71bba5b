"""What each system has written down about a person, with all that its people and forms do to the truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quanyu.simulator.accounts import (
    APP,
    CARD,
    DOUYIN_MEMBER,
    KINDS,
    MINI,
    OFFICIAL,
    SECOND_CARD,
    TMALL_MEMBER,
    WEB,
    WECOM,
    Accounts,
)
from quanyu.simulator.draws import hashed, uniform
from quanyu.simulator.people import TESTER, Flags, Integers, People
from quanyu.simulator.phones import DUMMIES, NONE, Phones, mistyped, staff_number
from quanyu.simulator.world import World

CLEAN, SHARED, ASSISTANT, DUMMY, TYPO, RECYCLED = range(6)
PHONE_DIRT = ("", "shared", "assistant", "dummy", "typo", "recycled")
FULL, HONORIFIC, NICKNAME, SPACED, PINYIN, HOMOPHONE, MASKED, TEST = range(8)
_STYLES = np.array([HONORIFIC, SPACED, PINYIN, HOMOPHONE, MASKED])
_IMPOSSIBLE = np.array(
    [-25_567, 0, 365_000, 15_000, -43_000]
)  # 1900-01-01, 1970-01-01, far ahead, ahead, 118 years old

# Which accounts make a record of which source, and with which part of it the phone is asked for.
_PHONE_ASKED = {CARD: 0.97, SECOND_CARD: 0.97, MINI: 0.55, WEB: 0.85, APP: 0.9, DOUYIN_MEMBER: 0.95, WECOM: 0.22}


@dataclass(frozen=True)
class Records:
    """One entry an account: what the system holds, and what would be true."""

    who: Integers
    account: Integers
    key: NDArray[np.uint64]
    day: Integers  # of joining
    second: Integers
    phone: Integers  # as written down, NONE where not
    true_phone: Integers  # what it should be, NONE where not asked for
    phone_dirt: Integers
    style: Integers  # how the name is written
    birthday: Integers  # days since 1970, NO_DAY where empty
    sex: Integers  # 0 empty, 1 man, 2 woman
    has_email: Flags
    has_address: Flags
    unionid: Flags
    excel: Flags  # the row has been through a spreadsheet that damaged it
    luck: NDArray[np.uint64]  # for the small choices of the text


NO_DAY = -(1 << 30)


def write_records(world: World, people: People, accounts: Accounts, phones: Phones) -> Records:
    """Write down every account that was opened within the days of the files or before."""
    seed, dirt = world.arguments.seed, world.arguments.dirt
    who, account = np.nonzero(accounts.since < world.arguments.days)
    key = (people.person[who] << 4) + account
    day = accounts.since[who, account]
    phone, true_phone, phone_dirt = _phone(world, people, accounts, phones, who, account, key, day)
    given = uniform(seed, "attributes", key) >= dirt.empty
    return Records(
        who=who,
        account=account,
        key=hashed(seed, "account", key),
        day=day,
        second=_second(seed, key, account),
        phone=phone,
        true_phone=true_phone,
        phone_dirt=phone_dirt,
        style=_style(world, people, who, account, key),
        birthday=np.where(uniform(seed, "birthday", key) >= dirt.empty, _birthday(world, people, who, key), NO_DAY),
        sex=np.where(given, 1 + people.woman[who], 0),
        has_email=uniform(seed, "email", key) >= dirt.empty,
        has_address=uniform(seed, "address", key) >= dirt.empty,
        unionid=uniform(seed, "unionid", key) < np.select([account == WECOM, account == OFFICIAL], [0.75, 0.95], 0.9),
        excel=uniform(seed, "excel", key) < dirt.excel,
        luck=hashed(seed, "record luck", key),
    )


def unionids(seed: int, person: Integers) -> NDArray[np.uint64]:
    """Return the 64 bits of each person's unionid under the company's one developer account."""
    return hashed(seed, "unionid of", person)


def _second(seed: int, key: Integers, account: Integers) -> Integers:
    """By day in a store, at any waking hour elsewhere."""
    luck = uniform(seed, "joined at", key)
    return np.where(account <= SECOND_CARD, 36_000 + luck * 43_000, 25_000 + luck * 60_000).astype(np.int64)


def _phone(
    world: World,
    people: People,
    accounts: Accounts,
    phones: Phones,
    who: Integers,
    account: Integers,
    key: Integers,
    day: Integers,
) -> tuple[Integers, Integers, Integers]:
    """Return the number written down, the one that is true, and what went wrong."""
    seed, dirt = world.arguments.seed, world.arguments.dirt
    asked = np.zeros(len(KINDS))
    for kind, share in _PHONE_ASKED.items():
        asked[kind] = share
    wanted = uniform(seed, "phone asked", key) < asked[account]
    true = phones.on(who, day)
    number, what = true.copy(), np.where(phones.recycled[who] & (day >= phones.change[who]), RECYCLED, CLEAN)
    head = people.household[who] - people.person[0]
    lent = (head != who) & (uniform(seed, "shared phone", people.person[who]) < min(dirt.shared / 0.30, 1.0))
    number, what = np.where(lent, phones.on(head, day), number), np.where(lent, SHARED, what)
    helped = (account <= SECOND_CARD) & (uniform(seed, "assistant", key) < dirt.assistant)
    guide = world.organisation.guides_of(people.store[who], uniform(seed, "typed by", key))
    number, what = np.where(helped, staff_number(seed, guide), number), np.where(helped, ASSISTANT, what)
    made_up = uniform(seed, "dummy", key) < dirt.dummy
    dummy = DUMMIES[(uniform(seed, "which dummy", key) ** 2 * len(DUMMIES)).astype(np.int64)]
    number, what = np.where(made_up, dummy, number), np.where(made_up, DUMMY, what)
    slips = ~made_up & (uniform(seed, "typo", key) < dirt.typo)
    luck = (hashed(seed, "slip", key) >> np.uint64(8)).astype(np.int64)
    number, what = np.where(slips, mistyped(number, luck), number), np.where(slips, TYPO, what)
    tests = people.kind[who] == TESTER
    number, what = np.where(tests, DUMMIES[0], number), np.where(tests, DUMMY, what)
    return np.where(wanted, number, NONE), np.where(wanted, true, NONE), np.where(wanted, what, CLEAN)


def _style(world: World, people: People, who: Integers, account: Integers, key: Integers) -> Integers:
    seed = world.arguments.seed
    varied = uniform(seed, "name style", key) < world.arguments.dirt.variant
    style = np.where(varied, _STYLES[(uniform(seed, "which style", key) * len(_STYLES)).astype(np.int64)], FULL)
    nicks = np.isin(account, (MINI, OFFICIAL, WECOM, APP, DOUYIN_MEMBER, TMALL_MEMBER))
    style = np.where(nicks & (uniform(seed, "nickname", key) < 0.7), NICKNAME, style)
    return np.where(people.kind[who] == TESTER, TEST, style)


def _birthday(world: World, people: People, who: Integers, key: Integers) -> Integers:
    seed = world.arguments.seed
    years = (people.birth_year[who] - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    true = years + people.birthday[who]
    wrong = uniform(seed, "wrong birthday", key) < world.arguments.dirt.birthday
    which = (uniform(seed, "which birthday", key) * len(_IMPOSSIBLE)).astype(np.int64)
    return np.where(wrong, _IMPOSSIBLE[which], true)
