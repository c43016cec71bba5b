"""The embedded server's life: who starts it, who stops it, and where its files and its socket lie."""

import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from quanyu.foundation.database.launcher import Address, attach
from quanyu.foundation.errors import Conflict, Forbidden, Invalid

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

USER = """
import sys
from pathlib import Path
from quanyu.foundation.database.launcher import attach
held = attach(Path(sys.argv[1]))
print("attached", flush=True)
sys.stdin.read()
held.release()
"""


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


@pytest.fixture
def users() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start processes that attach and stay until their input is closed."""
    started: list[subprocess.Popen[str]] = []

    def start(home: Path) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", USER, str(home)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.communicate(timeout=60)


def answer(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def leave(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    assert process.wait(timeout=60) == 0


def ask(address: Address, query: str) -> object:
    with psycopg.connect(**address.parameters) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def servers(home: Path) -> list[int]:
    """Return the living servers of a home, found without any of the launcher's own means."""
    found: list[int] = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if str(home.resolve() / "postgres" / "data") in words and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process.pid)
    return found


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_first_start_makes_role_and_database(home: Path) -> None:
    held = attach(home)
    assert ask(held.address, "select current_user || ' ' || rolsuper from pg_roles where rolname = current_user") == (
        "quanyu false"
    )
    owner = "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
    assert ask(held.address, owner) == "quanyu"
    assert ask(held.address, "select upper('é')") == "É"
    with psycopg.connect(**held.address.superuser_parameters) as connection:
        settings = dict(connection.execute("select name, setting from pg_settings").fetchall())
    held.release()
    expected = {
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "listen_addresses": "",
        "synchronous_commit": "on",
        "jit": "off",
        "TimeZone": "UTC",
        "max_connections": "200",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
    assert {name: settings[name] for name in expected} == expected
    rules = (home / "postgres" / "data" / "pg_hba.conf").read_text().split("\n")
    assert all(rule.startswith("local ") for rule in rules if rule)


def test_attachments_of_one_process_share_the_server(made: Path) -> None:
    first, second = attach(made), attach(made)
    first.release()
    first.release()
    assert ask(second.address, "select 1") == 1
    second.release()
    assert servers(made) == []


def test_start_and_stop_are_quick(made: Path) -> None:
    attach(made).release()
    begun = time.monotonic()
    held = attach(made)
    attached = time.monotonic()
    held.release()
    assert attached - begun < 5
    assert time.monotonic() - attached < 5


def test_server_survives_the_terminal_of_its_starter(made: Path) -> None:
    held = attach(made)
    (pid,) = servers(made)
    assert os.getsid(pid) != os.getsid(0)
    assert psutil.Process(pid).ppid() != os.getpid()
    held.release()


@pytest.mark.parametrize("count", [2, 8])
def test_many_processes_attach_to_a_fresh_home_at_once(home: Path, users: Callable[..., object], count: int) -> None:
    processes = [users(home) for _ in range(count)]
    assert [answer(process) for process in processes] == ["attached"] * count
    assert len(servers(home)) == 1
    for process in processes[:-1]:
        leave(process)
    assert len(servers(home)) == 1
    leave(processes[-1])
    assert servers(home) == []


def test_killed_user_does_not_keep_the_server(made: Path, users: Callable[..., "subprocess.Popen[str]"]) -> None:
    held = attach(made)
    killed = users(made)
    assert answer(killed) == "attached"
    killed.kill()
    killed.wait()
    held.release()
    assert servers(made) == []


def test_process_that_ends_without_releasing_stops_the_server(made: Path) -> None:
    program = USER.replace("sys.stdin.read()\nheld.release()", "")
    done = subprocess.run([sys.executable, "-c", program, str(made)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "attached\n")
    assert servers(made) == []


def test_forked_child_neither_stops_nor_keeps_the_server(made: Path) -> None:
    program = """
import os, sys, time
from pathlib import Path
from quanyu.foundation.database.launcher import attach
home = Path(sys.argv[1])
held = attach(home)
ready, told = os.pipe()
if os.fork() == 0:
    held.release()
    own = attach(home)
    own.release()
    if os.fork() == 0:
        os.setsid()
        os.write(told, b"x")
        for descriptor in (0, 1, 2, told):
            os.close(descriptor)
        time.sleep(20)
        os._exit(0)
    sys.exit(0)
os.wait()
os.read(ready, 1)
import psycopg
with psycopg.connect(**held.address.parameters) as connection:
    print(connection.execute("select 1").fetchone()[0])
held.release()
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program, str(made)], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    assert servers(made) == []


@pytest.mark.parametrize(
    "name", ["全域 主目录", "a, b", "x" * 120, "长" * 60], ids=["Chinese", "comma", "long", "long in bytes"]
)
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    held = attach(tmp_path / name)
    folder = Path(held.address.host)
    assert ask(held.address, "select 1") == 1
    assert mode(folder) == 0o700
    assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= 107
    held.release()
    assert folder.is_relative_to(tmp_path) or not folder.exists()


def test_vanished_socket_folder_restarts_the_server(made: Path) -> None:
    home = made.rename(made.with_name("x" * 120))
    first = attach(home)
    shutil.rmtree(first.address.host)
    second = attach(home)
    assert ask(second.address, "select 1") == 1
    first.release()
    second.release()
    assert servers(home) == []


@needs_root
def test_socket_folder_of_somebody_else_is_refused(made: Path) -> None:
    home = made.rename(made.with_name("x" * 120))
    held = attach(home)
    folder = Path(held.address.host)
    held.release()
    folder.mkdir(mode=0o777)
    os.chown(folder, 4321, 4321)
    try:
        with pytest.raises(Forbidden) as refused:
            attach(home)
    finally:
        folder.rmdir()
    assert refused.value.remedy is not None
    assert "4321" in str(refused.value)


def test_another_version_is_refused(made: Path) -> None:
    attach(made).release()
    (made / "postgres" / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(Conflict) as refused:
        attach(made)
    assert refused.value.allowed == ("18",)
    assert str(refused.value.received).endswith("17")


def test_file_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Invalid):
        attach(tmp_path / "file")
    assert (tmp_path / "file").read_text() == ""


def test_copied_home_opens(made: Path, tmp_path: Path) -> None:
    first = attach(made)
    with psycopg.connect(**first.address.parameters) as connection:
        connection.execute("create table kept (id int)")
        connection.execute("insert into kept values (7)")
    first.release()
    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    (copy / "postgres" / "data").chmod(0o755)
    original, second = attach(made), attach(copy)
    assert ask(second.address, "select id from kept") == 7
    original.release()
    second.release()


def test_log_holds_no_values_and_turns(made: Path) -> None:
    held = attach(made)
    with psycopg.connect(**held.address.parameters, autocommit=True) as connection:
        connection.execute("create table people (phone text primary key, age int)")
        connection.execute("insert into people values ('13800001234', 1)")
        for query in (
            "insert into people values ('13800001234', 1)",
            "insert into people values (%s, 1)",
            "select '13800001234'::inet",
            "do $$ begin raise warning '13800001234'; raise log '%', 1; end $$",
        ):
            try:
                connection.execute(query, ["13800001234"] if "%s" in query else None)
            except psycopg.Error:
                continue
    held.release()
    log = made / "postgres" / "log" / "server.log"
    assert "ready to accept connections" in log.read_text()
    assert "13800001234" not in log.read_text()
    with log.open("ab") as file:
        file.truncate(9 << 20)
    attach(made).release()
    assert log.stat().st_size < 1 << 20
    assert log.with_name("server.log.1").stat().st_size == 9 << 20


def test_own_settings_are_kept(made: Path) -> None:
    attach(made).release()
    with (made / "postgres" / "data" / "postgresql.conf").open("a") as file:
        file.write("work_mem = '24MB'\n")
    held = attach(made)
    assert ask(held.address, "show work_mem") == "24MB"
    held.release()
