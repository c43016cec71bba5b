"""What was found is said in words, the weightiest first, in both languages and with its figures."""

from dataclasses import replace

import pytest

from quanyu.customers.quality.findings import find, percent
from quanyu.customers.quality.model import Frequent, PartSurvey, Survey
from quanyu.foundation.text import Text


def test_planted_faults_are_in_words_ranked_by_weight(survey: Survey):
    found = find(survey)
    assert [finding.weight for finding in found] == sorted((f.weight for f in found), reverse=True)
    words = [finding.words.en for finding in found]
    masked = "crm, Customer record: 7% of Phone are masked (20); these 20 records cannot be linked by it"
    assert masked in words
    assert "pos, Order line: 100% of Order number were rounded by a spreadsheet (120)" in words
    assert "pos, Order line: no rows on 1 days (2026-01-15)" in words
    assert "crm, Customer record: import 2 fills 0% of City, those before it 100%" in words
    assert "crm, Customer record: 83% of records share no identifier with another source (250)" in words
    assert "crm, Customer record: 1% of Date of birth (sealed) are dummy values (4)" in words
    assert words.index(masked) > words.index("crm, Customer record: import 2 fills 0% of City, those before it 100%")
    assert all(finding.words.zh and finding.words.zh != finding.words.en for finding in found)


def test_a_field_that_was_never_delivered_is_no_finding(survey: Survey):
    assert not [finding for finding in find(survey) if finding.field == "store"]


def test_fields_that_fall_as_one_are_told_together(survey: Survey, crm: PartSurvey):
    twice = [replace(field, title=Text("Town", "镇")) if field.field == "city" else field for field in crm.fields]
    both = replace(crm, fields=(*crm.fields, *(field for field in twice if field.field == "city")))
    fallen = [finding for finding in find(replace(survey, parts=[both])) if finding.about == "fill fell"]
    assert [finding.words.en.partition(": ")[2] for finding in fallen] == [
        "import 2 fills 0% of City, Town, those before it 100%"
    ]
    assert (fallen[0].field, fallen[0].rows) == (None, 100)


def test_a_field_for_few_matters_less_than_a_hole(survey: Survey, crm: PartSurvey):
    def missing(filled: int) -> float:
        fields = [replace(field, filled=filled, drift=None) for field in crm.fields if field.field == "gender"]
        found = find(replace(survey, parts=[replace(crm, fields=tuple(fields), links=None)]))
        return next(finding.weight for finding in found if finding.about == "missing")

    assert missing(250) > missing(6) > 0


def test_what_many_share_by_nature_is_no_finding(survey: Survey, crm: PartSurvey):
    often = Frequent("杭州市", 200)
    fields = [replace(field, distinct=150, frequent=often) for field in crm.fields if field.field in {"city", "store"}]
    kinds = [replace(field, type="key", filled=300) if field.field == "store" else field for field in fields]
    found = find(replace(survey, parts=[replace(crm, fields=tuple(kinds))]))
    assert [finding.field for finding in found if finding.about == "one value"] == ["store"]


@pytest.mark.parametrize(
    ("share", "told"),
    [(None, "–"), (0, "0%"), (1, "100%"), (0.5, "50%"), (0.004, "0.4%"), (0.9996, "99.96%"), (0.0000001, "0.000%")],
)
def test_percentages_do_not_say_all_or_nothing_of_what_is_not(share: float | None, told: str):
    assert percent(share) == told
