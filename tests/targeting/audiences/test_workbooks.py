"""A workbook keeps ids and codes as text, explains its columns, and never takes more rows than a sheet holds."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook

from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.exporting import Wanted, export, file_target
from quanyu.targeting.audiences.targets import Contents
from quanyu.targeting.audiences.workbooks import MOST_ROWS, WorkbookTarget


def test_customers_and_definitions(everybody, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    wanted = Wanted("everybody", ["monetary", "recency_days", "rfm_score", "first_purchase"])
    assert export(everybody.ws, wanted, file_target(path), "ann").rows == 5
    book = CalamineWorkbook.from_path(path)
    customers, definitions = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert customers[0] == ["one_id", "monetary_GBP", "recency_days", "rfm_score", "first_purchase"]
    assert customers[1][:3] == [f"cus_{0:032x}", 180.01, 62.0]
    assert customers[1][4] == date(2011, 1, 31)
    assert isinstance(customers[1][3], str)
    assert customers[3][1:3] == ["", ""]
    said = {row[0]: row[1:] for row in definitions if row and row[0]}
    assert said["audience 人群"][0] == "everybody: Everybody 全部"
    assert '"is_known"' in said["rule 规则"][0]
    assert said["version 版本"][0] == "1"
    assert said["as of 统计时间"][0].startswith("2011-06-30T23:30")
    assert said["monetary_GBP"][4:] == ["GBP", "GBP"]
    assert said["recency_days"][5] == "天"
    assert all(said[header][0] and said[header][1] for header in customers[0])


def test_text_stays_as_it_is_and_numbers_keep_their_digits(tmp_path: Path) -> None:
    columns = {
        "id": pa.array(["00123", "=1+1", "1E5", "12345678901234567890", "https://x.com", ""]),
        "whole": pa.array([1, -5, 2**53 + 1, None, 0, 7]),
        "amount": pa.array([Decimal("0.10"), None, Decimal("-2.55"), Decimal(0), Decimal(1), Decimal(2)]),
        "true": pa.array([True, False, None, True, True, True]),
    }
    rows = pa.table(columns)
    target = WorkbookTarget(tmp_path / "a.xlsx")
    with target.open(Contents(rows.schema, 6, [(Text("rule", "规则"), "x" * 70_000)])) as writer:
        writer.write_table(rows.slice(0, 2))
        writer.write_table(rows.slice(2))
        writer.finish()
        assert not (tmp_path / "a.xlsx").exists()
        writer.show()
    book = CalamineWorkbook.from_path(tmp_path / "a.xlsx")
    found = book.get_sheet_by_index(0).to_python()
    assert [row[0] for row in found[1:]] == columns["id"].to_pylist()
    assert [row[1] for row in found[1:]] == [1.0, -5.0, "9007199254740993", "", 0.0, 7.0]
    assert [row[2] for row in found[1:4]] == [0.1, "", -2.55]
    assert [row[3] for row in found[1:4]] == [True, False, ""]
    explained = book.get_sheet_by_index(1).to_python()
    assert "".join(str(row[1]) for row in explained[:3]) == "x" * 70_000


def test_more_rows_than_a_sheet_holds_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    target, schema = WorkbookTarget(tmp_path / "a.xlsx"), pa.schema([("one_id", pa.string())])
    target.refuse(Contents(schema, MOST_ROWS))
    with pytest.raises(Invalid) as caught:
        target.refuse(Contents(schema, MOST_ROWS + 1))
    assert ".csv" in str(caught.value.remedy)
    assert list(tmp_path.iterdir()) == []
