"""Files that come in by HTTP, part by part: what comes in together lies in one folder of the inbox, for some weeks."""

import os
import re
import shutil
import unicodedata
from datetime import timedelta
from pathlib import Path

from quanyu.customers.ingest.inbox import UPLOADS
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".json", ".jsonl", ".ndjson", ".parquet", ".zip", ".gz")
_BATCH = re.compile(r"[a-z0-9]{16,40}")
_STRANGE = re.compile(r"[\x00-\x1f/\\:*?\"<>|]")


def receive(workspace: Workspace, batch: str, name: str, offset: int, part: bytes) -> int:
    """Append a part of a file and return how large it is now; a part that has come before changes nothing.

    `batch` is chosen by who sends, so that two who send files of one name at once do not meet. Offset 0 begins anew.
    """
    path = place_of(workspace, batch, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    size = _append(path, offset, part)
    now = workspace.clock.now().timestamp()
    os.utime(path.parent, (now, now))  # by which it expires
    return size


def _append(path: Path, offset: int, part: bytes) -> int:
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


def place_of(workspace: Workspace, batch: str, name: str) -> Path:
    """Return where an upload of this name lies; raises `Invalid` for a name or a type that is not taken."""
    plain = unicodedata.normalize("NFC", name).strip()
    if not plain or len(plain.encode()) > 200 or plain.startswith(".") or _STRANGE.search(plain):
        raise Invalid(Text("This is not the name of a file.", "文件名不符合要求。"), received=f"{len(name)} characters")
    if not _BATCH.fullmatch(batch):
        raise Invalid(
            Text("This is not the name of a batch.", "批次名不符合要求。"),
            received=f"{len(batch)} characters",
            allowed=["a–z and 0–9, 16 to 40"],
        )
    suffix = Path(plain).suffix.lower()
    if suffix not in SUFFIXES:
        raise Invalid(
            Text("Files of this type cannot be read.", "无法读取此类型的文件。"),
            remedy=Text("Save it as Excel or CSV.", "请另存为 Excel 或 CSV。"),
            received=suffix or "no suffix",
            allowed=SUFFIXES,
        )
    return _own(workspace) / batch / plain


def path_below(workspace: Workspace, place: Path) -> str:
    """Return the path of an upload below the inbox, by which verbs of the inbox name it."""
    return str(place.relative_to(workspace.settings.home / "inbox"))


def expire_uploads(workspace: Workspace) -> int:
    """Remove batches that are older than refused lines may be; return how many."""
    oldest = (workspace.clock.now() - timedelta(days=workspace.settings.reject_days)).timestamp()
    old = [batch for batch in _own(workspace).glob("*") if batch.stat().st_mtime < oldest]
    for batch in old:
        shutil.rmtree(batch, ignore_errors=True)
    return len(old)


def _own(workspace: Workspace) -> Path:
    return workspace.settings.home / "inbox" / UPLOADS / str(workspace.number)
