"""A definition drawn as a canvas and read back is the same journey; what a canvas lacks is told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.engagement.journeys.canvas import to_canvas, to_definition
from quanyu.engagement.journeys.definitions import parse
from quanyu.engagement.journeys.installing import templates, text_of_template
from quanyu.engagement.journeys.model import END
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.definitions import built_in

ASKED = built_in(FIELDS, "CNY").askables
RULE = {"tag": "frequency", "is": ">", "value": 1}


def journey_of(text: str):
    return parse(read(text), ASKED, "CNY", text)


def same(text: str) -> bool:
    canvas = json.loads(json.dumps(to_canvas(text, ASKED, "CNY")))
    back = journey_of(json.dumps(to_definition(canvas)))
    one, other = vars(journey_of(text)), vars(back)
    return all(one[name] == other[name] for name in one if name not in ("text", "hash"))


@pytest.mark.parametrize("name", [each.name for each in templates()])
def test_every_shipped_journey_comes_back(name: str):
    assert same(text_of_template(name, ["texts", "mails"]))


@st.composite
def definitions(draw: st.DrawFn) -> str:
    """Draw a journey whose ways only lead forward, so that it is sound."""
    names = [f"s{n}" for n in range(draw(st.integers(1, 7)))]
    steps: list[dict[str, object]] = []
    for place, name in enumerate(names):
        later = st.sampled_from([*names[place + 1 :], END])
        following = names[place + 1] if place + 1 < len(names) else END
        others = draw(st.lists(st.sampled_from([*names[place + 2 :], END]), min_size=1, max_size=2, unique=True))
        share = {
            following: 0.25,
            **{to: 0.75 / len([o for o in others if o != following]) for to in others if to != following},
        }
        bodies = [
            {"wait": {"days": draw(st.integers(1, 9)), "next": following}},
            {"wait": {"until": RULE, "days": 2, "then": following, "otherwise": draw(later)}},
            {"branch": {"if": RULE, "then": following, "otherwise": draw(later)}},
            {"branch": {"cases": [{"when": RULE, "then": following}, {"when": {"not": RULE}, "then": draw(later)}]}},
            {"send": {"content": "x", "by": ["texts"], "unsent": draw(later)}},
            {"goal": {"name": "there"}},
        ]
        if len(share) > 1:
            bodies.append({"split": share})
        steps.append({"step": name, **draw(st.sampled_from(bodies))})
    head = {"name": "drawn", "title": {"en": "D", "zh": "画"}, "purpose": "service", "start": {"call": {}}}
    return json.dumps({**head, "steps": steps})


@given(definitions())
def test_any_journey_comes_back(text: str):
    assert same(text)


def test_a_canvas_with_loose_ends_is_refused():
    canvas = {"nodes": [{"id": "a", "type": "exit", "data": {}}], "edges": [{"source": "a", "target": "b"}]}
    with pytest.raises(Invalid) as raised:
        to_definition(canvas)
    assert [(fault.place, fault.received) for fault in raised.value.faults] == [("edges[0]", "b"), ("nodes", None)]
