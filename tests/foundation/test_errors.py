"""Every error says what happened, what was received, what is allowed and what to do."""

import json
import pickle

import pytest

from quanyu.foundation import errors
from quanyu.foundation.errors import Fault, Invalid, QuanyuError, Unavailable
from quanyu.foundation.text import Text

PROBLEM = Text("Unknown field.", "未知字段。")


def subclasses() -> list[type[QuanyuError]]:
    return [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, QuanyuError)]


def test_an_error_describes_itself_as_json(monkeypatch):
    monkeypatch.setenv("QUANYU_LANGUAGE", "en")
    fault = Fault("rules[2].field", PROBLEM, "orders.cuont", ("orders.count",))
    error = Invalid(PROBLEM, remedy=Text("Mend it.", "请修改。"), received=7, allowed=[1, 2], faults=[fault])
    assert json.loads(json.dumps(error.describe())) == {
        "code": "invalid",
        "message": "Unknown field.",
        "remedy": "Mend it.",
        "received": "7",
        "allowed": ["1", "2"],
        "retry": False,
        "faults": [
            {
                "place": "rules[2].field",
                "problem": "Unknown field.",
                "received": "orders.cuont",
                "allowed": ["orders.count"],
            }
        ],
    }


def test_the_description_is_in_the_language_of_its_reader(monkeypatch):
    monkeypatch.setenv("QUANYU_LANGUAGE", "en")
    error = Invalid(PROBLEM)
    monkeypatch.setenv("QUANYU_LANGUAGE", "zh")
    assert error.describe()["message"] == "未知字段。"


def test_what_was_received_is_cut_short():
    error = Invalid(PROBLEM, received="x" * 10_000)
    assert error.received == "x" * 500


def test_an_error_survives_a_process_border():
    error = pickle.loads(pickle.dumps(Unavailable(PROBLEM, received="db", allowed=["a"])))
    assert isinstance(error, Unavailable)
    assert (error.problem, error.received, error.allowed) == (PROBLEM, "db", ("a",))


@pytest.mark.parametrize("kind", subclasses())
def test_every_error_has_a_status_that_agrees_with_retry(kind):
    assert 400 <= kind.status < 600
    assert kind.retry <= (kind.status >= 500)


def test_codes_are_distinct():
    assert len({kind.code for kind in subclasses()}) == len(subclasses())
