"""A mended file is read by the ids of its rows, whatever else was changed in it."""

from pathlib import Path

import pytest

from quanyu.customers.ingest.mended import POSITION, read_mended
from quanyu.customers.ingest.sheets import write_workbook
from quanyu.customers.ingest.spec import Source
from quanyu.foundation.errors import Invalid
from quanyu.foundation.registry import Registry
from quanyu.foundation.workspace import Workspace

READERS = Registry[Source]("quanyu.sources").all()
ABOUT = ("_reject", "_file", "_line", "_reason")


def test_rows_of_both_sheets_are_named_by_their_ids(workspace: Workspace, tmp_path: Path):
    file = tmp_path / "mend.xlsx"
    rows = [
        ["0012", "x", "7-2", "a.csv", "2", "why"],
        ["0013", "y", " 7-3 ", "", "", ""],
        ["0014", "z", "7-2", "", "", ""],
    ]
    lines = (["_text", *ABOUT], [["a,b", "8-1", *"abc"]])
    write_workbook(file, {"rejects": (["no", "mine", *ABOUT], rows), "lines": lines})
    read = read_mended(workspace, file, READERS)
    assert set(read.column_names) == {"number", POSITION, "no", "mine", "_text"}
    found = [(row["number"], row[POSITION], row["no"], row["_text"]) for row in read.to_pylist()]
    assert found == [(7, 2, "0012", None), (7, 3, "0013", None), (8, 1, None, "a,b")]


def test_what_has_no_table_or_no_ids_is_told(workspace: Workspace, tmp_path: Path):
    only_lines = tmp_path / "lines.xlsx"
    write_workbook(only_lines, {"rejects": (ABOUT, []), "lines": (["_text", *ABOUT], [["a", "8-1", *"abc"]])})
    assert read_mended(workspace, only_lines, READERS).num_rows == 1
    other = tmp_path / "other.xlsx"
    write_workbook(other, {"mine": (["a", "b"], [["1", "2"]])})
    with pytest.raises(Invalid):
        read_mended(workspace, other, READERS)
