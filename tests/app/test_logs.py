"""Log lines are JSON with the clock's time, and say nothing that a library or an error says."""

import json
import logging
import subprocess
import sys
from datetime import timedelta

import structlog

from quanyu.app.logs import configure
from quanyu.foundation.clock import Clock


def test_what_errors_and_libraries_say_is_left_out(tmp_path, capsys):
    clock = Clock(tmp_path)
    clock.move(timedelta(days=400))
    configure(clock)
    error = ValueError("13800138001")
    structlog.get_logger("quanyu.test").warning("happened", workspace=1, exc_info=error)
    logging.getLogger("some.library").error("failed for %s", "13800138001", exc_info=error)
    written = capsys.readouterr().err
    first, second = (json.loads(line) for line in written.splitlines())
    assert (first["event"], first["workspace"], first["error"]) == ("happened", 1, "ValueError")
    assert first["time"][:10] == clock.now().date().isoformat()
    assert (second["logger"], second["error"]) == ("some.library", "ValueError")
    assert "13800138001" not in written


LOGGING = """
import sys
from pathlib import Path
import structlog
from quanyu.app.logs import configure
from quanyu.foundation.clock import Clock
configure(Clock(Path(sys.argv[1])))
for number in range(3000):
    structlog.get_logger("quanyu.test").info("happened", process=sys.argv[2], number=number)
"""


def test_processes_that_share_a_stream_do_not_write_into_each_others_lines(tmp_path):
    with (tmp_path / "log").open("ab") as log:
        writers = [
            subprocess.Popen([sys.executable, "-c", LOGGING, str(tmp_path), str(n)], stderr=log) for n in range(4)
        ]
        assert [writer.wait(60) for writer in writers] == [0] * 4
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert sorted((int(line["process"]), line["number"]) for line in lines) == [
        (process, number) for process in range(4) for number in range(3000)
    ]
