"""What an analysis takes out of a table, and all that is wrong with it at once."""

import pyarrow as pa
import pytest

from quanyu.foundation.errors import Invalid
from quanyu.targeting.experiments.reading import Asked, read_columns


def test_covariates_come_as_columns_of_numbers():
    table = pa.table({"arm": ["a", "a", "b", "b"], "y": ["1", "0", "1", "1"], "x": ["1", "", "3", "5"]})
    groups, measured, before, _ = read_columns(table, Asked("arm", ("y",), ("x",)), "b", None)
    assert [arm.customers for arm in groups.arms] == [2, 2]
    assert measured[0].outcome.kind == "rate"
    assert before is not None
    assert before[:, 0] == pytest.approx([1, 3, 3, 5], abs=0.01)
    assert read_columns(table, Asked("arm", ("y",)), "b", None)[2] is None


def test_every_fault_is_told_at_once():
    table = pa.table({"arm": ["a", "b"], "y": ["x", "1"], "x": ["1", "z"]})
    with pytest.raises(Invalid) as refused:
        read_columns(table, Asked("arm", ("y", "n"), ("x",)), "b", None)
    assert {"outcomes.n", "outcomes.y", "before.x"} <= {fault.place for fault in refused.value.faults}
