"""Sizes are kept snapshot by snapshot, a jump is told with both numbers, and an old snapshot can be returned to."""

from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.choosing import chosen
from quanyu.targeting.audiences.definitions import apply, stored
from quanyu.targeting.audiences.history import history, jump_of, restore
from quanyu.targeting.audiences.listing import list_audiences
from quanyu.targeting.audiences.members import page
from quanyu.targeting.audiences.model import Jump
from quanyu.targeting.audiences.overlaps import overlap
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.audiences.room import refresh_all
from quanyu.targeting.audiences.tables import audience_snapshot
from quanyu.targeting.tags.computing import compute

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)


def define(ws: Workspace, name: str, rule: str) -> None:
    apply(ws, f"{{name: {name}, title: {{en: T, zh: 题}}, description: {{en: D, zh: 述}}, rule: {rule}}}")


@pytest.mark.parametrize(
    ("sizes", "jump"),
    [
        ([1000, 400, 410, 390], Jump(1000, 400)),
        ([199, 400, 410, 390], Jump(199, 400)),
        ([200, 400, 410, 390], None),
        ([800, 400, 410, 390], None),
        ([0, 99, 99, 99], None),
        ([0, 100, 100, 100], Jump(0, 100)),
        ([1000, 400, 400], None),
        ([450, 400, 9000, 410, 390, 0], None),
        ([450, *[400] * 8, *[1] * 90], None),
    ],
)
def test_a_jump_is_far_from_the_median_and_not_of_a_few(sizes: list[int], jump: Jump | None) -> None:
    assert jump_of(sizes) == jump


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=12))
def test_a_jump_names_the_median_of_what_was_before(sizes: list[int]) -> None:
    found = jump_of(sizes)
    if found is not None:
        assert found == Jump(sizes[0], round(median(sizes[1:9])))
        assert abs(found.size - found.usual) >= 100
    if len(set(sizes[:9])) == 1:
        assert found is None


def test_each_snapshot_stands_with_who_entered_and_left(retailer) -> None:
    ws = retailer.ws
    define(ws, "recent", '{tag: recency_days, is: "<=", value: 62}')
    for days in (0, 1, 1, 400):
        compute(ws, AS_OF + timedelta(days=days))
        refresh(ws)
    found = [(p.snapshot.size, p.snapshot.entered, p.snapshot.left, p.version) for p in history(ws, "recent")]
    assert found == [(0, 0, 1, 1), (1, 0, 1, 1), (2, 2, 0, 1)]
    assert [p.snapshot.size for p in history(ws, "recent", 2)] == [0, 1]
    with pytest.raises(NotFound):
        history(ws, "recently")


def test_a_jump_is_told_wherever_the_audience_is_shown(retailer) -> None:
    ws = retailer.ws
    define(ws, "recent", '{tag: recency_days, is: "<=", value: 62}')
    for days in range(4):
        compute(ws, AS_OF + timedelta(days=days))
        refresh(ws)
    with ws.begin() as connection:
        connection.execute(sa.update(audience_snapshot).values(size=500))
    compute(ws, AS_OF + timedelta(days=5))
    lines = [line.en for line in refresh_all(ws)]
    assert lines[1] == "Audience recent jumped: 1 customers, usually 500."
    assert [r.jump for r in refresh(ws)] == [Jump(1, 500)]
    assert [a.jump for a in list_audiences(ws)] == [Jump(1, 500)]
    assert [p.jump for p in history(ws, "recent")] == [Jump(1, 500), None, None, None, None]


def test_an_old_snapshot_is_named_by_its_number(retailer) -> None:
    ws = retailer.ws
    define(ws, "recent", '{tag: recency_days, is: "<=", value: 62}')
    compute(ws, AS_OF)
    first = refresh(ws)[0].snapshot
    compute(ws, AS_OF + timedelta(days=1))
    refresh(ws)
    name = f"recent@{first.number}"
    then, now = chosen(ws, name), chosen(ws, "recent")
    assert (then.members.ordinals().tolist(), now.members.ordinals().tolist()) == ([0, 1], [1])
    assert (then.name, then.snapshot) == (name, first.number)
    assert len(page(ws, name, None, 10).one_ids) == 2
    found = overlap(ws, ["recent", name])
    assert found.shared == ((1, 1), (1, 2))
    assert found.parties[1].title.en == f"T (snapshot {first.number})"
    for wrong, error in (("recent@0", NotFound), ("recent@x", Invalid), ("recently@1", NotFound)):
        with pytest.raises(error):
            chosen(ws, wrong)


def test_the_definition_of_a_snapshot_can_be_had_back(retailer) -> None:
    ws = retailer.ws
    compute(ws, AS_OF)
    define(ws, "recent", '{tag: recency_days, is: "<=", value: 62}')
    before, first = stored(ws, "recent")["recent"].value, refresh(ws)[0].snapshot
    define(ws, "recent", '{tag: frequency, is: "=", value: 0}')
    refresh(ws)
    done = restore(ws, "recent", first.number)
    assert (done.version, done.changed) == (3, True)
    assert stored(ws, "recent")["recent"].value == before
    assert refresh(ws)[0].snapshot.size == first.size
    assert [p.version for p in history(ws, "recent")] == [3, 2, 3]
    with pytest.raises(NotFound):
        restore(ws, "recent", 999)
