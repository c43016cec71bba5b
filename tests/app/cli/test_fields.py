"""The register of fields by its command: all of it, one entry, and a name that is not there."""


def test_all_one_and_none(deliver, inside) -> None:
    deliver("customer_record", "key gender observed_at", [("a", "f", "2026-03-01"), ("b", "", "2026-03-01")])
    told = {each["name"]: each for each in inside("fields", "--json").document["fields"]}
    gender = told["identity.gender"]
    assert (gender["title"], gender["privacy"], gender["sources"][0]["filled"]) == (
        {"en": "Gender", "zh": "性别"},
        "sensitive",
        1,
    )
    assert told["orders.channel"]["sources"] == []
    assert "identity.gender" in inside("fields").out
    one = inside("fields", "identity.gender").out
    assert "customer_record.gender" in one
    assert "2026-03-01" in one
    assert "Female" in one
    wrong = inside("fields", "identity.gendre")
    assert wrong.status == 1
    assert "identity.gender" in wrong.err
