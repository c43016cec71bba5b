"""The background jobs of ingest: import by a mapping of the inbox, replay refused lines, take an import back."""

from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.inbox import Load, find_in_inbox, load_from_inbox
from quanyu.customers.ingest.replaying import Doors, replay_file, replay_texts
from quanyu.customers.ingest.taking_back import Rooms, take_back
from quanyu.foundation.jobs.queue import defer
from quanyu.foundation.jobs.states import waiting_job
from quanyu.foundation.workspace import Workspace

IMPORT, REPLAY, TAKE_BACK = "quanyu.import", "quanyu.replay", "quanyu.take_back"


def defer_import(workspace: Workspace, mapping: str) -> int:
    """Queue an import and return its job; the same one that waits already is returned instead of a second."""
    lock = f"import:{workspace.number}:{mapping}"
    with workspace.begin() as connection:
        queued = defer(connection, IMPORT, lock=lock, queueing_lock=lock, workspace=workspace.name, mapping=mapping)
        return queued or waiting_job(connection, lock) or 0


def run_import(workspace: Workspace, mapping: str, load: Load) -> None:
    import_files(workspace, load_from_inbox(workspace, mapping, load))


def defer_replay(workspace: Workspace, file: str | None, number: int | None) -> int:
    """Queue a replay of a mended file of the inbox, or of the lines of an import as they are; return its job."""
    return _defer(workspace, REPLAY, f"{file or number}", file=file, number=number)


def run_replay(workspace: Workspace, doors: Doors, file: str | None, number: int | None) -> None:
    if file is not None:
        replay_file(workspace, find_in_inbox(workspace, file), doors)
    elif number is not None:
        replay_texts(workspace, number, doors)


def defer_take_back(workspace: Workspace, number: int) -> int:
    """Queue a take-back and return its job."""
    return _defer(workspace, TAKE_BACK, str(number), number=number)


def run_take_back(workspace: Workspace, rooms: Rooms, number: int) -> None:
    take_back(workspace, number, rooms)


def _defer(workspace: Workspace, task: str, about: str, **arguments: object) -> int:
    """Queue a job; the same one that waits already is returned instead of a second."""
    lock = f"{task}:{workspace.number}:{about}"
    with workspace.begin() as connection:
        queued = defer(connection, task, lock=lock, queueing_lock=lock, workspace=workspace.name, **arguments)
        return queued or waiting_job(connection, lock) or 0
