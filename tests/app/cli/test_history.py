"""Imports are listed even where there are none; the whole way of a take-back is told in test_rejects."""


def test_a_home_without_imports(inside, home):
    assert inside("imports", "--json").document == {"imports": []}
    assert "Imports" in inside("imports", "list").out
    refused = inside("imports", "take-back", "7", "--json")
    assert (refused.status, refused.document["error"]["code"]) == (1, "not_found")
