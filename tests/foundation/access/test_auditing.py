"""The audit log names who asked for what and why, also when nobody knows how it ended."""

from quanyu.foundation.access.auditing import list_entries, note_act, note_outcome


def test_entries_come_newest_first_and_page_by_page(workspace):
    numbers = [note_act(workspace, "operator:mei", "apply_audience", f"spring_{at}", "a test") for at in range(5)]
    note_outcome(workspace, numbers[0], 200)
    first = list_entries(workspace, limit=3)
    rest = list_entries(workspace, before=first[-1].number, limit=3)
    assert [each.number for each in (*first, *rest)] == numbers[::-1]
    assert [each.status for each in rest] == [None, 200]
    assert {(each.who, each.act, each.reason) for each in first} == {("operator:mei", "apply_audience", "a test")}


def test_entries_can_be_asked_by_who_and_by_what(workspace):
    note_act(workspace, "operator:mei", "start_export", "spring")
    note_act(workspace, "token:till", "start_import", "")
    assert [each.about for each in list_entries(workspace, who="operator:mei")] == ["spring"]
    assert [each.who for each in list_entries(workspace, act="start_import")] == ["token:till"]
