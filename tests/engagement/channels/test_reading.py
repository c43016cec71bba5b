"""Files of what came back are read as receivers write them, and what is wrong with one is named."""

from datetime import UTC, datetime

import pytest

from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.reading import read_file
from quanyu.engagement.channels.spec import Response
from quanyu.foundation.errors import Invalid, NotFound

HOOK = installed().get("webhook")
AT = datetime(2026, 3, 1, 1, 30, tzinfo=UTC)


def test_csv_and_json_lines_say_the_same(tmp_path):
    (tmp_path / "a.csv").write_text(
        "message_id,event,occurred_at,response_id,more\nm1,退订,2026-03-01 09:30:00,,x\nm2,open,,7,\n"
        "m3,unfollowed,2026-03-01T01:30:00+00:00,,\n"
    )
    (tmp_path / "a.jsonl").write_text(
        '{"message_id": "m1", "event": "TD", "occurred_at": "2026-03-01 09:30:00"}\n\n'
        '{"message_id": "m2", "event": "read", "response_id": "7"}\n'
        '{"message_id": "m3", "event": "deleted_guide", "occurred_at": "2026-03-01T09:30:00+08:00"}\n'
    )
    for name in ("a.csv", "a.jsonl"):
        assert read_file(tmp_path / name, HOOK, "Asia/Shanghai") == [
            Response("m1", "unsubscribed", AT),
            Response("m2", "opened", None, "7"),
            Response("m3", "unsubscribed", AT),
        ]


def test_what_is_wrong_is_named(tmp_path):
    with pytest.raises(NotFound):
        read_file(tmp_path / "none.csv", HOOK, "UTC")
    faulty = {
        "a.jsonl": "{",
        "b.csv": "id,event\nm1,open\n",
        "c.jsonl": '["m1"]\n',
        "d.csv": "message_id,event,occurred_at\nm1,open,yesterday\n",
    }
    for name, text in faulty.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(Invalid):
            read_file(tmp_path / name, HOOK, "UTC")
