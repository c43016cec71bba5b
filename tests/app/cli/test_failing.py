"""Whatever goes wrong, a command ends with words or one JSON document and the right status, never a traceback."""

import errno
import os
import signal
import subprocess
import sys

import pytest

from quanyu.app.cli.failing import asks_for_json, exit_status

COMMAND = [sys.executable, "-c", "import sys; from quanyu.app.cli import main; sys.exit(main())"]


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["import", "absent.yaml"], 1, "not_found"),
        (["audience", "count", "nobody"], 1, "not_found"),
        (["tag", "list"], 1, "conflict"),
        (["tag", "compute", "--as-of", "yesterday"], 1, "invalid"),
        (["status", "--workspace", "other"], 1, "not_found"),
        (["token", "create", "x", "--role", "king"], 1, "invalid"),
        (["token", "revoke", "nobody"], 1, "not_found"),
        (["audience", "apply", "absent.yaml"], 1, "invalid"),
        (["nonsense"], 2, "usage"),
        (["status", "--nonsense"], 2, "usage"),
    ],
)
def test_errors_are_one_document(inside, arguments, status, code):
    ran = inside(*arguments, "--json")
    assert ran.status == status
    error = ran.document["error"]
    assert error["code"] == code
    assert set(error) == {"code", "message", "remedy", "received", "allowed", "retry", "faults"}
    assert "Traceback" not in ran.err


def test_a_broken_mapping_is_told_whole_with_its_places(inside, mapping, monkeypatch):
    mapping.write_text(mapping.read_text().replace("order_number", "order_no").replace("GBP", "pounds"))
    ran = inside("import", mapping)
    assert ran.status == 1
    assert ran.out == ""
    assert "shop.yaml:" in ran.err
    assert "order_no" in ran.err
    assert "pounds" in ran.err
    monkeypatch.setenv("QUANYU_LANGUAGE", "zh")
    assert "映射文件有误" in inside("import", mapping).err


def test_a_folder_that_is_no_home(tmp_path):
    ran = subprocess.run([*COMMAND, "status", "--home", tmp_path], capture_output=True, text=True)
    assert ran.returncode == 1
    assert "quanyu init" in ran.stderr


def test_a_full_disk_is_told_with_what_to_do(quanyu, mapping):
    ran = quanyu("import", mapping, "--json", QUANYU_FAILPOINT="import.staged=full")
    assert (ran.status, ran.document["error"]["code"]) == (1, "storage_full")
    assert ran.document["error"]["remedy"]
    assert quanyu("import", mapping).status == 0


def test_nobody_reads(environment):
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run([*COMMAND, "status"], env=environment, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "BrokenPipe" not in ran.stderr


def test_what_nobody_foresaw_is_kept_without_what_it_says(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("QUANYU_DEBUG", raising=False)
    (tmp_path / "home.json").write_text("{}")
    with pytest.raises(ZeroDivisionError) as caught:
        raise ZeroDivisionError("13800138001")
    assert exit_status(caught.value, ["run", "--home", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    kept = (tmp_path / "log" / "errors.log").read_text()
    assert "ZeroDivisionError" in said
    assert "errors.log" in said
    assert "test_failing.py" in kept
    assert "13800138001" not in said + kept


def test_interruption_has_its_own_status(capsys):
    assert exit_status(KeyboardInterrupt(), []) == 130
    assert capsys.readouterr().out == ""


QUERYING = """
import os, signal, sys, threading
from pathlib import Path
from quanyu.app.cli import leave_on_signals
from quanyu.app.cli.failing import exit_status
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.settings import Settings

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever starts in the background ignores it
leave_on_signals()
settings = Settings(home=Path(sys.argv[2]), memory=1 << 28, threads=2)
connection = DuckDB(settings, settings.home / "spill").backend().con
threading.Timer(0.5, os.kill, (os.getpid(), int(sys.argv[1]))).start()
try:
    connection.execute("select sum(a.range * b.range % 7) from range(9000000) a, range(9000000) b").fetchall()
except BaseException as error:
    raise SystemExit(exit_status(error, []))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM] * 2)  # which thread runs the query is not certain
def test_a_signal_ends_a_query_whichever_thread_runs_it(number, tmp_path):
    command = [sys.executable, "-c", QUERYING, str(int(number)), tmp_path]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_a_file_that_may_not_be_used_is_named(capsys):
    error = PermissionError(errno.EACCES, "Permission denied", "/there/file")
    assert exit_status(error, []) == 1
    assert "/there/file" in capsys.readouterr().err


def test_json_is_asked_for_by_its_option_alone():
    assert asks_for_json(["status", "--json"])
    assert not asks_for_json(["import", "--", "--json"])
