"""Says at which job of the queue a thread works, so that what the job does can be told as its own."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_job: ContextVar[int | None] = ContextVar("job", default=None)


@contextmanager
def working_at(job: int | None) -> Generator[None]:
    """Let what the body does, in this thread, be this job's."""
    token = _job.set(job)
    try:
        yield
    finally:
        _job.reset(token)


def present_job() -> int | None:
    """Return the job that is worked at; None where somebody does it by hand."""
    return _job.get()
