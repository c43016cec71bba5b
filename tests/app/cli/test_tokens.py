"""Tokens are made, listed without their secrets, revoked."""


def test_a_token_is_shown_once_and_can_be_revoked(inside):
    made = inside("token", "create", "till", "--role", "analyst", "--json").document
    assert made["token"].startswith("qy_1_")
    listed = inside("token", "list", "--json")
    assert [(token["label"], token["role"], token["revoked_at"]) for token in listed.document["tokens"]] == [
        ("till", "analyst", None)
    ]
    assert made["token"] not in listed.out
    assert inside("token", "revoke", "till", "--json").document["revoked"] == 1
    assert inside("token", "list", "--json").document["tokens"][0]["revoked_at"]
