"""A pack of tags is not changed under the audiences that ask for its tags, unless somebody says so."""

from datetime import UTC, datetime

import pytest

from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.counting import count
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.listing import list_audiences
from quanyu.targeting.audiences.packing import apply_pack, stop_pack
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.tags.computing import compute

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)
WORDS = "title: {en: T, zh: 题}, description: {en: D, zh: 述}"
COUNTED = "statistic: {over: orders, take: count}"
SUMMED = "statistic: {over: orders, take: sum, of: amount}"
GRADES = (
    "cases: [{value: high, title: {en: H, zh: 高}, when: {tag: frequency, is: '>', value: 1}},"
    " {value: %s, title: {en: L, zh: 低}, when: {tag: frequency, is: '=', value: 1}}]"
)


def pack(*tags: tuple[str, str, str]) -> str:
    lines = [f"  - {{name: {n}, {WORDS}, family: value, type: {t}, {source}}}" for n, t, source in tags]
    return "pack: ours\ntags:\n" + "\n".join(lines) + "\n"


OURS = pack(("big", "integer", COUNTED), ("grade", "code", GRADES % "low"))


def define(ws: Workspace, name: str, rule: str) -> None:
    apply(ws, f"{{name: {name}, {WORDS}, rule: {rule}}}")


@pytest.fixture
def defined(retailer) -> Workspace:
    ws = retailer.ws
    apply_pack(ws, OURS)
    define(ws, "whole", '{tag: big, is: "=", value: 2}')
    define(ws, "graded", "{tag: grade, is: in, value: [high, low]}")
    define(ws, "within", "{not: {audience: graded}}")
    define(ws, "apart", '{tag: frequency, is: ">", value: 0}')
    return ws


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        (
            pack(
                ("big", "integer", SUMMED.replace("sum, of: amount", "distinct, of: day")),
                ("grade", "code", GRADES % "low"),
            ),
            [],
        ),
        (pack(("grade", "code", GRADES % "low")), ["whole"]),
        (pack(("big", "money", SUMMED), ("grade", "code", GRADES % "poor")), ["graded", "within"]),
        (
            pack(("big", "code", "join: [frequency, frequency_score]"), ("grade", "integer", COUNTED)),
            ["graded", "whole", "within"],
        ),
    ],
)
def test_a_pack_says_at_once_which_audiences_it_breaks(defined: Workspace, text: str, broken: list[str]) -> None:
    if broken:
        with pytest.raises(Conflict) as caught:
            apply_pack(defined, text)
        assert sorted({f.place.split(":")[0] for f in caught.value.faults}) == broken
        assert caught.value.received == ", ".join(broken)
        assert not apply_pack(defined, OURS).applied.changed, "nothing was put in force"
    done = apply_pack(defined, text, force=True)
    assert done.applied.changed
    assert list(done.breaks) == broken


def test_the_fault_says_what_is_allowed(defined: Workspace) -> None:
    with pytest.raises(Conflict) as caught:
        apply_pack(defined, pack(("big", "integer", COUNTED), ("grade", "code", GRADES % "poor")))
    (fault, _within) = caught.value.faults
    assert (fault.place, fault.received) == ("graded: rule.value[1]", '"low"')
    assert "poor" in fault.allowed


def test_a_stopped_pack_breaks_its_audiences_only_when_told_so(defined: Workspace) -> None:
    with pytest.raises(Conflict):
        stop_pack(defined, "ours")
    assert stop_pack(defined, "ours", force=True).breaks == ("graded", "whole", "within")
    assert stop_or_apply_breaks_no_more(defined) == ()


def stop_or_apply_breaks_no_more(ws: Workspace) -> tuple[str, ...]:
    """What was broken before is not broken by a change of another pack."""
    return apply_pack(ws, pack(("other", "integer", COUNTED)).replace("ours", "theirs")).breaks


def test_audiences_of_new_tags_are_told_to_wait_for_a_run(retailer) -> None:
    ws = retailer.ws
    compute(ws, AS_OF)
    apply_pack(ws, OURS)
    define(ws, "whole", '{tag: big, is: ">", value: 0}')
    define(ws, "apart", '{tag: frequency, is: ">", value: 0}')
    for asks in (lambda: refresh(ws), lambda: count(ws, {"tag": "big", "is": ">", "value": 0})):
        with pytest.raises(Conflict) as caught:
            asks()
        assert "quanyu tag compute" in str(caught.value.remedy)
    assert {a.name: a.snapshot and a.snapshot.size for a in list_audiences(ws)} == {"apart": 3, "whole": None}
    with pytest.raises(Invalid):
        count(ws, {"tag": "bigger", "is": ">", "value": 0})
    compute(ws, AS_OF)
    assert [r.snapshot.size for r in refresh(ws)] == [3, 3]


def test_a_changed_pack_wakes_the_worker_once(retailer) -> None:
    apply_pack(retailer.ws, OURS)
    apply_pack(retailer.ws, OURS)
    changed = [f for f in retailer.facts("tags.pack_changed") if f["pack"] == "ours"]
    assert changed == [{"pack": "ours", "version": 1}]
