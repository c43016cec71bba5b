"""Files that come in by HTTP, part by part, into a folder of the inbox."""

import os
import re
import unicodedata
from pathlib import Path

from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

FOLDER = "uploads"
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".json", ".jsonl", ".ndjson", ".parquet", ".zip", ".gz")
_STRANGE = re.compile(r"[\x00-\x1f/\\:*?\"<>|]")


def receive(workspace: Workspace, name: str, offset: int, part: bytes) -> int:
    """Append a part of a file and return how large it is now; a part that has come before changes nothing.

    Offset 0 begins the file anew.
    """
    path = place_of(workspace, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as out:
        present = out.seek(0, os.SEEK_END)
        if offset == 0:
            out.truncate(0)
        elif offset + len(part) <= present:
            return present
        elif offset != present:
            raise Conflict(
                Text("A part of the file is missing.", "文件缺少一部分。"),
                remedy=Text("Send the parts in order.", "请按顺序发送。"),
                received=offset,
                allowed=[str(present)],
            )
        out.seek(offset)
        out.write(part)
        return offset + len(part)


def place_of(workspace: Workspace, name: str) -> Path:
    """Return where an upload of this name lies; raises `Invalid` for a name or a type that is not taken."""
    plain = unicodedata.normalize("NFC", name).strip()
    if not plain or len(plain.encode()) > 200 or plain.startswith(".") or _STRANGE.search(plain):
        raise Invalid(Text("This is not the name of a file.", "文件名不符合要求。"), received=f"{len(name)} characters")
    suffix = Path(plain).suffix.lower()
    if suffix not in SUFFIXES:
        raise Invalid(
            Text("Files of this type cannot be read.", "无法读取此类型的文件。"),
            remedy=Text("Save it as Excel or CSV.", "请另存为 Excel 或 CSV。"),
            received=suffix or "no suffix",
            allowed=SUFFIXES,
        )
    return workspace.settings.home / "inbox" / FOLDER / plain
