"""Operators are added with a password that no argument holds, listed, changed."""

import io
import sys


def test_an_operator_is_added_listed_and_changed(inside, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("a quiet morning\n"))
    added = inside("operator", "add", "mei", "--role", "owner", "--title", "梅", "--json")
    assert added.document == {"name": "mei", "title": "梅", "role": "owner"}
    assert "morning" not in added.out
    monkeypatch.setattr(sys, "stdin", io.StringIO("another morning\n"))
    assert inside("operator", "change", "mei", "--password", "--json").document["changed"]
    (listed,) = inside("operator", "list", "--json").document["operators"]
    assert (listed["name"], listed["role"], listed["disabled_at"]) == ("mei", "owner", None)
    refused = inside("operator", "change", "mei", "--disable")
    assert refused.status != 0
    assert "owner" in refused.err
