"""An answer is made once of the same, and anew of anything else."""

from quanyu.foundation.kept.answers import kept


def test_an_answer_is_made_once_of_the_same(workspace):
    made = []

    def make() -> dict:
        made.append(len(made))
        return {"made": len(made), "as": "中"}

    assert kept(workspace, "page", "run 1", make) == {"made": 1, "as": "中"}
    assert kept(workspace, "page", "run 1", make) == {"made": 1, "as": "中"}
    assert kept(workspace, "page", "run 2", make) == {"made": 2, "as": "中"}
    assert kept(workspace, "other", "run 2", make)["made"] == 3
    assert kept(workspace, "page", "run 1", make)["made"] == 4, "one place a name: what was made of before is gone"
