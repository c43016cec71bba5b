"""Delivery as part of the worker: a thread that sends what is due in every workspace, and tells the lake of it."""

import threading
from contextlib import ExitStack

import structlog

from quanyu.app.failures import recognised
from quanyu.app.house import House
from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.channels.rendering import INSTALLED
from quanyu.engagement.channels.telling import tell
from quanyu.foundation.clock import monotonic

PAUSE = 0.5  # seconds between two looks at what is due
TELL = 5.0  # seconds between two landings: a lake's table is written at most every few seconds
AFTER_FAILURE = 5.0
_log = structlog.get_logger("quanyu.delivery")


class Delivering:
    """The thread; `stop` lets it finish the chunk at hand."""

    def __init__(self, house: House) -> None:
        self._house, self._stop = house, threading.Event()
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
        self._told = monotonic()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self) -> None:
        with ExitStack() as stack:
            deliveries: dict[str, Delivery] = {}
            while not self._stop.is_set():
                try:
                    went = self._go_round(stack, deliveries)
                except Exception as error:  # noqa: BLE001  its class goes on, and not what it says
                    _log.warning("delivery failed", error=type(recognised(error) or error).__name__)
                    self._stop.wait(AFTER_FAILURE)
                    continue
                if not went:
                    self._stop.wait(PAUSE)

    def _go_round(self, stack: ExitStack, deliveries: dict[str, Delivery]) -> int:
        went, telling = 0, monotonic() - self._told >= TELL
        for name in self._house.home.workspaces():
            if name not in deliveries:
                made = Delivery(self._house.home.workspace(name), installed(), INSTALLED, self._stop)
                deliveries[name] = stack.enter_context(made)
            went += deliveries[name].go_round()[0]
            if telling:
                tell(self._house.home.workspace(name))
        self._told = monotonic() if telling else self._told
        return went
