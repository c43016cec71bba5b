"""Definitions are decoded exactly, with lines, and nothing hostile gets through."""

from decimal import Decimal

import pytest

from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid


def test_scalars_are_what_they_look_like_to_a_person() -> None:
    text = 'a: NO\nb: 010\nc: 2.50\nd: "5"\ne: ~\nf: true\ng: =\nh: 2011-12-10\ni: -3\nj: 1e3\nk: 1:30\nl: 法国\n'
    assert read(text).value == {
        "a": "NO",
        "b": "010",
        "c": Decimal("2.50"),
        "d": "5",
        "e": None,
        "f": True,
        "g": "=",
        "h": "2011-12-10",
        "i": -3,
        "j": Decimal(1000),
        "k": "1:30",
        "l": "法国",
    }
    assert isinstance(read("2.0").value, Decimal)


def test_json_is_read_as_well() -> None:
    assert read('{"all": [{"tag": "x", "is": ">=", "value": [1, 2.5, null]}]}').value == {
        "all": [{"tag": "x", "is": ">=", "value": [1, Decimal("2.5"), None]}]
    }


def test_places_carry_their_line() -> None:
    document = read("name: x\nrule:\n  all:\n    - tag: a\n      is: '='\n")
    assert document.place(("rule", "all", 0, "is")) == "line 5: rule.all[0].is"
    assert document.place(("rule", "all", 0, "value")) == "line 4: rule.all[0].value"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: [1", "line"),
        ("a: 1\na: 2", "line 2"),
        ("a: &x 1\nb: *x", "line 1"),
        ("a: !!python/object:os.system x", "line 1"),
        ("is: != ", "line 1"),
        ("is: >=", "line 1"),
        ("\tq: 1", "line 1"),
        ("---\na\n---\nb", "line 3"),
        ("? [a]\n: 1", "line 1"),
    ],
)
def test_what_is_no_definition_is_refused_with_its_line(text: str, where: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(text)
    places = [fault.place for fault in caught.value.faults] or [str(caught.value.received)]
    assert places[0].startswith(where)


def test_depth_and_bombs_are_plain_errors() -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        read("[" * 100_000)
    bomb = "a: &a [x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdef", "bcdefg", strict=True))
    with pytest.raises(Invalid, match="cannot be read"):
        read(bomb)
    assert read("{a: [" * 200 + "]}" * 200).value is not None
