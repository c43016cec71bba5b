"""The embedded server after accidents: kill -9 at every step, stale pid files, a full disk."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from quanyu.foundation.database.launcher import FAILPOINTS, Attachment, attach
from quanyu.foundation.errors import StorageFull, Unavailable

ATTACH = """
import sys
from pathlib import Path
from quanyu.foundation.database.launcher import attach
attach(Path(sys.argv[1])).release()
"""
BUSY = "select count(*) from generate_series(1, 100000000) a where a % 7 = 3"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "home"
    attach(folder).release()
    return folder


@pytest.fixture
def made(template: Path, tmp_path: Path) -> Path:
    """Return a home whose server has run before."""
    return Path(shutil.copytree(template, tmp_path / "made"))


def living(home: Path) -> list[psutil.Process]:
    """Return every process that works for a home's server or its making, found without the launcher's own means."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status", "name"])
        if process.info["name"] in ("postgres", "initdb")
        and process.info["status"] != psutil.STATUS_ZOMBIE
        and str(home.resolve()) in " ".join(process.info["cmdline"] or [])
    ]


def ask(held: Attachment, query: str) -> object:
    with psycopg.connect(**held.address.parameters) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def assert_usable(home: Path) -> None:
    """Attach, work, leave nothing behind."""
    held = attach(home)
    owned = "select pg_get_userbyid(datdba) from pg_database where datname = 'quanyu'"
    assert ask(held, owned) == "quanyu"
    assert ask(held, "show max_connections") == "200"
    held.release()
    assert living(home) == []
    assert {entry.name for entry in (home / "postgres").iterdir()} <= {"alive.lock", "data", "log", "run"}
    assert list((home / "postgres").rglob("*.new")) == []


@pytest.mark.each_point
@pytest.mark.parametrize("point", FAILPOINTS)
def test_kill_at_every_step(home: Path, point: str) -> None:
    done = subprocess.run([sys.executable, "-c", ATTACH, str(home)], env={**os.environ, "QUANYU_FAILPOINT": point})
    assert done.returncode == -signal.SIGKILL
    assert_usable(home)


@pytest.mark.scale
def test_kill_at_random_moments(home: Path) -> None:
    chance = random.Random(20)
    for _ in range(8):
        process = subprocess.Popen([sys.executable, "-c", ATTACH, str(home)])
        deadline = time.monotonic() + 20
        while not (home / "postgres").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.4))
        with suppress(psutil.NoSuchProcess):
            for part in psutil.Process(process.pid).children(recursive=True):
                part.kill()
        process.kill()
        process.wait()
    assert_usable(home)


@pytest.mark.each_point
@pytest.mark.parametrize("point", FAILPOINTS)
def test_full_disk_at_every_step(home: Path, point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANYU_FAILPOINT", f"{point}=full")
    with pytest.raises(StorageFull):
        attach(home).release()
    assert list((home / "postgres").glob("*.new")) == []
    monkeypatch.delenv("QUANYU_FAILPOINT")
    assert_usable(home)


def test_disk_that_is_really_full(tmp_path: Path) -> None:
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("only root on Linux can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", str(disk)])
    if mounted.returncode != 0:
        pytest.skip("this container may not mount a small disk")
    try:
        with pytest.raises(StorageFull):
            attach(disk / "home")
        assert not (disk / "home" / "postgres" / "data.new").exists()
        assert not (disk / "home" / "postgres" / "data").exists()
        assert living(disk / "home") == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def postmaster(home: Path) -> psutil.Process:
    return psutil.Process(int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0]))


def await_end(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        while process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)


