"""Logs as JSON lines on stderr: time from the clock, no personal data, no message of a library."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from quanyu.foundation.clock import Clock

Event = MutableMapping[str, Any]


def configure(clock: Clock, level: int = logging.INFO) -> None:
    """Send every log line of this process to stderr."""

    def stamp(_: object, __: str, event: Event) -> Event:
        event["time"] = clock.now().isoformat(timespec="milliseconds")
        return event

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            stamp,
            _without_traceback,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # One write a line, its end included: server and worker share a stream, and two writes would interleave.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Libraries()]
    root.setLevel(logging.WARNING)


def _without_traceback(_: object, __: str, event: Event) -> Event:
    """Keep the class of an error only: its message may hold a customer's data."""
    caught = event.pop("exc_info", None)
    if isinstance(caught, BaseException):
        event["error"] = type(caught).__name__
    return event


class _Libraries(logging.Handler):
    """Says which library complained and about what kind of error; what it said may hold a customer's data."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        log = structlog.get_logger(record.name)
        log.warning("library", logger=record.name, action=getattr(record, "action", None), error=error)
