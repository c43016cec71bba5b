"""The ID report in words and as a document."""

from datetime import timedelta

from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings


def test_words_and_json(inside, mapping):
    before = inside("identity", "report")
    assert (before.status, "Nobody has been recognised" in before.err) == (1, True)
    assert inside("import", mapping).status == 0
    inside("identify")
    found = inside("identity", "report", "--json").document
    assert found["all"]["customers"] == inside("identify", "--json").document["customers"]
    assert {line["source"] for line in found["sources"]} == {"shop"}
    assert 0 <= found["all"]["score"] <= 100
    assert set(found["reachable"]) == {"sms", "wecom", "official_account", "mini_program", "push", "email"}
    shown = inside("identity", "report").out
    assert "Who is known" in shown
    assert "Reachable for marketing now" in shown
    assert "How the score has grown" not in shown
    with opened(Settings.load()) as home:
        home.clock.move(timedelta(days=1))
    shown = inside("identity", "report").out
    assert "How the score has grown" in shown
    assert "+0 since" in shown
    days = inside("identity", "report", "--json").document["days"]
    assert [day["score"] for day in days] == [found["all"]["score"]] * 2
