"""Messages land as versions and responses once; no recipient can be read in the lake."""

from pathlib import Path

from quanyu.customers.ingest.rejects import list_rejects
from quanyu.customers.messages.tables import MESSAGES, RESPONSES

MESSAGE = "message_id channel customer recipient recipient_type recipient_scope campaign sent_at status"
RESPONSE = "response_id message_id customer recipient recipient_type event occurred_at"
PHONE, OTHER = "13911112222", "13933334444"


def test_what_was_sent_and_what_came_back(deliver, rows, workspace):
    sent = [
        ("m1", "短信", "", PHONE, "phone", "all", "C1", "2026-03-31 23:59", "ENROUTE"),
        ("m1", "sms", "", OTHER, "phone", "all", "C1", "2026-03-31 23:59", "DELIVRD"),
        ("m2", "WeCom", "W1", "", "", "", "C1", "", "失败"),
        ("m3", "fax", "W1", "", "", "", "C1", "2026-03-01", "sent"),
        ("m4", "sms", "", PHONE, "phone", "", "C1", "2026-03-01", "MK:0001"),
        ("m2", "企业微信", "W1", "", "", "", "C1", "", "undeliv"),
    ]
    count = deliver("message", MESSAGE, sent, source="sms")
    assert (count.landed, count.rejected, count.known) == (3, 2, 1)
    channel, status = (reject.reason for reject in list_rejects(workspace))
    assert channel.en.startswith("channel is not one of sms, email, wecom,")
    assert status.zh.startswith("status 不在允许的取值之内：queued")
    found = {(row["message_id"], row["recipient_hash"] is None): row for row in rows(MESSAGES)}
    assert (found["m2", True]["status"], found["m2", True]["channel"]) == ("failed", "wecom")
    assert len(rows(MESSAGES)) == 3

    corrected = [(*sent[0][:-1], "送达"), sent[1], sent[2]]
    count = deliver("message", MESSAGE, corrected, source="sms")
    assert (count.landed, count.known) == (1, 2)
    assert sorted(row["status"] for row in rows(MESSAGES)) == ["delivered", "delivered", "failed"]
    assert deliver("message", MESSAGE, corrected, source="sms").landed == 0

    answers = [
        ("", "m1", "", PHONE, "phone", "click", "2026-04-01 09:00"),
        ("", "m1", "", PHONE, "phone", "点击", "2026-04-01 09:00"),
        ("", "m1", "", OTHER, "phone", "clicked", "2026-04-01 09:00"),
        ("r9", "", "W1", "", "", "退订", "2026-04-01 10:00"),
        ("r9", "", "W1", "", "", "TD", "2026-04-01 11:00"),
        ("", "m1", "", PHONE, "phone", "sang", "2026-04-01 09:00"),
    ]
    count = deliver("response", RESPONSE, answers, source="sms")
    assert (count.landed, count.rejected, count.known) == (3, 1, 2)
    assert deliver("response", RESPONSE, answers[:4], source="sms").landed == 0
    events = {row["response_key"]: row for row in rows(RESPONSES)}
    assert events["r9"]["event"] == "unsubscribed"
    assert events["r9"]["record"] == found["m2", True]["record"]

    kept = [file for table in (MESSAGES, RESPONSES) for file in _files(workspace, table.name)]
    assert kept
    everything = [row for table in (MESSAGES, RESPONSES) for row in rows(table)]
    assert PHONE not in str(everything)
    assert not [file for file in kept if PHONE.encode() in file.read_bytes()]


def _files(workspace, name: str) -> list[Path]:
    return list((workspace.lake.folder / name).rglob("*.parquet"))
