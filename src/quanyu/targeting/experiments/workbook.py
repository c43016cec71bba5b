"""Writes what an experiment found as a workbook: words, the figures as numbers, and what each column means."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import xlsxwriter

from quanyu.foundation.text import Text
from quanyu.targeting.experiments.explaining import HEADINGS, rows, titled
from quanyu.targeting.experiments.model import Analysis
from quanyu.targeting.experiments.wording import in_words


def write_workbook(
    found: Analysis, title: Text, before: Sequence[Text] = (), more: Sequence[tuple[Text, object]] = ()
) -> bytes:
    """Return the workbook. `before` are sentences that come first, `more` figures that are no effects."""
    made = BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False}) as book:
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        _tell(book.add_worksheet("words 文字"), title, (*before, *in_words(found)), bold, wrapped)
        _fill(book.add_worksheet("effects 效果"), found, bold)
        if more:
            sheet = book.add_worksheet("figures 数据")
            sheet.set_column(0, 1, 42)
            for row, (name, value) in enumerate(more):
                sheet.write_string(row, 0, f"{name.en} {name.zh}", bold)
                _put(sheet, row, 1, value)
        _explain(book.add_worksheet("definitions 定义"), bold)
    return made.getvalue()


def _tell(sheet: Any, title: Text, words: Sequence[Text], bold: Any, wrapped: Any) -> None:
    sheet.set_column(0, 1, 80)
    sheet.write_string(0, 0, title.en, bold)
    sheet.write_string(0, 1, title.zh, bold)
    for row, said in enumerate(words, 1):
        sheet.write_string(row, 0, said.en, wrapped)
        sheet.write_string(row, 1, said.zh, wrapped)


def _fill(sheet: Any, found: Analysis, bold: Any) -> None:
    sheet.set_column(0, len(HEADINGS) - 1, 16)
    sheet.freeze_panes(1, 3)
    for column, heading in enumerate(HEADINGS):
        sheet.write_string(0, column, heading.name, bold)
    for row, (part, effect) in enumerate(rows(found), 1):
        for column, heading in enumerate(HEADINGS):
            value = str(part) if heading.name == "part" else getattr(effect, heading.name)
            _put(sheet, row, column, str(titled(value)) if heading.name in ("outcome", "arm") else value)


def _put(sheet: Any, row: int, column: int, value: object) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif value is not None:
        sheet.write_string(row, column, str(value))


def _explain(sheet: Any, bold: Any) -> None:
    sheet.set_column(0, 4, 40)
    for column, head in enumerate(("column 列", "title", "名称", "what it is", "说明")):
        sheet.write_string(0, column, head, bold)
    for row, heading in enumerate(HEADINGS, 1):
        told = (heading.name, heading.title.en, heading.title.zh, heading.meaning.en, heading.meaning.zh)
        for column, said in enumerate(told):
            sheet.write_string(row, column, said)
