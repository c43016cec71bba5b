"""A portrait as a document says what is in it, and how it is to be read."""

import msgspec

from quanyu.targeting.audiences.overlaps import overlap
from quanyu.targeting.audiences.portrait_report import describe_overlap, describe_portrait, notes
from quanyu.targeting.audiences.portraits import compare, portrait
from quanyu.targeting.audiences.refreshing import refresh

FANS = {"tag": "frequency_score", "is": "=", "value": 5}
FRENCH = {"tag": "country", "is": "=", "value": "France"}


def test_a_portrait_is_plain_values(crowd) -> None:
    found = portrait(crowd.ws, FANS)
    document = msgspec.json.decode(msgspec.json.encode(describe_portrait(found)))
    assert document["against"]["size"] == len(crowd.alive)
    assert {tag["tag"] for tag in document["tags"]} | set(document["withheld"]) >= {"country", "frequency"}
    assert document["distinguishing"][0]["words"].keys() == {"en", "zh"}
    france = next(v for t in document["tags"] if t["tag"] == "country" for v in t["values"] if v["kind"] == "value")
    assert france["label"]["en"] == "France"
    assert france["certain"]


def test_notes_say_what_was_tested(crowd) -> None:
    alone = " ".join(note.en for note in notes(portrait(crowd.ws, FANS)))
    assert "tested against everybody else" in alone
    assert "Groups of fewer than 10 people" in alone
    assert "chosen by these tags" in alone
    held = " ".join(note.en for note in notes(compare(crowd.ws, FANS, FRENCH)))
    assert "in both groups" in held
    assert "everybody else" not in held


def test_overlaps_are_plain_values(crowd) -> None:
    crowd.define("fans", "{tag: frequency_score, is: '=', value: 5}")
    crowd.define("french", "{tag: country, is: '=', value: France}")
    refresh(crowd.ws)
    document = describe_overlap(overlap(crowd.ws, ["fans", "french"]))
    assert msgspec.json.decode(msgspec.json.encode(document))["shared"] == document["shared"]
    assert [c["audiences"] for c in document["cells"]] == [["french"], ["fans", "french"], ["fans"]]  # type: ignore[index]
