"""Every error the platform raises on purpose: what happened, what was received, what is allowed, what to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from quanyu.foundation.text import Text


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a definition or a file, at a place the reader can find."""

    place: str
    problem: Text
    received: str | None = None
    allowed: Sequence[str] = field(default_factory=tuple)

    def describe(self) -> dict[str, object]:
        return {
            "place": self.place,
            "problem": str(self.problem),
            "received": self.received,
            "allowed": list(self.allowed),
        }


class QuanyuError(Exception):
    """Base of the tree. `status` is the HTTP status, `retry` says whether the same call may succeed later.

    `received` must never hold personal data: pass a masked form.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    retry: ClassVar[bool] = False

    def __init__(
        self,
        problem: Text,
        *,
        remedy: Text | None = None,
        received: object = None,
        allowed: Sequence[object] = (),
        faults: Sequence[Fault] = (),
    ) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.remedy = remedy
        self.received = None if received is None else str(received)[:500]
        self.allowed = tuple(str(a) for a in allowed)
        self.faults = tuple(faults)

    def describe(self) -> dict[str, object]:
        """Return what the API and `--json` answer with."""
        return {
            "code": self.code,
            "message": str(self.problem),
            "remedy": None if self.remedy is None else str(self.remedy),
            "received": self.received,
            "allowed": list(self.allowed),
            "retry": self.retry,
            "faults": [fault.describe() for fault in self.faults],
        }


class Invalid(QuanyuError):
    """The caller sent something that cannot be right; sending it again will not help."""

    code, status = "invalid", 422


class NotFound(QuanyuError):
    code, status = "not_found", 404


class Unauthorised(QuanyuError):
    code, status = "unauthorised", 401


class Forbidden(QuanyuError):
    code, status = "forbidden", 403


class Conflict(QuanyuError):
    """The state does not allow it now: something else must happen first."""

    code, status = "conflict", 409


class Unavailable(QuanyuError):
    """A part is not answering at the moment; the same call may succeed later."""

    code, status, retry = "unavailable", 503, True


class StorageFull(QuanyuError):
    """The disk is full. What was not committed is gone from the disk; run the same command after making room."""

    code, status, retry = "storage_full", 507, True
