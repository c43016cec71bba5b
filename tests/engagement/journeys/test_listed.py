"""Entries from a table: everybody once, with what his first row tells; every row is counted as something."""

from pathlib import Path

import pytest
from tests.engagement.conftest import customers_of, member
from tests.engagement.journeys.conftest import outcomes
from tests.engagement.journeys.test_contexts import sent, texts

from quanyu.engagement.channels.given import CUSTOMER
from quanyu.engagement.journeys.listed import read_entries
from quanyu.engagement.journeys.states import bring_rows
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace

__all__ = ["texts"]
TABLE = f"""who,item,pieces
{member(1)[5]},茶,2
{member(1)[5]},again,1
{member(1)[6]},by mail,1
{member(2)[5]},"a cup, white",
no such thing at all,x,1
13999999999,nobody,1
,blank,1
{member(4)[5]},,
"""


def test_every_row_is_counted_and_each_customer_comes_with_his_first(stage: Workspace, texts: Path) -> None:
    found = read_entries(stage, TABLE.encode("gb18030"), "auto")
    counts = found.read.counts
    assert (counts.read, found.read.blank) == (7, 1)
    assert (counts.matched, counts.same_customer, counts.repeated) == (3, 1, 1)
    assert counts.matched + counts.same_customer + counts.repeated + counts.invalid + counts.unknown == counts.read
    one, two, four = customers_of(stage, [1, 2, 4])
    assert {row[CUSTOMER]: (row["item"], row["pieces"]) for row in found.rows.to_pylist()} == {
        one: ("茶", "2"),
        two: ("a cup, white", None),
        four: (None, None),
    }
    for _ in range(2):
        bring_rows(stage, "play", "monday", OrdinalSet.empty(), found.rows)
    tick(stage)
    assert outcomes(stage)["start", "entered"] == {one, two, four}
    assert sent(stage, texts) == ["a cup, white", "商品", "茶 2 件"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", []),
        ("who,Item,item,item\n1,2,3,4\n", ["column 2", "column 4"]),
        (f"who,item\n1,{'x' * 1_001}\n", ["column 2"]),
        ("who,item\n1,2,3\n", ["rows"]),
        ("who," + ",".join(f"n{n}" for n in range(21)) + "\n", ["columns"]),
    ],
)
def test_faults_of_a_table_are_named(stage: Workspace, text: str, places: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        read_entries(stage, text.encode(), "auto")
    assert [fault.place for fault in refused.value.faults] == places
