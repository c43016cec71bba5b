"""The page says the same in both languages, draws every figure, and is well-formed."""

import re
import xml.etree.ElementTree as ET

import pytest

from quanyu.foundation.text import Text, speak
from quanyu.targeting.audiences.pages import page
from quanyu.targeting.audiences.portrait_page import FARTHEST, doublings, draw_portrait
from quanyu.targeting.audiences.portraits import Figure, compare, portrait

FANS = {"tag": "frequency_score", "is": "=", "value": 5}
FRENCH = {"tag": "country", "is": "=", "value": "France"}


def parsed(text: str) -> ET.Element:
    """Read the page as XML, for which tags without an end are closed."""
    body = text[text.index("<body>") : text.index("</body>") + 7]
    body = body.replace(" checked", "").replace(' xmlns="http://www.w3.org/2000/svg"', "")
    return ET.fromstring(re.sub(r"<(input|meta)([^>]*[^/])>", r"<\1\2/>", body))


def test_every_tag_and_figure_is_drawn(crowd) -> None:
    found = portrait(crowd.ws, FANS)
    text = draw_portrait(found)
    whole = parsed(text)
    cards = [each for each in whole.iter("div") if each.get("class") == "card"]
    assert len(cards) == len(found.tags)
    for card, tag in zip(cards, found.tags, strict=True):
        drawn = "".join(card.itertext())
        assert tag.tag.title.zh in drawn
        assert all(figure.label.en in drawn and figure.label.zh in drawn for figure in tag.figures)
        assert len(list(card.iter("svg"))) == len(tag.figures)
    assert "tested against everybody else" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), "nothing is fetched"


def test_it_opens_in_the_readers_language(crowd) -> None:
    found = compare(crowd.ws, FANS, FRENCH)
    opened = {}
    for tongue in ("en", "zh"):
        speak(tongue)
        opened[tongue] = draw_portrait(found)
    speak("")
    assert 'id="tongue-en" checked' in opened["en"]
    assert 'id="tongue-zh" checked' in opened["zh"]
    assert "<title>人群画像 · 所选客户" in opened["zh"]
    assert f"{found.both:,}" in opened["zh"]


@pytest.mark.parametrize(
    ("inside", "index", "far"),
    [(10, 100, 0), (10, 200, 1), (10, 50, -1), (10, 10_000, FARTHEST), (0, 0, -FARTHEST), (10, None, FARTHEST)],
)
def test_a_doubling_is_as_far_as_a_halving(inside: int, index: float | None, far: float) -> None:
    figure = Figure(Text("a", "a"), "value", inside, 0.1, 10, 0.1, index, None)
    assert doublings(figure) == pytest.approx(far)


def test_titles_cannot_break_the_page() -> None:
    assert "<script>" not in page(Text("<script>", "<script>"), [])
