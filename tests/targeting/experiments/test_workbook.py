"""The workbook holds the words, every figure as a number, and what its columns mean."""

from io import BytesIO

from python_calamine import CalamineWorkbook
from tests.targeting.experiments.test_parts import people

from quanyu.foundation.text import Text
from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.explaining import HEADINGS
from quanyu.targeting.experiments.wording import in_words
from quanyu.targeting.experiments.workbook import write_workbook


def test_words_figures_and_definitions():
    found = analyze(people(1, {"gold": 0.12, "=1+1": 0.0}), "arm", "none", ["bought"], by="tier")
    made = write_workbook(found, Text("Title", "标题"), (), [(Text("ROI", "投资回报"), 1.5)])
    book = CalamineWorkbook.from_filelike(BytesIO(made))
    words, effects, figures, definitions = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert words[0] == ["Title", "标题"]
    assert [row[0] for row in words[1:]] == [said.en for said in in_words(found)]
    assert effects[0] == [heading.name for heading in HEADINGS]
    first = dict(zip(effects[0], effects[1], strict=True))
    assert first["absolute"] == found.effects[0].absolute
    assert first["few"] is False
    assert {row[0] for row in effects[1:]} >= {"gold", "=1+1"}
    assert figures == [["ROI 投资回报", 1.5]]
    assert [row[0] for row in definitions[1:]] == [heading.name for heading in HEADINGS]
