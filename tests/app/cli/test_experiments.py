"""A finished test is analysed without a home."""

import json
import subprocess

import pytest

from quanyu.app.cli.experiments import planned
from quanyu.foundation.errors import Invalid


def test_words_table_and_json(tmp_path, commands):
    file = tmp_path / "campaign.csv"
    rows = "".join(f"{'mail' if i % 2 else 'none'},{int(i % 10 < (6 if i % 2 else 2))}\n" for i in range(400))
    file.write_text(f"arm,visit\n{rows}")
    question = ["experiment", "analyze", file, "--arm", "arm", "--control", "none", "--outcomes", "visit"]
    words = subprocess.run([commands / "quanyu", *question], capture_output=True, text=True)
    assert words.returncode == 0, words.stderr
    assert "95%" in words.stdout
    document = json.loads(
        subprocess.run([commands / "quanyu", *question, "--json"], capture_output=True, text=True).stdout
    )
    assert document["effects"][0]["certain"] is True
    assert set(document["words"][0]) == {"en", "zh"}


def test_planned_shares_may_have_signs_in_their_names():
    assert planned(None) is None
    assert planned("a=b=0.5, none=0.5") == {"a=b": 0.5, "none": 0.5}


@pytest.mark.parametrize("written", ["", "none", "none=x", "=0.5"])
def test_shares_that_cannot_be_read_are_refused(written):
    with pytest.raises(Invalid):
        planned(written)
