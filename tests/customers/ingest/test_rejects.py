"""Refused lines are listed with reasons that a shop assistant understands, in two languages."""

from collections.abc import Callable

import pytest

from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.rejects import list_rejects, reason_in_words
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
GOOD = "1001,17,MUG,Blue mug,2,3.50,2011-03-01 09:00,France"
BAD = (
    "1010,17,MUG,Blue mug,two,3.50,2011-03-01 09:00,France",
    "1011,17,MUG,Blue mug,2,3.50,someday,France",
    ",17,MUG,Blue mug,2,3.50,2011-03-01 09:00,France",
    "1013,17,MUG,Blue mug,2,3.50,2011-03-01 09:00,France,more",
    "1014,17,MUG",
    '1015,17,MUG,"Blue mug,2,3.50,2011-03-01 09:00,France',
)


def test_nothing_was_refused_yet(workspace: Workspace):
    assert list_rejects(workspace) == []


def test_reasons_are_plain_words(bring: Import, workspace: Workspace):
    bring([GOOD, *BAD])
    found = list_rejects(workspace)
    assert [(reject.line, reject.column, reject.reason.en) for reject in found] == [
        (3, "qty", "qty is not a number."),
        (4, "at", "at is not a date and time."),
        (5, "no", "no is empty, but order_number is needed."),
        (6, None, "The line has more fields than the header."),
        (7, None, "The line has fewer fields than the header."),
        (8, None, "A quote is opened and not closed; close it, or double it where it is part of the text."),
    ]
    assert all(reject.reason.zh and reject.reason.zh != reject.reason.en for reject in found)
    assert all(reject.file.endswith("till.csv") and reject.source == "till" for reject in found)


def test_the_line_is_kept_as_it_was(bring: Import, workspace: Workspace):
    bring(BAD)
    texts = [reject.text for reject in list_rejects(workspace)]
    assert '"qty":"two"' in texts[0].replace(" ", "")
    assert texts[3] == BAD[3]


def test_one_import_is_asked_for(bring: Import, workspace: Workspace):
    first, second = bring(BAD[:1]), bring(BAD[:2])
    assert len(list_rejects(workspace)) == 3
    assert [r.import_number for r in list_rejects(workspace, first.number)] == [first.number]
    assert {r.import_number for r in list_rejects(workspace, second.number)} == {second.number}
    assert list_rejects(workspace, 99) == []


def test_the_latest_come_first_and_no_more_than_asked(bring: Import, workspace: Workspace):
    bring(BAD[:2])
    latest = bring(BAD[:3])
    found = list_rejects(workspace, limit=3)
    assert [(r.import_number, r.line) for r in found] == [(latest.number, 2), (latest.number, 3), (latest.number, 4)]


@pytest.mark.parametrize(
    "code",
    [
        "missing",
        "not a number",
        "not a whole number",
        "not a time",
        "not a date",
        "neither yes nor no",
        "not one of open, closed",
        "beyond 90",
        "below 0",
        "missing columns",
        "line size over maximum",
    ],
)
def test_every_code_has_words_in_both_languages(code: str):
    reason = reason_in_words(code, "qty", "quantity")
    assert reason.en.endswith(".")
    assert reason.zh.endswith("。")
    assert "{" not in reason.en + reason.zh


def test_a_code_of_another_reader_is_told_as_it_is():
    assert "sheet protected" in reason_in_words("sheet protected").en
