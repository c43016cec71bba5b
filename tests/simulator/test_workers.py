"""Workers start light, and what they import stays as it was for everybody else."""

import os

import pyarrow as pa

from quanyu.simulator.workers import give_memory_back, open_workers

SEEN = "('pandas' in __import__('sys').modules, [getattr(f, '__name__', '') for f in __import__('sys').meta_path])"
LISTED = "__import__('pyarrow').array([1, None]).to_pylist()"


def test_workers_do_without_pandas():
    with open_workers(2) as workers:
        assert workers.submit(eval, LISTED).result() == [1, None]
        imported, finders = workers.submit(eval, SEEN).result()
        workers.submit(give_memory_back).result()
    assert not imported
    assert "_NoPandas" not in finders
    assert pa.array([1, None]).to_pandas().isna().tolist() == [False, True], "here it is as it was"


def test_a_single_worker_is_this_process():
    with open_workers(1) as workers:
        assert workers.submit(os.getpid).result() == os.getpid()
