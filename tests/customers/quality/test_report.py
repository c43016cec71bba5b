"""A survey becomes plain values and says what has moved since another one."""

import json
from dataclasses import replace

from quanyu.app.rooms import ROOMS
from quanyu.customers.quality.findings import find
from quanyu.customers.quality.goals import hold_against, retail_goals
from quanyu.customers.quality.model import PartSurvey, Survey
from quanyu.customers.quality.report import compare, document

KINDS = tuple(kind for room in ROOMS for kind in room.kinds)


def test_the_document_is_json_with_the_time_of_its_data(survey: Survey):
    told = document(survey, find(survey), hold_against(retail_goals(KINDS), survey), [])
    read = json.loads(json.dumps(told))
    assert read["as_of"] == "2026-03-01T00:00:00+00:00"
    assert {kind["latest"] is not None for kind in read["kinds"] if kind["kind"] == "order_line"} == {True}
    phone = next(f for k in read["kinds"] if k["source"] == "crm" for f in k["fields"] if f["field"] == "phone")
    assert (phone["filled"], phone["missing"], phone["refused"]) == (280, 20, {"masked": 20})
    store = next(f for k in read["kinds"] if k["source"] == "crm" for f in k["fields"] if f["field"] == "store")
    assert store["valid"] is None


def test_what_has_changed_since_the_last_survey_is_told(survey: Survey, crm: PartSurvey):
    before = json.loads(json.dumps(document(survey, [], [], [])))
    assert compare(survey, before) == []
    assert compare(survey, None) == []
    fields = tuple(replace(f, filled=150) if f.field == "gender" else f for f in crm.fields)
    now = replace(survey, parts=[replace(crm, fields=fields)])
    changes = compare(now, before)
    assert [(c.field, c.measure) for c in changes] == [("gender", "fill")]
    assert changes[0].words.en == "crm, Customer record: Gender filled 97% → 50%"
