"""The ID report is kept, equal to one made now, until something that it tells of changes."""

import pytest

from quanyu.app import identity_report
from quanyu.app.identity_report import id_report, kept_report
from quanyu.customers.identity.recognising import recognise
from quanyu.foundation.errors import NotFound


def test_it_is_made_anew_only_of_something_new(workspace, deliver, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(NotFound):
        kept_report(workspace)
    deliver("customer_record", "key name", [("A", "王芳")])
    recognise(workspace)
    first = kept_report(workspace)
    assert first == id_report(workspace)
    monkeypatch.setattr(identity_report, "id_report", lambda _: pytest.fail("made again of the same"))
    assert kept_report(workspace) == first
    monkeypatch.undo()
    deliver("customer_record", "key name", [("B", "李强")])
    recognise(workspace)
    assert kept_report(workspace).whole.customers == 2
