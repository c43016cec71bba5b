"""Says which parts of a piece of work took the processors' time: what the engine ran, by the function that asked."""

import inspect
import time
from collections.abc import Callable
from typing import Any

TEXTS = "texts of queries"
"""To make them takes as long in a small home as in a large one."""


class Meter:
    """Adds up what queries of this process take from now on, by the last function within `package` that asked.

    Making their texts is a part of its own.
    """

    def __init__(self, package: str) -> None:
        from quanyu.foundation.lake import holding, writing
        from quanyu.foundation.lake.compiling import RememberingBackend
        from quanyu.foundation.lake.store import Lake

        self._package = package
        self._parts: dict[str, float] = {}
        for owner, name, what in (
            (holding, "_run", "held"),
            (writing, "_copy", "written"),
            (Lake, "to_arrow", "asked"),
            (Lake, "count", "counted"),
        ):
            setattr(owner, name, self._metered(getattr(owner, name), lambda what=what: f"{self._place()}: {what}"))
        RememberingBackend.compile = self._metered(RememberingBackend.compile, lambda: TEXTS)

    def taken(self) -> dict[str, float]:
        """Return the processor seconds of each part since the last call."""
        taken, self._parts = self._parts, {}
        return taken

    def _metered(self, run: Callable[..., Any], name: Callable[[], str]) -> Callable[..., Any]:
        def metered(*arguments: Any, **named: Any) -> Any:
            place, before, counted = name(), time.process_time(), sum(self._parts.values())
            try:
                return run(*arguments, **named)
            finally:
                within = sum(self._parts.values()) - counted  # of parts that this one has asked for
                self._parts[place] = self._parts.get(place, 0.0) + time.process_time() - before - within

        return metered

    def _place(self) -> str:
        frame = inspect.currentframe()
        while frame is not None:
            module = str(frame.f_globals.get("__name__", ""))
            if module.startswith(self._package):
                return f"{module.removeprefix(self._package)}.{frame.f_code.co_name.strip('_')}"
            frame = frame.f_back
        return "elsewhere"
