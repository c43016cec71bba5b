"""A mended line splits as the reader of its format would split it."""

import pytest

from quanyu.customers.ingest._splitting import Form, split

COLUMNS = ("no", "name", "price")


@pytest.mark.parametrize(
    ("text", "form", "found"),
    [
        ('1,"Big, jug",3', Form(), {"no": "1", "name": "Big, jug", "price": "3"}),
        ("1;Jug, big;3", Form(), {"no": "1", "name": "Jug, big", "price": "3"}),
        ('1|say "hi"|3', Form(delimiter="|", quote=""), {"no": "1", "name": 'say "hi"', "price": "3"}),
        ("1,Jug", Form(), "missing columns"),
        ("1,Jug,3,4", Form(), "too many columns"),
        ('1,"Jug,3', Form(), "unquoted value"),
        ("1,Jug,3\n2,Jug,3", Form(), "unquoted value"),
        ('{"no": 1.10, "a": {"b": [1]}, "c": null, "d": "x"}', Form(json=True), {"no": "1.10", "a.b": "[1]", "d": "x"}),
        ("[1]", Form(json=True), "not a JSON object"),
        ("{", Form(json=True), "not JSON"),
    ],
)
def test_lines_split_or_say_why_not(text: str, form: Form, found: object):
    assert split(text, COLUMNS, form) == found
