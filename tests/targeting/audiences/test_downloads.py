"""An export by the API is a file of the home: written by a job that may be killed, and gone when it expires."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from tests.targeting.audiences.conftest import state_of_last

from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.downloads import EXPORT, KEPT, download, expire_exports, queue_export, run_export
from quanyu.targeting.audiences.exporting import FAILPOINTS, Wanted, export, file_target
from quanyu.targeting.audiences.recording import find_export, list_exports

WANTED = Wanted("everybody", ["country"])
CHILD = """
from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings
from quanyu.targeting.audiences.downloads import run_export

with opened(Settings.load()) as home:
    run_export(home.workspace(), 1)
"""


def jobs(ws: Workspace) -> list[object]:
    query = "select args->>'number' from procrastinate_jobs where task_name = %s"
    with ws.begin() as connection:
        return list(connection.exec_driver_sql(query, (EXPORT,)).scalars())


def test_a_queued_export_is_written_once(everybody) -> None:
    ws = everybody.ws
    number, job = queue_export(ws, WANTED, "csv", "token:ann")
    assert (find_export(ws, number).state, jobs(ws), job > 0) == ("waiting", [str(number)], True)
    with pytest.raises(Conflict, match="not finished"):
        download(ws, number, identifiers=False)
    run_export(ws, number)
    file = download(ws, number, identifiers=False)
    assert file.read_text().count("\n") == 6
    assert file.parent.stat().st_mode & 0o777 == 0o700
    with pytest.raises(NotFound, match="no file"):
        download(ws, number, identifiers=True)
    file.write_text("x")
    run_export(ws, number)
    assert file.read_text() == "x"
    assert find_export(ws, number).who == "token:ann"


def test_what_cannot_be_exported_is_said_before_it_is_queued(everybody) -> None:
    for wanted, format_ in (
        (Wanted("everybody", ["nonsense"]), "csv"),
        (Wanted("everybody", identifiers=True), "csv"),
        (Wanted("everybody", purpose="marketing"), "csv"),
        (WANTED, "pdf"),
    ):
        with pytest.raises(Invalid):
            queue_export(everybody.ws, wanted, format_, "token:ann")
    assert (jobs(everybody.ws), list_exports(everybody.ws, 9)) == ([], [])


def test_what_can_no_longer_be_exported_has_failed(everybody) -> None:
    number, _ = queue_export(everybody.ws, WANTED, "csv", "token:ann")
    with everybody.ws.begin() as connection:
        connection.exec_driver_sql("delete from audience_snapshot")
    with pytest.raises(Conflict):
        run_export(everybody.ws, number)
    found = find_export(everybody.ws, number)
    assert (found.state, found.error) == ("failed", "Conflict")


def test_a_file_expires_and_its_record_stays(everybody, tmp_path: Path) -> None:
    ws = everybody.ws
    wanted = Wanted("everybody", ["country"], identifiers=True, reason="letters")
    number, _ = queue_export(ws, wanted, "parquet", "token:ann")
    run_export(ws, number)
    files = [download(ws, number, identifiers=which) for which in (False, True)]
    assert files[1].stat().st_mode & 0o777 == 0o600
    export(ws, WANTED, file_target(tmp_path / "mine.csv"), "operator")
    assert expire_exports(ws) == 0
    with ws.begin() as connection:
        connection.exec_driver_sql("update audience_export set expires_at = %s", (ws.clock.now() - timedelta(1),))
        connection.exec_driver_sql("update audience_export set expires_at = null where who = 'operator'")
    with pytest.raises(NotFound, match="no file"):
        download(ws, number, identifiers=False)
    assert expire_exports(ws) == 1
    assert [file.exists() for file in files] == [False, False]
    assert (tmp_path / "mine.csv").exists()
    assert [each.state for each in list_exports(ws, 9)] == ["finished", "expired"]
    assert expire_exports(ws) == 0
    assert timedelta(days=7) == KEPT


def test_only_files_of_the_home_are_handed_out(everybody, tmp_path: Path) -> None:
    done = export(everybody.ws, WANTED, file_target(tmp_path / "mine.csv"), "operator")
    with pytest.raises(NotFound, match="no file"):
        download(everybody.ws, done.number, identifiers=False)
    for number in (0, 99, 1 << 70):
        with pytest.raises(NotFound, match="no such export"):
            download(everybody.ws, number, identifiers=False)


@pytest.mark.each_point
@pytest.mark.parametrize("point", FAILPOINTS[1:])
def test_a_killed_job_is_taken_up_again(everybody, environment, point: str) -> None:
    ws = everybody.ws
    assert queue_export(ws, WANTED, "csv", "token:ann")[0] == 1
    child = subprocess.run(
        ["python", "-c", CHILD],
        env={**environment, "QUANYU_FAILPOINT": point},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == -9, child.stderr
    assert state_of_last(ws) == ("finished" if point == "exports.recorded" else "interrupted")
    run_export(ws, 1)
    assert download(ws, 1, identifiers=False).read_text().count("\n") == 6
    assert [each.state for each in list_exports(ws, 9)] == ["finished"]
