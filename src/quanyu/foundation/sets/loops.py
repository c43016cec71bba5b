"""Starts the compiled loops: they are loaded when the first is needed, and several threads share the words."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from itertools import pairwise, repeat
from typing import Any

import numpy as np


@cache
def kernels() -> Any:
    """Return the module of compiled loops. To load it takes a second."""
    return import_module("quanyu.foundation.sets.kernels")


def portions(many: int, threads: int) -> list[tuple[int, int]]:
    """Cut so many into as many runs as there are threads, of nearly equal length."""
    bounds = np.linspace(0, many, min(threads, max(many, 1)) + 1).astype(int).tolist()
    return list(pairwise(bounds))


def share(kernel: Callable[..., object], given: tuple[object, ...], many: int, threads: int) -> None:
    """Run a loop that takes what is `given`, then the first and the end of its portion of `many`."""
    firsts, lasts = zip(*portions(many, threads), strict=True)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(kernel, *(repeat(each) for each in given), firsts, lasts))
