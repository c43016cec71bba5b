"""Sealed values are surveyed portion by portion, and portions add up."""

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.customers.quality.model import PartSurvey, Survey
from quanyu.customers.quality.surveying import take_survey
from quanyu.foundation.workspace import Workspace

KINDS = tuple(kind for room in ROOMS for kind in room.kinds)


def test_small_portions_say_the_same(
    planted: Workspace, survey: Survey, crm: PartSurvey, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("quanyu.customers.quality.private.PORTION", 64)
    found = take_survey(planted, KINDS, kind="customer_record", as_of=survey.as_of)
    assert found.find("customer_record", "crm") == crm
    assert [part.links for part in found.parts] == [p.links for p in survey.parts if p.kind == "customer_record"]
