"""The background job of ingest: import by a mapping of the inbox."""

from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.inbox import Load, load_from_inbox
from quanyu.foundation.jobs.queue import defer
from quanyu.foundation.jobs.states import waiting_job
from quanyu.foundation.workspace import Workspace

IMPORT = "quanyu.import"


def defer_import(workspace: Workspace, mapping: str) -> int:
    """Queue an import and return its job; the same one that waits already is returned instead of a second."""
    lock = f"import:{workspace.number}:{mapping}"
    with workspace.begin() as connection:
        queued = defer(connection, IMPORT, lock=lock, queueing_lock=lock, workspace=workspace.name, mapping=mapping)
        return queued or waiting_job(connection, lock) or 0


def run_import(workspace: Workspace, mapping: str, load: Load) -> None:
    import_files(workspace, load_from_inbox(workspace, mapping, load))
