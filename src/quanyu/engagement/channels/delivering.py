"""Delivers batches: marks a chunk as in flight, hands it over, settles it, and goes on with the next.

Two workers never deliver one batch together: whoever does holds a lock that the server frees when he dies. What he left
in flight is then sent again where that does no harm, and listed as unknown where it might.
"""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Any

import sqlalchemy as sa
import structlog

from quanyu.engagement.channels import accounts
from quanyu.engagement.channels.definitions import lacking
from quanyu.engagement.channels.handing import hand_over
from quanyu.engagement.channels.limits import Allowed, ask, hold
from quanyu.engagement.channels.marking import FLYING, Chunk, OutOfDate, mark
from quanyu.engagement.channels.model import BROKEN, CLOSED, DONE, LACKS, UNOPENED, WAITING, Account
from quanyu.engagement.channels.notifying import everybody, prepare_fields
from quanyu.engagement.channels.permitting import Reach, pinned_now, reach_of
from quanyu.engagement.channels.rendering import Renderer
from quanyu.engagement.channels.settling import LONGEST_PAUSE, Handed, finish, recover, settle
from quanyu.engagement.channels.spec import UNTRIED, Channel, Line
from quanyu.engagement.channels.tables import channel_batch, channel_chunk
from quanyu.engagement.channels.work import Prepared, Work, prepare, work_of
from quanyu.foundation import failpoints
from quanyu.foundation.errors import QuanyuError
from quanyu.foundation.registry import Registry
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("channels.marked", "channels.requested", "channels.handed", "channels.settling", "channels.settled")
WINDOW = 20_000  # customers at most whose messages are made ready together
LEAST_WINDOW = 500
LARGEST = 20_000  # messages that are in flight together
SPELL = 0.5  # seconds that handing a chunk over should take: what stops a batch then stops it soon
IN_DOUBT = 0.2  # the same where what is in flight at a crash is unknown: marking and settling take a tenth of it
LOOK = 0.2  # seconds between looks at whether the batch was stopped meanwhile
SHORT = 0.3  # seconds of waiting for tokens during which a batch stays on the table
NEVER = 3_600.0  # seconds until somebody has mended an account, perhaps
TURN = 5.0  # seconds after which it is the turn of others
_log = structlog.get_logger("quanyu.channels")
_TOGETHER = 200  # batches whose members are asked about at once


