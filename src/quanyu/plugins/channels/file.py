"""Files: messages as CSV, Excel or JSON lines, for whoever sends through another system.

A chunk is one file, named by its batch and chunk, in place as a whole or not at all: sent again, it takes the place of
itself. The files hold addresses: the folder is its owner's alone.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow as pa
import xlsxwriter
from pyarrow import csv

from quanyu.engagement.channels.spec import ACCEPTED, LATER, About, Answered, Capabilities, Opened, Setting
from quanyu.foundation.text import Text

LARGEST = 100_000  # messages a file; a sheet holds ten times as many


class Files:
    name = "file"
    title = Text("Files for another system", "文件")
    capabilities = Capabilities(batch=LARGEST, requests=1, idempotent=True, receipts=None, whole=True)
    settings = (
        Setting("format", "choice", Text("Format", "格式"), default="csv", choices=("csv", "xlsx", "jsonl")),
        Setting("folder", "text", Text("Folder; that of the home if left out", "目录；缺省在数据目录内")),
    )

    async def open(self, account: Opened) -> "Writing":
        folder = account.settings.get("folder")
        return Writing(Path(str(folder)) if folder else account.folder, str(account.settings["format"]))

    def read(self, file: Path) -> None:
        return None


class Writing:
    def __init__(self, folder: Path, form: str) -> None:
        self._folder, self._form = folder, form

    async def send(self, messages: pa.Table, about: About) -> Answered:
        return await asyncio.to_thread(self._write, messages, about)

    async def close(self) -> None:
        return None

    def _write(self, messages: pa.Table, about: About) -> Answered:
        file = self._folder / f"{about.batch}-{about.chunk}.{self._form}"
        rows = messages.append_column("campaign", pa.repeat(pa.scalar(about.campaign), messages.num_rows))
        try:
            put(file, lambda path: _FORMS[self._form](rows, path))
        except OSError:
            return Answered.all(messages.num_rows, LATER, hold=0)
        return Answered.all(messages.num_rows, ACCEPTED)


def put(file: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a file, and put it in place when it is whole and on the disk."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}")
    beside.unlink(missing_ok=True)
    os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    write(beside)
    descriptor = os.open(beside, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)


def _write_csv(rows: pa.Table, path: Path) -> None:
    csv.write_csv(rows, path)


def _write_json_lines(rows: pa.Table, path: Path) -> None:
    with path.open("wb") as out:
        out.writelines(msgspec.json.encode(row) + b"\n" for row in rows.to_pylist())


def _write_sheet(rows: pa.Table, path: Path) -> None:
    """Write texts as texts: nothing that begins like a formula becomes one."""
    plain = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), plain) as book:
        sheet = book.add_worksheet("messages")
        sheet.write_row(0, 0, rows.column_names)
        for number, row in enumerate(rows.to_pylist(), 1):
            for column, value in enumerate(row.values()):
                if value is not None:
                    sheet.write_string(number, column, str(value))


_FORMS: dict[str, Callable[[pa.Table, Path], None]] = {
    "csv": _write_csv,
    "xlsx": _write_sheet,
    "jsonl": _write_json_lines,
}
CHANNEL = Files()
