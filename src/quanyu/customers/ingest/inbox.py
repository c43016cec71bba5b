"""The one folder from which the API may import: mappings and files below `<home>/inbox`, and nothing outside it."""

from collections.abc import Callable
from pathlib import Path

from quanyu.customers.ingest.mapping import SourceMapping
from quanyu.foundation.errors import Forbidden, NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

UPLOADS = "uploads"  # what has come in by HTTP: of each workspace in a folder of its own, which no other reads
Load = Callable[[Workspace, Path], SourceMapping]


def load_from_inbox(workspace: Workspace, name: str, load: Load) -> SourceMapping:
    """Read a mapping of the inbox, given by its path below it; the files that it names must lie there too."""
    inbox = (workspace.settings.home / "inbox").resolve()
    path = _inside(workspace, inbox / name, name)
    if not path.is_file():
        raise NotFound(
            Text("There is no such mapping in the inbox.", "收件目录中没有这个映射文件。"),
            remedy=Text("Put it into the folder inbox of the home.", "请把它放入数据目录下的 inbox 目录。"),
            received=name,
            allowed=sorted(str(p.relative_to(inbox)) for p in inbox.glob("**/*.y*ml"))[:20],
        )
    mapping = load(workspace, path)
    for file in mapping.files:
        _inside(workspace, file, file.name)
    return mapping


def find_in_inbox(workspace: Workspace, name: str) -> Path:
    """Return the path of a file of the inbox, given by its path below it."""
    inbox = (workspace.settings.home / "inbox").resolve()
    path = _inside(workspace, inbox / name, name)
    if not path.is_file():
        raise NotFound(
            Text("There is no such file in the inbox.", "收件目录中没有这个文件。"),
            remedy=Text("Put it into the folder inbox of the home.", "请把它放入数据目录下的 inbox 目录。"),
            received=name,
        )
    return path


def _inside(workspace: Workspace, path: Path, shown: str) -> Path:
    inbox = (workspace.settings.home / "inbox").resolve()
    try:
        resolved = path.resolve()
    except (OSError, ValueError):
        resolved = Path("/")
    uploads = inbox / UPLOADS
    others = resolved.is_relative_to(uploads) and not resolved.is_relative_to(uploads / str(workspace.number))
    if others or not resolved.is_relative_to(inbox):
        raise Forbidden(
            Text("Files outside the inbox may not be read.", "不允许读取收件目录以外的文件。"),
            remedy=Text("Put the file into the folder inbox of the home.", "请把文件放入数据目录下的 inbox 目录。"),
            received=shown,
        )
    return resolved
