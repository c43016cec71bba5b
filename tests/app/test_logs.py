"""Log lines are JSON with the clock's time, and say nothing that a library or an error says."""

import json
import logging
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
