"""A portrait is kept, equal to one made now, until its audience, the tags or the customers change."""

import pytest
from pydantic_core import to_jsonable_python

from quanyu.foundation.errors import NotFound
from quanyu.targeting.audiences import keeping
from quanyu.targeting.audiences.keeping import kept_portrait, renew_portraits
from quanyu.targeting.audiences.portrait_report import describe_portrait
from quanyu.targeting.audiences.portraits import portrait
from quanyu.targeting.audiences.refreshing import refresh


def test_it_is_made_anew_only_of_something_new(crowd, monkeypatch: pytest.MonkeyPatch):
    crowd.define("fans", "{tag: frequency_score, is: '=', value: 5}")
    crowd.define("french", "{tag: country, is: '=', value: France}")
    refresh(crowd.ws)
    first, other = (kept_portrait(crowd.ws, "fans", against) for against in (None, "french"))
    assert first == to_jsonable_python(describe_portrait(portrait(crowd.ws, "fans")))
    assert other == to_jsonable_python(describe_portrait(portrait(crowd.ws, "fans", "french")))
    made: list[str] = []

    def noted(ws, audience: str, against: str | None = None):
        made.append(f"{audience} {against}")
        return portrait(ws, audience, against)

    monkeypatch.setattr(keeping, "portrait", noted)
    assert kept_portrait(crowd.ws, "fans", None) == first
    assert not made
    crowd.define("french", "{tag: frequency_score, is: '>=', value: 3}")
    refresh(crowd.ws)
    kept_portrait(crowd.ws, "fans", None)
    kept_portrait(crowd.ws, "fans", "french")
    assert made == ["fans french"]


def test_of_no_audience_there_is_none(crowd):
    with pytest.raises(NotFound):
        kept_portrait(crowd.ws, "nobody", None)


def test_what_somebody_has_looked_at_is_made_anew_before_he_looks_again(crowd, monkeypatch: pytest.MonkeyPatch):
    for name in ("fans", "french"):
        crowd.define(name, "{tag: frequency_score, is: '=', value: 5}")
    refresh(crowd.ws)
    kept_portrait(crowd.ws, "fans", None)
    crowd.define("fans", "{tag: frequency_score, is: '>=', value: 3}")
    crowd.define("french", "{tag: country, is: '=', value: France}")
    crowd.define("later", "{tag: country, is: '=', value: France}")
    renew_portraits(crowd.ws)
    refresh(crowd.ws)
    made: list[str] = []
    monkeypatch.setattr(keeping, "portrait", lambda ws, name, against: made.append(name) or portrait(ws, name, against))
    renew_portraits(crowd.ws)
    renew_portraits(crowd.ws)
    assert made == ["fans"]
    assert kept_portrait(crowd.ws, "fans", None) == to_jsonable_python(describe_portrait(portrait(crowd.ws, "fans")))