@dataclass
class Delivery:
    """Who delivers, in one process: open lines to receivers, and whom accounts reach. Use it as a context."""

    ws: Workspace
    channels: Registry[Channel]
    render: Renderer
    stop: threading.Event = field(default_factory=threading.Event)
    _runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    _lines: dict[str, tuple[Account, Line]] = field(default_factory=dict[str, tuple[Account, Line]])
    _reaches: dict[tuple[str, str], tuple[OrdinalSet, Reach]] = field(
        default_factory=dict[tuple[str, str], tuple[OrdinalSet, Reach]]
    )
    _sizes: dict[str, int] = field(default_factory=dict[str, int])

    def __enter__(self) -> "Delivery":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for _, line in self._lines.values():
            self._runner.run(line.close())
        self._runner.close()

    def deliver(self, patience: float = 0.0) -> int:
        """Deliver all that is due, and what falls due within `patience` seconds; return how many chunks went."""
        sent = 0
        while not self.stop.is_set():
            went, wait = self.go_round()
            sent += went
            if not went and (wait is None or wait > patience):
                break
            if not went:
                self.stop.wait(max(wait or 0.0, 0.01))
        return sent

    def go_round(self) -> tuple[int, float | None]:
        """Deliver the batches that are due, each as far as it goes; return chunks sent and when to come again."""
        sent, waits = 0, list[float]()
        for name, purpose, numbers in self._due():
            try:
                account = accounts.account_of(self.ws, name, self.channels)
            except QuanyuError as error:  # such as a channel that is not installed any more: others go on
                _log.warning("account cannot be opened", account=name, error=type(error).__name__)
                continue
            self._hold_unusable(account)
            for i in range(0, len(numbers), _TOGETHER):
                works = self._works(numbers[i : i + _TOGETHER])
                for work in works:
                    if self.stop.is_set():
                        return sent, None
                    went, wait = self._take_up(work, works, account, purpose)
                    sent += went
                    waits += [] if wait is None else [wait]
        return sent, min(waits, default=None)

    def _due(self) -> list[tuple[str, str, list[int]]]:
        """Return the numbers of batches to look after, by account and purpose, the ones due first at the front."""
        b, c = channel_batch.c, channel_chunk.c
        flying = sa.exists().where(c.workspace == self.ws.number, c.batch == b.number, c.state == FLYING)
        due = sa.and_(b.state == WAITING, b.due_at <= self.ws.clock.now())
        query = sa.select(b.number, b.account, b.purpose).where(
            b.workspace == self.ws.number, sa.or_(due, sa.and_(b.state.not_in((DONE, CLOSED)), flying))
        )
        found: dict[tuple[str, str], list[int]] = {}
        with self.ws.begin() as connection:
            for row in connection.execute(query.order_by(b.due_at, b.number)):
                found.setdefault((row.account, row.purpose), []).append(row.number)
        return [(name, purpose, numbers) for (name, purpose), numbers in found.items()]

    def _works(self, numbers: Sequence[int]) -> list[Work]:
        with self.ws.begin() as connection:
            return [work_of(self.ws, connection, number) for number in numbers]

    def _take_up(self, work: Work, beside: Sequence[Work], account: Account, purpose: str) -> tuple[int, float | None]:
        """Deliver one batch unless somebody else does."""
        with self.ws.database.lock_if_free(f"delivery:{self.ws.number}:{work.number}") as held:
            if not held:
                return 0, None
            recover(self.ws, work, account)
            if finish(self.ws, work):
                return 0, None
            allowed = ask(self.ws, account)
            if not allowed.messages:
                return 0, NEVER if allowed.wait is None else allowed.wait
            try:
                return self._deliver(work, account, self._reach(work, beside, account, purpose))
            except OutOfDate:
                return 0, 0.0 if self._is_waiting(work) else None

    def _hold_unusable(self, account: Account) -> None:
        """Let nothing go by an account that its channel cannot use, until somebody adds it again; its batches wait."""
        missing = lacking(self.channels.get(account.through), account)
        why = LACKS if missing else None if self._opens(account) else UNOPENED
        if why is None or accounts.is_broken(self.ws, account.name):
            return
        _log.warning("account cannot send", account=account.name, why=str(BROKEN[why]), lacks=missing)
        with self.ws.begin() as connection:
            hold(self.ws, connection, account, None, why)

    def _opens(self, account: Account) -> bool:
        """Open an account's line before anything is marked as in flight on it."""
        try:
            self._runner.run(self._line(account))
        except Exception as error:  # noqa: BLE001  whatever a plug-in did not expect, nothing has gone
            _log.warning("channel cannot be opened", account=account.name, error=type(error).__name__)
            return False
        return True

    def _is_waiting(self, work: Work) -> bool:
        where = (channel_batch.c.workspace == self.ws.number, channel_batch.c.number == work.number)
        with self.ws.begin() as connection:
            return connection.execute(sa.select(channel_batch.c.state).where(*where)).scalar_one() == WAITING

    def _reach(self, work: Work, beside: Sequence[Work], account: Account, purpose: str) -> Reach:
        members, key = OrdinalSet.of(work.ordinals), (account.channel, purpose)
        if work.fields is not None:
            return everybody(self.ws, members)
        asked, reach = self._reaches.get(key, (OrdinalSet.empty(), None))
        if reach is not None and members.issubset(asked) and reach.pinned == pinned_now(self.ws)[0]:
            return reach
        for other in beside:
            members = members | OrdinalSet.of(other.ordinals)
        self._reaches[key] = (members, reach_of(self.ws, members, account.channel, purpose))
        return self._reaches[key][1]

    def _deliver(self, work: Work, account: Account, reach: Reach) -> tuple[int, float | None]:
        plugin, sent, until = self.channels.get(account.through), 0, self._now() + TURN
        while not self.stop.is_set() and not finish(self.ws, work):
            if self._now() > until or reach.pinned != pinned_now(self.ws)[0]:
                return sent, 0.0
            retried, position, wait = self._next(work)
            members = None if retried is None else from_bytes(retried.members).ordinals()
            customers = work.after(position)[: self._window(account)] if members is None else members
            if not len(customers):
                return sent, wait
            if work.fields is None:
                ready = prepare(self.ws, work, account, plugin, reach, self.render, customers)
            else:
                ready = prepare_fields(self.ws, work, account, customers)
            went, wait = self._send_window(work, account, ready, retried, until)
            sent += went
            if wait is not None:
                return sent, wait
        return sent, None

    def _now(self) -> float:
        """Return seconds that only ever go on, for measuring."""
        return self._runner.get_loop().time()

    def _next(self, work: Work) -> tuple[Any, int, float | None]:
        """Return the chunk that is to be tried again now, or None; where the batch stands; when the next one is due."""
        c, now = channel_chunk.c, self.ws.clock.now()
        waiting = (c.workspace == self.ws.number, c.batch == work.number, c.state == WAITING)
        where = (channel_batch.c.workspace == self.ws.number, channel_batch.c.number == work.number)
        with self.ws.begin() as connection:
            row = connection.execute(sa.select(channel_chunk).where(*waiting).order_by(c.due_at).limit(1)).one_or_none()
            position = connection.execute(sa.select(channel_batch.c.position).where(*where)).scalar_one()
        # What is due later than any pause was put off before the clock was set back.
        if row is None or now < row.due_at <= now + timedelta(seconds=2 * LONGEST_PAUSE):
            return None, position, None if row is None else (row.due_at - now).total_seconds()
        return row, position, None

    def _send_window(
        self, work: Work, account: Account, ready: Prepared, retried: Any, until: float
    ) -> tuple[int, float | None]:
        """Send what is ready, chunk by chunk; return how many chunks went, and seconds to wait before the rest may."""
        sent, start, total = 0, 0, ready.messages.num_rows
        while not self.stop.is_set() and self._now() <= until:
            part = ready if retried is not None else ready.cut(start, self._size(account))
            done = self.send_chunk(work, account, part, retried)
            if isinstance(done, Allowed):
                if done.wait is None or done.wait > SHORT:
                    return sent, NEVER if done.wait is None else done.wait
                self.stop.wait(done.wait)
                continue
            sent += 1
            start = int((ready.receivers <= done.last).sum())
            if retried is not None or start >= total:
                return sent, None
        return sent, 0.0

    def send_chunk(self, work: Work, account: Account, part: Prepared, retried: Any) -> Chunk | Allowed:
        """Mark, hand over, settle: in this order nothing is lost, and nothing goes twice."""
        chunk = mark(self.ws, work, account, part, retried)
        if isinstance(chunk, Allowed):
            return chunk
        failpoints.reach("channels.marked")
        if chunk.going.num_rows:
            handed = self.hand(work, account, chunk)
            failpoints.reach("channels.handed")
            settle(self.ws, work, account, chunk, handed)
            failpoints.reach("channels.settled")
        return chunk

    def hand(self, work: Work, account: Account, chunk: Chunk) -> Handed:
        """Send a chunk's messages, and learn how many make up a spell."""
        return self._runner.run(self._hand(work, account, chunk))

    async def _hand(self, work: Work, account: Account, chunk: Chunk) -> Handed:
        line, loop, stopped = await self._line(account), asyncio.get_running_loop(), asyncio.Event()
        whole = self.channels.get(account.through).capabilities.whole
        batch = chunk.going.num_rows if whole else account.batch
        watching = asyncio.create_task(self._watch(work, stopped))
        begun = loop.time()
        try:
            handed = await hand_over(line, chunk.going, work.about(chunk.number), batch, account.requests, stopped)
        finally:
            watching.cancel()
        rate = int((handed.codes != UNTRIED).sum()) / max(loop.time() - begun, 0.001)
        self._sizes[account.name] = int(rate * SPELL)
        return handed

    async def _watch(self, work: Work, stopped: asyncio.Event) -> None:
        while not stopped.is_set():
            await asyncio.sleep(LOOK)
            if self.stop.is_set() or not await asyncio.to_thread(self._is_waiting, work):
                stopped.set()

    async def _line(self, account: Account) -> Line:
        known = self._lines.get(account.name)
        if known is not None and known[0] == account:
            return known[1]
        if known is not None:
            await known[1].close()
        line = await self.channels.get(account.through).open(accounts.opened(self.ws, account))
        self._lines[account.name] = (account, line)
        return line

    def _window(self, account: Account) -> int:
        """Return how many messages are made ready together: about as many as go in a turn."""
        if self.channels.get(account.through).capabilities.whole:
            return account.batch
        pace = self._sizes.get(account.name, LEAST_WINDOW) / SPELL
        if account.rate is not None:
            pace = min(pace, account.rate.per_second)
        return int(min(max(pace * TURN, LEAST_WINDOW, account.batch), max(WINDOW, account.batch)))

    def _size(self, account: Account) -> int:
        """Return how many messages may be in flight together: few where a crash leaves them unknown."""
        least = account.batch * account.requests
        if self.channels.get(account.through).capabilities.whole:
            return account.batch
        learnt = self._sizes.get(account.name, least)
        most = LARGEST if account.idempotent else min(int(learnt * IN_DOUBT / SPELL), LARGEST)
        return max(min(learnt, most), least)
