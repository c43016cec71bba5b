"""How many messages an account may hand over now: its bucket of tokens, its dated quotas, and whether it is held.

The rows are locked while tokens are taken, so that two workers together do not send more than one may. Time is the
home's clock: one that is set back takes no tokens away, and one that leaps fills the bucket, and no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from quanyu.engagement.channels.model import Account, Rate
from quanyu.engagement.channels.spec import Quota
from quanyu.engagement.channels.tables import channel_account, channel_use
from quanyu.foundation.workspace import Workspace

WORTH = 0.25  # seconds of tokens for which waiting is better than sending a handful
LONGEST = 300.0  # seconds that an account is left alone after failures, unless it asks for more
MOST_HELD = timedelta(hours=1, minutes=1)  # what is later was set before the clock was moved


@dataclass(frozen=True)
class Allowed:
    """How many may go now, and where none may, in how many seconds to ask again; None: not until somebody acts."""

    messages: int
    wait: float | None = 0.0


@dataclass(frozen=True)
class Bucket:
    tokens: float
    filled_at: datetime

    def at(self, now: datetime, rate: Rate) -> "Bucket":
        """Return the bucket with what has dripped in by now."""
        passed = max((now - self.filled_at).total_seconds(), 0.0)
        return Bucket(min(self.tokens + passed * rate.per_second, float(rate.burst)), now)


def window_of(quota: Quota, now: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return when the quota's present window began, and when the next one does."""
    local = now.astimezone(ZoneInfo(zone))
    start = local.replace(second=0, microsecond=0)
    if quota.per != "minute":
        start = start.replace(minute=0)
    if quota.per in ("day", "month"):
        start = start.replace(hour=0)
    if quota.per == "month":
        start = start.replace(day=1)
        after = (start + timedelta(days=32)).replace(day=1)
    elif quota.per == "day":
        after = start + timedelta(days=1)  # by the wall clock: a day may have 23 hours
    else:
        # Short windows follow one another in time, whatever the wall clock does.
        length = timedelta(hours=1) if quota.per == "hour" else timedelta(minutes=1)
        after = start.astimezone(ZoneInfo("UTC")) + length
    utc = ZoneInfo("UTC")
    return start.astimezone(utc), after.astimezone(utc)


def is_on(quota: Quota, day: date) -> bool:
    """Say whether a dated rule holds on a day."""
    return (quota.since is None or quota.since <= day) and (quota.until is None or day <= quota.until)


def take(ws: Workspace, connection: sa.Connection, account: Account, wanted: int) -> Allowed:
    """Take tokens for at most `wanted` messages, in the transaction that marks them; none for what is not worth it."""
    now = ws.clock.now()
    where = (channel_account.c.workspace == ws.number, channel_account.c.name == account.name)
    row = connection.execute(sa.select(channel_account).where(*where).with_for_update()).one()
    if row.broken is not None:
        return Allowed(0, None)
    if row.held_until is not None and now < row.held_until <= now + MOST_HELD:
        return Allowed(0, (row.held_until - now).total_seconds())
    count, wait, values = wanted, 0.0, dict[str, object]()
    if account.rate is not None:
        full = row.tokens is None
        bucket = Bucket(float(account.rate.burst if full else row.tokens), now if full else row.filled_at)
        bucket = bucket.at(now, account.rate)
        count = min(count, int(bucket.tokens))
        worth = min(wanted, account.rate.burst, max(1, int(account.rate.per_second * WORTH)))
        if count < worth:
            return Allowed(0, (worth - bucket.tokens) / account.rate.per_second + 0.001)
        values |= {"tokens": bucket.tokens, "filled_at": now}
    for quota in _on(ws, account.quotas, now):
        start, after = window_of(quota, now, ws.time_zone)
        left = max(quota.most - _used(ws, connection, account.name, quota, start), 0)
        if left < count:
            count, wait = left, (after - now).total_seconds()
    if count:
        _spend(ws, connection, account, count, values)
    return Allowed(count, 0.0 if count else wait)


def ask(ws: Workspace, account: Account) -> Allowed:
    """Say whether anything may go now, and take nothing: nothing need be made ready for an account that rests."""
    with ws.begin() as connection:
        allowed = take(ws, connection, account, account.batch)
        connection.rollback()
    return allowed


def give_back(ws: Workspace, connection: sa.Connection, account: Account, count: int) -> None:
    """Return the tokens of messages that were not begun."""
    if not count:
        return
    now, where = ws.clock.now(), (channel_account.c.workspace == ws.number, channel_account.c.name == account.name)
    if account.rate is not None:
        more = sa.func.least(channel_account.c.tokens + count, account.rate.burst)
        connection.execute(sa.update(channel_account).where(*where).values(tokens=more))
    for quota in _on(ws, account.quotas, now):
        _use(ws, connection, account.name, quota, window_of(quota, now, ws.time_zone)[0], -count)


def _spend(ws: Workspace, connection: sa.Connection, account: Account, count: int, values: dict[str, object]) -> None:
    if values:
        where = (channel_account.c.workspace == ws.number, channel_account.c.name == account.name)
        left = {**values, "tokens": float(str(values["tokens"])) - count}
        connection.execute(sa.update(channel_account).where(*where).values(left))
    now = ws.clock.now()
    for quota in _on(ws, account.quotas, now):
        _use(ws, connection, account.name, quota, window_of(quota, now, ws.time_zone)[0], count)


def _on(ws: Workspace, quotas: Sequence[Quota], now: datetime) -> list[Quota]:
    """Return the rules that hold today, of those with one window the strictest."""
    day = now.astimezone(ZoneInfo(ws.time_zone)).date()
    strictest: dict[str, Quota] = {}
    for quota in quotas:
        if is_on(quota, day) and quota.most < strictest.get(quota.per, Quota(1 << 62, quota.per)).most:
            strictest[quota.per] = quota
    return list(strictest.values())


def _used(ws: Workspace, connection: sa.Connection, account: str, quota: Quota, start: datetime) -> int:
    c = channel_use.c
    where = (c.workspace == ws.number, c.account == account, c.per == quota.per, c.since == start)
    return connection.execute(sa.select(c.messages).where(*where)).scalar_one_or_none() or 0


def _use(ws: Workspace, connection: sa.Connection, account: str, quota: Quota, start: datetime, count: int) -> None:
    row = insert(channel_use).values(
        workspace=ws.number, account=account, per=quota.per, since=start, messages=max(count, 0)
    )
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["workspace", "account", "per", "since"],
            set_={"messages": sa.func.greatest(channel_use.c.messages + count, 0)},
        )
    )


def hold(ws: Workspace, connection: sa.Connection, account: Account, seconds: float | None, broken: str | None) -> None:
    """Leave an account alone for as long as it asks, or twice as long after each failure; or until it is mended.

    This is the circuit breaker: while it is held nobody sends by it, then one chunk tries.
    """
    where = (channel_account.c.workspace == ws.number, channel_account.c.name == account.name)
    if seconds is None and broken is None:
        reset = sa.update(channel_account).where(*where, channel_account.c.failures > 0)
        connection.execute(reset.values(failures=0, held_until=None))
        return
    query = sa.select(channel_account.c.failures).where(*where).with_for_update()
    failures = connection.execute(query).scalar_one() + 1
    own = min(LONGEST, 0.5 * 2.0 ** min(failures - 1, 20))
    until = ws.clock.now() + timedelta(seconds=max(seconds or 0.0, own))
    said = {"failures": failures, "held_until": until, "broken": broken}
    connection.execute(sa.update(channel_account).where(*where).values(said))
