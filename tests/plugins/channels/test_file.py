"""Files hold every message as text, are their owner's alone, and take the place of themselves."""

import asyncio

import msgspec
import pytest
import python_calamine
from pyarrow import csv
from tests.plugins.channels.conftest import ABOUT, messages, opened

from quanyu.plugins.channels.file import CHANNEL


def write(tmp_path, form):
    async def sent():
        line = await CHANNEL.open(opened(tmp_path, format=form))
        for _ in range(2):
            await line.send(messages("+8613800138000", "=1+1"), ABOUT)

    asyncio.run(sent())
    (file,) = (tmp_path / "account").iterdir()
    return file


def read(file):
    if file.suffix == ".csv":
        return csv.read_csv(file, convert_options=csv.ConvertOptions(column_types={"address": "string"})).to_pylist()
    if file.suffix == ".jsonl":
        return [msgspec.json.decode(line) for line in file.read_bytes().splitlines()]
    names, *rows = python_calamine.CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_a_file_is_written_once_whole_and_as_text(tmp_path, form):
    file = write(tmp_path, form)
    assert file.name == f"7-3.{form}"
    assert file.stat().st_mode & 0o077 == 0
    rows = read(file)
    assert [row["address"] for row in rows] == ["+8613800138000", "=1+1"]
    assert {row["campaign"] for row in rows} == {"spring"}
