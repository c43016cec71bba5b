"""Terms of measuring: read, kept version by version, and refused with every fault."""

import pytest

from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments.terms import DEFAULT, apply, in_force, parse, written

WHOLE = """returns: {days: 10, channels: {store: 7, tmall: 20}}
margin: 0.45
messages: {sms: 0.045}
points: {each: 200, worth: 0.01}
software: 3000
"""


def test_all_of_it():
    terms = parse(read(WHOLE))
    assert terms.returns == {"store": 7, "tmall": 20}
    assert terms.longest == 20
    assert terms.margin == 0.45
    assert terms.messages == {"sms": 0.045}
    assert terms.points == pytest.approx(2.0)
    assert terms.software == 3000
    assert "store 7 days, tmall 20 days, other sales channels 10 days" in terms.said.en
    assert parse(read(DEFAULT)).margin is None


def test_every_fault_at_once():
    wrong = "returns: {days: 1.5, channels: 3}\nmargin: 2\nmessages: {pigeon: 1, sms: -1}\nprice: 1\n"
    with pytest.raises(Invalid) as refused:
        parse(read(wrong))
    assert len(refused.value.faults) == 6


def test_versions(workspace: Workspace):
    ws = workspace
    assert in_force(ws).other_returns == 15
    assert (apply(ws, WHOLE), apply(ws, WHOLE), apply(ws, DEFAULT)) == (1, 1, 2)
    assert written(ws) == DEFAULT
