"""Small homes that tests make of arrays: records, whose they are, and identifiers of two kinds."""

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import strategies as st

from quanyu.customers.identity.evaluation.counting import codes_of
from quanyu.customers.identity.evaluation.grading import Graded
from quanyu.customers.identity.evaluation.model import Kind
from quanyu.customers.identity.evaluation.present import Present
from quanyu.foundation.workspace import Workspace

KINDS = (Kind("phone", "global"), Kind("card", "north"))
Row = tuple[int, int]  # person, customer
Link = tuple[int, int, int]  # kind, value, record

HOMES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=14).flatmap(
    lambda rows: st.tuples(
        st.just(rows),
        st.lists(
            st.tuples(st.integers(0, 1), st.integers(0, 5), st.integers(0, len(rows) - 1)), max_size=24, unique=True
        ),
    )
)


@pytest.fixture
def small(workspace: Workspace) -> Callable[[Sequence[Row], Sequence[Link]], AbstractContextManager[tuple[Any, ...]]]:
    """Return a function that shows such a home: lake, present, graded, links and labels."""

    @contextmanager
    def shown(rows: Sequence[Row], links: Sequence[Link]) -> Generator[tuple[Any, ...]]:
        record = np.arange(len(rows))
        person, customer = (np.array([row[i] for row in rows], np.int64) for i in range(2))
        told = [(kind, value * len(KINDS) + kind, owner) for kind, value, owner in links]  # a hash is of one kind
        columns = zip(("kind", "value", "record"), zip(*told, strict=True) if told else ((), (), ()), strict=True)
        identifiers = pa.table({name: pa.array(column, pa.int64()) for name, column in columns})
        present = Present(("till",), np.zeros(len(rows), np.int64), customer, pa.table({}), KINDS, identifiers, ())
        graded = Graded(record, codes_of(person), codes_of(customer), record, 0, np.empty(0, np.int64), ())
        labels = pa.table({"record": record, "person": graded.person, "customer": graded.customer})
        lake = workspace.lake
        with lake.held(ibis.memtable(identifiers)) as held, lake.held(ibis.memtable(labels)) as labelled:
            yield lake, present, graded, held, labelled

    return shown
