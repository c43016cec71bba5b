"""The processes that share the work: light when they start, and slow to give back the memory that they have."""

import ctypes
import sys
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from importlib.abc import MetaPathFinder
from multiprocessing import get_context

import pyarrow as pa

_LARGEST_KEPT = -3, 1 << 30  # mallopt's M_MMAP_THRESHOLD: what is larger goes back when it is freed
_KEPT_FREE = -1, 2**31 - 1  # M_TRIM_THRESHOLD


def open_workers(processes: int) -> Executor:
    """Return so many processes that begin as new ones; a single one is this process itself."""
    if processes == 1:
        return ThreadPoolExecutor(1)
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_prepare)


def _prepare() -> None:
    _leave_pandas_out()
    _keep_memory()


def _leave_pandas_out() -> None:
    """Let pyarrow find no pandas: it imports it to ask whether a list is one of its series, and that takes a second."""
    if "pandas" in sys.modules:
        return
    blind = _NoPandas()
    sys.meta_path.insert(0, blind)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(blind)


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ImportError(fullname)


def _keep_memory() -> None:
    """Block after block needs as much, and to get it anew for each is a fifth of the time."""
    if tell := getattr(ctypes.CDLL(None), "mallopt", None):
        for option, value in (_LARGEST_KEPT, _KEPT_FREE):
            tell(option, value)


def give_memory_back() -> None:
    """Return what is free to the system, before work of another kind begins."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
