"""Hands a chunk over in requests, several at once, and stops beginning new ones as soon as it should."""

import asyncio
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import structlog

from quanyu.engagement.channels.settling import Handed
from quanyu.engagement.channels.spec import LOST, REFUSED, UNTRIED, About, Answered, Line
from quanyu.engagement.channels.work import OWN
from quanyu.foundation import failpoints

_log = structlog.get_logger("quanyu.channels")


async def hand_over(
    line: Line, going: pa.Table, about: About, batch: int, requests: int, stopped: asyncio.Event
) -> Handed:
    """Send the messages; after an answer that asks for patience, or once `stopped`, no further request is begun."""
    messages = going.drop_columns(list(OWN)).combine_chunks()
    state = _Running(np.full(messages.num_rows, UNTRIED, np.int8))
    starts = iter(range(0, messages.num_rows, batch))
    senders = [_send(line, messages, about, batch, starts, stopped, state) for _ in range(requests)]
    await asyncio.gather(*senders)
    return Handed(state.codes, state.reasons, state.hold, state.broken)


class _Running:
    """What the requests of a chunk have found so far."""

    def __init__(self, codes: "np.ndarray[tuple[int], np.dtype[np.int8]]") -> None:
        self.codes = codes
        self.reasons: dict[int, str] = {}
        self.hold: float | None = None
        self.broken: str | None = None

    def take(self, start: int, count: int, answered: Answered) -> None:
        self.codes[start : start + count] = answered.codes
        refused = np.flatnonzero(answered.codes == REFUSED).tolist()
        self.reasons |= {start + place: answered.reasons.get(place) or "refused" for place in refused}
        if answered.hold is not None:
            self.hold = max(self.hold or 0.0, answered.hold)
        self.broken = self.broken or answered.broken


async def _send(
    line: Line,
    messages: pa.Table,
    about: About,
    batch: int,
    starts: Iterator[int],
    stopped: asyncio.Event,
    state: _Running,
) -> None:
    for start in starts:
        if stopped.is_set() or state.hold is not None or state.broken is not None:
            return
        part = messages.slice(start, batch)
        try:
            answered = await line.send(part, about)
        except Exception as error:  # noqa: BLE001  whatever a plug-in did not expect, the messages may have gone
            _log.warning("channel failed", error=type(error).__name__, batch=about.batch, chunk=about.chunk)
            answered = Answered.all(part.num_rows, LOST, hold=0)
        state.take(start, part.num_rows, answered)
        failpoints.reach("channels.requested")
