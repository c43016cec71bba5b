"""An answer is made once of the same, and anew of anything else."""

from quanyu.foundation.kept import answers
from quanyu.foundation.kept.answers import is_kept, kept, last_made


def test_an_answer_is_made_once_of_the_same(workspace):
    made = []

    def make() -> dict:
        made.append(len(made))
        return {"made": len(made), "as": "中"}

    assert not is_kept(workspace, "page")
    assert kept(workspace, "page", "run 1", make) == {"made": 1, "as": "中"}
    assert kept(workspace, "page", "run 1", make) == {"made": 1, "as": "中"}
    assert kept(workspace, "page", "run 2", make) == {"made": 2, "as": "中"}
    assert is_kept(workspace, "page")
    assert kept(workspace, "other", "run 2", make)["made"] == 3
    assert kept(workspace, "page", "run 1", make)["made"] == 4, "one place a name: what was made of before is gone"


def test_what_was_made_last_is_had_without_making_it(workspace, monkeypatch):
    kept(workspace, "page", "run 1", lambda: {"made": 1})
    kept(workspace, "other", "run 1", lambda: {"made": 2})
    found = last_made(workspace, ["page", "nobody's"])
    assert {name: made.answer for name, made in found.items()} == {"page": {"made": 1}}
    assert found["page"].made_at <= workspace.clock.now()
    monkeypatch.setattr(answers, "__version__", "99.0")
    assert last_made(workspace, ["page"]) == {}, "an answer of another version may lack what this one asks"
