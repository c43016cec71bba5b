"""The page stands alone, says everything in both languages, draws well-formed pictures, and escapes what data say."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

from quanyu.app.rooms import ROOMS
from quanyu.customers.quality.findings import find
from quanyu.customers.quality.goals import hold_against, retail_goals
from quanyu.customers.quality.model import Survey
from quanyu.customers.quality.page import draw
from quanyu.customers.quality.report import Change
from quanyu.foundation.text import Text

KINDS = tuple(kind for room in ROOMS for kind in room.kinds)
VOID = {"meta", "input", "br"}


class Nested(HTMLParser):
    """Follows the tags and notes those that are closed in another order than they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def page(survey: Survey) -> str:
    change = Change("order_line", "pos", "customer", "fill", 0.5, 0.6, Text("more", "更多"))
    return draw(survey, find(survey), hold_against(retail_goals(KINDS), survey), [change])


def test_the_page_is_well_formed_and_needs_nothing_beside_it(survey: Survey):
    drawn = page(survey)
    nested = Nested()
    nested.feed(drawn)
    assert (nested.open, nested.wrong) == ([], [])
    assert not re.search(r"""src=|href="[^#]|@import|url\(|<script|https?://(?!www\.w3\.org)""", drawn)
    pictures = re.findall(r"<svg.*?</svg>", drawn, re.DOTALL)
    assert len(pictures) > 30
    for picture in pictures:
        drawing = ElementTree.fromstring(picture)
        limits = [float(drawing.get(side, "")) for side in ("width", "height")]
        for shape in drawing.iter("{http://www.w3.org/2000/svg}rect"):
            at, size = float(shape.get("x", 0)), float(shape.get("width", 0))
            assert 0 <= at <= at + size <= limits[0] + 2
            assert 0 <= float(shape.get("height", 0)) <= limits[1]


def test_it_says_the_time_of_its_data_with_every_part_and_both_languages(survey: Survey):
    drawn = page(survey)
    sections = drawn.split("<section>")[1:]
    assert len(sections) >= 4
    dated = [section for section in sections if "2026-03-01 00:00 UTC" in section]
    assert len(dated) >= len(sections) - 1  # changes name their own survey
    assert drawn.count('class="en"') == drawn.count('class="zh"') > 50
    assert "13800138000" not in drawn


def test_the_contents_lead_to_what_is_there(survey: Survey):
    drawn = page(survey)
    targets = re.findall(r'href="#([^"]+)"', drawn)
    assert targets == ["findings", "goals", "changes", "customer_record", "order_line"]
    assert all(f'<h2 id="{target}">' in drawn for target in targets)


def test_goals_stand_beside_what_is(survey: Survey):
    drawn = page(survey)
    section = drawn.split('<h2 id="goals">')[1].split("</section>")[0]
    reached = [each for each in hold_against(retail_goals(KINDS), survey) if each.met is not None]
    assert len(re.findall(r'class="figure (?:un)?met"', section)) == len(reached) > 5
    assert section.count("≥ 80%") == 1  # each goal once, its sources below it
    assert "补齐" in section


def test_every_field_of_a_source_is_named_on_a_small_screen(survey: Survey):
    section = page(survey).split('<h2 id="customer_record">')[1].split("</section>")[0]
    cells = re.findall(r"<td (.*?)>", section)
    assert all('data-source="' in cell or "none" in cell or "never" in cell for cell in cells)
    assert "已脱敏" in section
    assert "从未提供：" in section


def test_more_findings_than_fit_are_counted(survey: Survey):
    many = (find(survey) * 9)[:75]
    drawn = draw(survey, many, [], [])
    assert drawn.count("<details>") == 1
    assert "63 more" in drawn
    assert "and 15 lighter ones" in drawn
    assert "<details>" not in draw(survey, many[:12], [], [])


def test_a_home_without_data_has_a_page_too(survey: Survey):
    drawn = draw(replace(survey, parts=[], absent=["order_line"]), [], [], [])
    assert "尚无数据" in drawn
    assert "quanyu import" in drawn
    assert "未发现问题" not in drawn
    assert "<svg" not in drawn


def test_names_from_data_are_escaped(survey: Survey):
    part = replace(survey.parts[0], source='<img src=x onerror="alert(1)">')
    drawn = draw(replace(survey, parts=[part]), find(replace(survey, parts=[part])), [], [])
    assert "<img" not in drawn
