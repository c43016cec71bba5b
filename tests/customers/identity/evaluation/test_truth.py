"""A truth is a folder of a simulation or one file; what is missing is named."""

from pathlib import Path

import duckdb
import pytest

from quanyu.customers.identity.evaluation.truth import open_truth
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.workspace import Workspace

ROWS = "select * from (values ('pos', '1', 7), ('pos', '1', 7), ('web', '2', null)) v(source, record, person)"


def told(workspace: Workspace, path: Path) -> list[tuple[str, ...]]:
    return [tuple(row.values()) for row in workspace.lake.to_arrow(open_truth(workspace.lake, path).people).to_pylist()]


def test_folder_parquet_and_csv_say_the_same(workspace: Workspace, tmp_path: Path):
    (tmp_path / "truth" / "links").mkdir(parents=True)
    duckdb.sql(ROWS).write_parquet(str(tmp_path / "truth" / "links" / "0.parquet"))
    duckdb.sql(ROWS).write_parquet(str(tmp_path / "own.parquet"))
    duckdb.sql(ROWS).write_csv(str(tmp_path / "own.csv"))
    found = [told(workspace, tmp_path / name) for name in ("truth", "own.parquet", "own.csv")]
    assert found == [[("pos", "1", "7")]] * 3  # who has no person is not told of


def test_what_is_missing_is_named(workspace: Workspace, tmp_path: Path):
    with pytest.raises(NotFound):
        open_truth(workspace.lake, tmp_path / "nowhere")
    with pytest.raises(NotFound):
        open_truth(workspace.lake, tmp_path)
    (tmp_path / "own.csv").write_text("source,key\npos,1\n")
    with pytest.raises(Invalid) as caught:
        open_truth(workspace.lake, tmp_path / "own.csv")
    assert "record, person" in caught.value.problem.en
    assert caught.value.allowed == ("source", "record", "person")
    (tmp_path / "own.parquet").write_bytes(b"no parquet")
    with pytest.raises(Invalid):
        open_truth(workspace.lake, tmp_path / "own.parquet")
