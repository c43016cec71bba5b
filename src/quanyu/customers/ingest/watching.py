"""Tells how far an import is, to whoever waits and to the database, and stops it when somebody has asked for that."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import duckdb
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from quanyu.customers.ingest.history import unknown_import
from quanyu.customers.ingest.tables import data_import
from quanyu.foundation.clock import monotonic
from quanyu.foundation.errors import Conflict
from quanyu.foundation.lake.engine import Running
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

INTERVAL = 0.5  # seconds between two looks
READING_SHARE = 0.45  # of the time of an import; the rest is landing
CANCELLED = Text("The import was cancelled; nothing of it has landed.", "导入已取消，未写入任何数据。")


class Cancelled(Conflict):
    """Somebody has asked for the import to stop."""

    code = "cancelled"


@dataclass(frozen=True)
class Advance:
    """How far an import is: `share` of its work from 0 to 1 after `seconds`."""

    step: Text
    share: float
    seconds: float
    bytes: int  # of all files
    lines: int | None = None  # of all files, once they are counted

    @property
    def remaining(self) -> float | None:
        """Return the seconds that are left if it goes on so; None where it is too early to say."""
        return self.seconds / self.share - self.seconds if self.share > 0.02 and self.seconds > 1 else None

    @property
    def rate(self) -> Text:
        """Return how much goes through in a second."""
        done = self.share / max(self.seconds, 0.001)
        if self.lines is None:
            return Text(f"{self.bytes * done / 1e6:,.0f} MB/s", f"{self.bytes * done / 1e6:,.0f} MB/秒")
        return Text(f"{self.lines * done:,.0f} lines/s", f"{self.lines * done:,.0f} 行/秒")


Progress = Callable[[Advance], None]


@dataclass
class Watch:
    """One import being watched; `reach` is called between its steps, a thread looks on in between."""

    workspace: Workspace
    number: int
    bytes: int
    told: Progress
    running: Running
    lines: int | None = None
    step: Text = field(default_factory=lambda: Text("waiting", "等待"))
    begins: float = 0.0
    until: float = 0.0
    cancelled: bool = False
    _share: float = 0.0
    _ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._started = monotonic()

    def reach(self, step: Text, until: float) -> None:
        """Begin a step that ends when `until` of the whole work is done; stop here if that was asked for."""
        self.cancelled = self.cancelled or self._asked()
        self.refuse_cancelled()
        self.begins, self.step, self.until = self.until, step, until
        self.tell()

    def refuse_cancelled(self) -> None:
        if self.cancelled:
            raise Cancelled(CANCELLED, received=str(self.number))

    def tell(self) -> None:
        within = self.running.share()
        self._share = max(self._share, self.begins + (self.until - self.begins) * within)
        self.told(Advance(self.step, self._share, monotonic() - self._started, self.bytes, self.lines))

    def look_on(self) -> None:
        while not self._ended.wait(INTERVAL):
            self.tell()
            with suppress(SQLAlchemyError):  # the import itself will say what is wrong with the database
                self.cancelled = self.cancelled or self._asked()
            if self.cancelled:
                self.running.interrupt()

    def _asked(self) -> bool:
        """Leave word of how far it is, and see whether it shall stop."""
        mine = (data_import.c.workspace == self.workspace.number, data_import.c.number == self.number)
        with self.workspace.begin() as connection:
            kept = sa.update(data_import).where(*mine).values(step=self.step.en, share=self._share)
            return bool(connection.execute(kept.returning(data_import.c.cancel_asked)).scalar())

    def end(self) -> None:
        self._ended.set()


@contextmanager
def watching(workspace: Workspace, number: int, size: int, told: Progress) -> Generator[Watch]:
    """Look on while the body imports; raises `Cancelled` when it was, whatever it was doing then."""
    watch = Watch(workspace, number, size, told, workspace.lake.engine.running())
    thread = threading.Thread(target=watch.look_on, daemon=True, name=f"import-{number}")
    thread.start()
    try:
        yield watch
    except duckdb.InterruptException:
        watch.refuse_cancelled()
        raise
    finally:
        watch.end()
        thread.join()


def cancel_import(workspace: Workspace, number: int) -> None:
    """Ask a running import to stop; it does within a second or two, and nothing of it lands."""
    mine = (data_import.c.workspace == workspace.number, data_import.c.number == number)
    with workspace.begin() as connection:
        state = connection.execute(sa.select(data_import.c.state).where(*mine)).scalar()
        if state is None:
            raise unknown_import(number)
        if state != "running":
            raise Conflict(
                Text("Only a running import can be cancelled.", "只能取消正在进行的导入。"),
                remedy=Text("Take back one that has landed.", "已写入的导入可以撤回。"),
                received=f"{number}: {state}",
                allowed=["running"],
            )
        connection.execute(sa.update(data_import).where(*mine).values(cancel_asked=True))
