"""Recognises what went wrong below us, whatever library said it, and gives it one of our errors."""

import errno
from collections.abc import Iterator

from quanyu.foundation.errors import QuanyuError, StorageFull, Unavailable
from quanyu.foundation.text import Text

_FULL_NUMBERS = {errno.ENOSPC, errno.EDQUOT}
_FULL_WORDS = ("No space left on device", "Disk quota exceeded", "os error 28")
_FULL_STATE = "53100"  # PostgreSQL: disk_full
_GONE_STATES = ("57P", "08")  # operator intervention, connection exception
_GONE_WORDS = ("server closed the connection", "connection is closed", "terminating connection", "connection refused")
_MEMORY_TYPES = ("OutOfMemoryException", "MemoryError")


def recognised(error: BaseException) -> QuanyuError | None:
    """Return the error of ours that says what `error` means; None for one that nobody expected."""
    for cause in _causes(error):
        if isinstance(cause, QuanyuError):
            return cause
        if _is_full(cause):
            return storage_full()
        if type(cause).__name__ in _MEMORY_TYPES:
            return _out_of_memory()
        if _is_gone(cause):
            return _database_gone()
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in _FULL_NUMBERS:
        return True
    return getattr(error, "sqlstate", None) == _FULL_STATE or any(word in str(error) for word in _FULL_WORDS)


def _is_gone(error: BaseException) -> bool:
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return state.startswith(_GONE_STATES)
    of_database = type(error).__module__.startswith(("psycopg", "sqlalchemy"))
    return of_database and any(word in str(error) for word in _GONE_WORDS)


def storage_full() -> StorageFull:
    return StorageFull(
        Text("The disk is full; nothing was half written.", "磁盘已满；没有留下写了一半的数据。"),
        remedy=Text("Make room, then run the same command again.", "请腾出空间后重新执行同一命令。"),
    )


def _out_of_memory() -> Unavailable:
    return Unavailable(
        Text("The memory that heavy work may use was not enough.", "可用内存不足以完成这项工作。"),
        remedy=Text(
            "Set QUANYU_MEMORY_MB higher, or close other programs, then try again.",
            "请调高 QUANYU_MEMORY_MB 或关闭其他程序后重试。",
        ),
    )


def _database_gone() -> Unavailable:
    return Unavailable(
        Text("The database stopped answering.", "数据库停止响应。"),
        remedy=Text("Run the same command again; it goes on where it must.", "请重新执行同一命令，它会接着完成。"),
    )