def test_stale_pid_files(made: Path, tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    other = attach(tmp_path / "other")
    held = attach(made)
    file = made / "postgres" / "data" / "postmaster.pid"
    whole = file.read_text()
    held.release()

    def with_pid(pid: int) -> str:
        return "\n".join([str(pid), *whole.split("\n")[1:]])

    stale = {
        "dead process": with_pid(ended.pid),
        "unrelated process": with_pid(os.getpid()),
        "another home's server": with_pid(postmaster(tmp_path / "other").pid),
        "first process": with_pid(1),
        "empty": "",
        "truncated": whole[:3],
        "no number": "postgres\n",
        "huge number": "99999999999999999999\n",
    }
    for content in stale.values():
        file.write_text(content)
        assert_usable(made)
    assert ask(other, "select 1") == 1
    other.release()


def test_killed_postmaster(made: Path) -> None:
    held = attach(made)
    with psycopg.connect(**held.address.parameters) as connection:
        connection.execute("create table kept as select 7 as id")
    os.kill(postmaster(made).pid, signal.SIGKILL)
    again = attach(made)
    assert ask(again, "select id from kept") == 7
    held.release()
    again.release()
    assert living(made) == []


def test_killed_postmaster_with_a_busy_backend(made: Path) -> None:
    held = attach(made)

    def work() -> None:
        with suppress(psycopg.Error), psycopg.connect(**held.address.parameters) as connection:
            connection.execute(BUSY)

    busy = threading.Thread(target=work)
    busy.start()
    while ask(held, "select count(*) from pg_stat_activity where query like '%% a %% 7%%' and state = 'active'") == 0:
        time.sleep(0.01)
    os.kill(postmaster(made).pid, signal.SIGKILL)
    begun = time.monotonic()
    again = attach(made)
    assert time.monotonic() - begun < 20
    assert ask(again, "select 1") == 1
    busy.join(timeout=30)
    assert not busy.is_alive()
    held.release()
    again.release()


def test_everything_killed_at_once_keeps_what_was_committed(made: Path) -> None:
    held = attach(made)
    with psycopg.connect(**held.address.parameters, autocommit=True) as connection:
        connection.execute("create table kept (id int)")
        for number in range(50):
            connection.execute("insert into kept values (%s)", [number])
        server = postmaster(made)
        for process in (server, *server.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.kill()
    again = attach(made)
    assert ask(again, "select count(*) from kept") == 50
    held.release()
    again.release()


def test_damaged_pid_file_of_a_living_server(made: Path) -> None:
    held = attach(made)
    server = postmaster(made)
    (made / "postgres" / "data" / "postmaster.pid").write_text("")
    again = attach(made)
    await_end(server)
    assert ask(again, "select 1") == 1
    held.release()
    again.release()
    assert living(made) == []


def test_killed_users_leave_a_server_that_the_next_release_stops(made: Path) -> None:
    program = ATTACH.replace(".release()", "\nimport os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    done = subprocess.run([sys.executable, "-c", program, str(made)])
    assert done.returncode == -signal.SIGKILL
    assert len(living(made)) == 1
    assert_usable(made)


def test_server_that_cannot_start_says_why_at_once(made: Path) -> None:
    attach(made).release()
    settings = made / "postgres" / "data" / "postgresql.conf"
    whole = settings.read_text()
    settings.write_text(whole + "shared_buffers = many\n")
    begun = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        attach(made)
    assert time.monotonic() - begun < 20
    assert "shared_buffers" in str(refused.value.received)
    settings.write_text(whole)
    assert_usable(made)


def test_interrupted_recovery_goes_on(made: Path) -> None:
    held = attach(made)
    with psycopg.connect(**held.address.parameters, autocommit=True) as connection:
        connection.execute("create table many as select a as id from generate_series(1, 200000) a")
    for _ in range(3):
        os.kill(postmaster(made).pid, signal.SIGKILL)
        child = subprocess.Popen([sys.executable, "-c", ATTACH, str(made)])
        time.sleep(0.35)
        child.kill()
        child.wait()
        again = attach(made)
        assert ask(again, "select count(*) from many") == 200000
        again.release()
    held.release()
    assert living(made) == []
