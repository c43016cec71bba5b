"""Pictures are PNGs of what the pages draw, in one language; without a font for it they say what to install."""

import struct

import pytest

from quanyu.foundation.errors import Conflict
from quanyu.foundation.text import Text, speak
from quanyu.targeting.audiences.pages import drawn, rect, words_at
from quanyu.targeting.audiences.pictures import ZOOM, can_draw, picture
from quanyu.targeting.audiences.portrait_picture import paint_portrait
from quanyu.targeting.audiences.portraits import portrait

TITLE = Text("Two bars", "两根柱子")
BARS = drawn(600, 80, rect(0, 0, 300, 20, "calm") + words_at(0, 60, Text("one & two", "一与二")))


@pytest.fixture(params=["en", "zh"])
def tongue(request):
    speak(request.param)
    yield request.param
    speak("")


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


def test_a_picture_is_as_large_as_what_it_shows(tongue: str) -> None:
    if not can_draw("人" if tongue == "zh" else "A"):
        with pytest.raises(Conflict) as caught:
            picture(TITLE, TITLE, [(TITLE, BARS)])
        assert "fonts-noto-cjk" in str(caught.value.remedy)
        return
    one, two = (size(picture(TITLE, TITLE, [(TITLE, BARS)] * n)) for n in (1, 2))
    assert one[0] == two[0] >= 600 * ZOOM
    assert two[1] - one[1] >= 80 * ZOOM


needs_a_font = pytest.mark.skipif(not can_draw("A"), reason="needs a font on the machine")


@needs_a_font
def test_only_the_readers_language_is_drawn() -> None:
    speak("en")
    both = picture(TITLE, TITLE, [(TITLE, BARS)])
    english = Text("one & two", "one & two")
    alone = picture(TITLE, TITLE, [(TITLE, drawn(600, 80, rect(0, 0, 300, 20, "calm") + words_at(0, 60, english)))])
    speak("")
    assert both == alone


@needs_a_font
def test_a_portrait_is_painted(crowd) -> None:
    speak("en")
    found = portrait(crowd.ws, {"tag": "frequency_score", "is": "=", "value": 5})
    wide, high = size(paint_portrait(found))
    speak("")
    assert wide > 1_000
    assert high > 1_000
