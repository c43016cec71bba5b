"""The graph of a customer names his records and of what they share the type and who has it, never a value."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from quanyu.customers.identity.confidence import EXACT, HALF, NAMED
from quanyu.customers.identity.drawing import MOST, draw
from quanyu.customers.identity.graph import Graph, Node, draw_up
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation.errors import NotFound
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
MEMBERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: customer_record
    columns: {key: id, name: name, observed_at: at}
    identifiers:
      - {type: phone, column: phone}
      - {type: card, scope: all, column: card}
"""


def members(*lines: str, source: str) -> dict[str, Any]:
    text = "\n".join(["id,name,at,phone,card", *lines, ""])
    return {"lines": text.encode(), "mapping": MEMBERS, "source": source, "name": f"{source}.csv"}


@pytest.fixture(scope="module")
def told(bring_once: Import, shared: Workspace) -> Workspace:
    bring_once(**members("a,王芳,2024-03-01,13800138001,", "b,李强,2024-05-01,13900139001,C7", source="pos"))
    bring_once(**members("x,,2025-01-02,13800138001,C8", "y,王芳,2025-02-03,13900139001,", source="web"))
    bring_once(**members("p,,2023-01-01,,C8", source="app"))
    recognise(shared)
    return shared


def test_a_graph_has_the_records_of_a_customer_and_what_joins_them(told: Workspace) -> None:
    found = draw_up(told, "web:x")
    assert [(node.source, f"{node.since:%Y-%m-%d}") for node in found.nodes] == [
        ("app", "2023-01-01"),
        ("pos", "2024-03-01"),
        ("web", "2025-01-02"),
    ]
    card, phone = found.values
    assert (card.type, card.scope, card.rank, card.touches) == ("card", "all", 1, 2)
    assert [(each.node, each.reason, each.confidence) for each in card.holders] == [(0, "", EXACT), (2, "", EXACT)]
    assert [(each.node, each.reason, each.confidence) for each in phone.holders] == [(1, "", NAMED), (2, "", HALF)]
    assert found.whole
    assert found.confidence == pytest.approx(EXACT * NAMED)
    assert "13800138001" not in repr(found)


def test_it_says_what_others_share_and_why_that_does_not_join(told: Workspace) -> None:
    found = draw_up(told, "pos:b")
    assert [node.source for node in found.nodes] == ["pos"]
    (phone,) = found.values  # the card nobody else has
    assert (phone.type, phone.touches) == ("phone", 2)
    assert found.confidence == 1.0


def test_who_is_not_there_has_no_graph(told: Workspace) -> None:
    with pytest.raises(NotFound):
        draw_up(told, "pos:nobody")


def test_it_is_drawn_in_both_languages_and_names_no_value(told: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    found = draw_up(told, "web:x")
    for language, words in {"en": "3 records of one customer", "zh": "同一位客户的 3 条记录"}.items():
        monkeypatch.setenv("QUANYU_LANGUAGE", language)
        drawn = draw(found)
        root = ElementTree.fromstring(drawn)
        lines = [each for each in root.iter() if each.tag.endswith("path")]
        assert (words in drawn, len(lines), "1380013" in drawn) == (True, 4, False)


def test_what_is_no_picture_any_more_is_cut() -> None:
    nodes = tuple(Node(at, "<pos>", False, None) for at in range(MOST + 40))
    drawn = draw(Graph(nodes, (), 0.5, True))
    assert drawn.count("&lt;pos&gt;#") == MOST
