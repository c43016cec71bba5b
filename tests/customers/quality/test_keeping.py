"""Surveys are kept by number, each workspace its own, and the last one comes back as it was."""

import pytest

from quanyu.customers.quality.keeping import keep, last_kept
from quanyu.customers.quality.model import Survey
from quanyu.customers.quality.report import document
from quanyu.customers.quality.routes import get_quality
from quanyu.foundation.errors import NotFound
from quanyu.foundation.workspace import Workspace


def test_the_last_survey_comes_back(workspace: Workspace, survey: Survey):
    assert last_kept(workspace) is None
    with pytest.raises(NotFound) as nothing:
        get_quality(workspace)
    assert "--keep" in str(nothing.value.remedy)
    first = keep(workspace, survey, {"kinds": []})
    told = document(survey, [], [], [])
    second = keep(workspace, survey, told)
    kept = last_kept(workspace)
    assert kept is not None
    assert first < second == kept.number
    assert kept.document["as_of"] == told["as_of"]
    assert get_quality(workspace).number == str(second)
