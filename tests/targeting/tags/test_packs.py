"""A workspace's own packs: kept as they were written, in versions, checked together with all others."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from quanyu.foundation.errors import Invalid, NotFound
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.definitions import built_in
from quanyu.targeting.tags.packs import apply, list_packs, standing, stop, text_of
from quanyu.targeting.tags.previewing import preview
from quanyu.targeting.tags.runs import current

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)

MINE = """\
# What we think of our buyers.
pack: mine
owner: crm
tags:
  - name: big_baskets          # kept as it is written
    title: {en: Big baskets, zh: 大额订单数}
    description: {en: "Orders of 20 and more.", zh: "不低于 20 的订单数。"}
    family: value
    type: integer
    statistic: {over: orders, take: count, where: {column: amount, is: ">=", value: 20}}

  - name: big_share
    title: {en: Share of big baskets, zh: 大额订单占比}
    description: {en: Of all orders., zh: 占全部订单。}
    family: value
    type: share
    ratio: {of: big_baskets, over: frequency}
"""


def values(ws, name: str) -> dict[int, object]:
    return {
        row["customer"]: row[name] for row in ws.lake.to_arrow(current(ws).rows.select("customer", name)).to_pylist()
    }


def test_a_pack_is_had_back_as_it_was_written(retailer, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(MINE, encoding="utf-8")
    first = apply(retailer.ws, file, "ann")
    assert (first.name, first.version, first.tags, first.changed) == ("mine", 1, 2, True)
    assert not apply(retailer.ws, MINE).changed
    assert text_of(retailer.ws, "mine") == text_of(retailer.ws, "big_share") == MINE
    (own,) = [each for each in list_packs(retailer.ws) if each.pack.name == "mine"]
    assert (own.pack.name, own.author, own.pack.owner) == ("mine", "ann", "crm")
    with pytest.raises(NotFound) as caught:
        text_of(retailer.ws, "big_shares")
    assert caught.value.allowed[0] == "big_share"


def test_its_tags_are_computed_with_the_others_and_go_when_it_stops(retailer) -> None:
    before = standing(retailer.ws)
    compute(retailer.ws, AS_OF)
    apply(retailer.ws, MINE)
    assert "big_baskets" not in current(retailer.ws).rows.columns, "the run stands as it was computed"
    assert not compute(retailer.ws, AS_OF).skipped, "other definitions are other tags"
    assert values(retailer.ws, "big_baskets") == {0: 3, 1: 0, 2: 0, 3: 0, 4: 0}
    assert values(retailer.ws, "big_share") == {0: 0.75, 1: 0.0, 2: None, 3: 0.0, 4: None}
    assert stop(retailer.ws, "mine") == 2
    assert values(retailer.ws, "big_baskets")[0] == 3, "until the next run"
    assert standing(retailer.ws) == before
    compute(retailer.ws, AS_OF)
    assert "big_baskets" not in current(retailer.ws).rows.columns
    with pytest.raises(NotFound):
        stop(retailer.ws, "mine")
    assert apply(retailer.ws, MINE).version == 3


def test_a_pack_stands_in_the_place_of_a_built_in_one_of_its_name(retailer) -> None:
    assert len(standing(retailer.ws).tags) < 20
    assert stop(retailer.ws, "retail") == 2
    assert standing(retailer.ws) == built_in(FIELDS, retailer.ws.currency)


def test_packs_are_checked_together(retailer) -> None:
    apply(retailer.ws, MINE)
    other = (
        MINE.replace("pack: mine", "pack: other")
        .replace("big_", "more_")
        .replace("of: more_baskets", "of: big_baskets")
    )
    apply(retailer.ws, other)
    with pytest.raises(Invalid, match="definitions of other cannot be used") as caught:
        apply(retailer.ws, MINE.replace("big_baskets", "large_baskets"))
    (fault,) = caught.value.faults
    assert fault.received == '"big_baskets"'
    with pytest.raises(Invalid, match="definitions of other"):
        stop(retailer.ws, "mine")
    with pytest.raises(Invalid) as caught:
        apply(retailer.ws, MINE.replace("pack: mine", "pack: third"))
    assert [fault.problem.en for fault in caught.value.faults] == ["Two tags have this name."] * 2


@pytest.mark.parametrize("text", ["", "[]", "pack: 3\ntags: []", "tags: []", "pack: mine", "\x00", "pack: {"])
def test_what_is_no_pack_is_refused(workspace, text: str) -> None:
    with pytest.raises(Invalid):
        apply(workspace, text)
    assert [each.version for each in list_packs(workspace)].count(0) == len(list_packs(workspace))


def test_a_preview_says_what_would_change_and_writes_nothing(retailer) -> None:
    compute(retailer.ws, AS_OF)
    found = preview(retailer.ws, MINE, AS_OF)
    assert [(each.summary.tag.name, each.fate, each.moved) for each in found.tags] == [
        ("big_baskets", "new", 5),
        ("big_share", "new", 3),
    ]
    assert (found.customers, found.sampled, found.gone) == (5, 5, ())
    apply(retailer.ws, MINE)
    changed = preview(retailer.ws, MINE.replace("value: 20", "value: 1000"), AS_OF)
    assert [(each.fate, each.moved) for each in changed.tags] == [("changed", 1), ("same", 1)]
    assert changed.tags[0].summary.highest == 0
    shorter = preview(retailer.ws, MINE.partition("\n\n")[0], AS_OF)
    assert shorter.gone == ("big_share",)
    assert compute(retailer.ws, AS_OF).skipped is False
    assert values(retailer.ws, "big_baskets")[0] == 3
