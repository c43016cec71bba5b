"""A dropped workbook is read as its columns of texts: phones stay phones, whatever type their cells have."""

import io

import pytest
import xlsxwriter

from quanyu.app.columns import read_columns
from quanyu.foundation.errors import Invalid


def workbook(*rows: tuple[object, ...]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return out.getvalue()


def test_columns_have_names_and_numbers_have_no_point():
    found = read_columns(workbook(("姓名", "手机号"), ("王芳", 13800138001), ("李强", "13900139002"), ("赵", None)))
    assert [(each.name, list(each.values)) for each in found] == [
        ("姓名", ["王芳", "李强", "赵"]),
        ("手机号", ["13800138001", "13900139002"]),
    ]


def test_a_column_without_a_name_begins_with_its_first_value():
    (column,) = read_columns(workbook((13800138001,), (13900139002,)))
    assert (column.name, list(column.values)) == ("1", ["13800138001", "13900139002"])


@pytest.mark.parametrize("what", [b"", b"card,phone\n1,2\n", b"PK\x03\x04 not really"])
def test_what_is_no_workbook_is_refused(what: bytes):
    with pytest.raises(Invalid) as caught:
        read_columns(what)
    assert ".xlsx" in caught.value.allowed
