"""Rules are tried, used, traced and stopped by commands; an import between them obeys."""

RULES = """rules:
  - {name: towns, kind: customer_record, input: country, reason: {en: one name, zh: 统一},
     do: {normalise: {words: {France: FR}}}}
  - {name: many, kind: order_line, input: quantity, when: {beyond: {most: 5}}, reason: {en: too many, zh: 过多},
     do: quarantine}
  - {name: lent, kind: customer_record, input: gender, reason: {en: known elsewhere, zh: 他处已知}, do: refill}
"""


def test_from_a_trial_to_a_trace(inside, mapping, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(RULES, "utf-8")
    assert inside("cleanse", "--json").document["rules"] == []
    assert "quanyu cleanse use" in inside("cleanse").out
    assert inside("cleanse", "use", file, "--json").document == {"number": "1", "rules": 3}
    inside("import", mapping, "--json")
    changes = inside("cleanse", "changes", "--json").document["changes"]
    assert {(change["rule"], change["raw"], change["value"]) for change in changes} == {
        ("towns", "France", "FR"),
        ("many", "6", "6"),
    }
    held = [change for change in changes if change["rule"] == "many"]
    reasons = [reject["reason"]["en"] for reject in inside("rejects", "--json").document["rejects"]]
    assert sum("held back by the rule many" in reason for reason in reasons) == len(held) > 0
    listed = inside("cleanse", "--json").document
    assert [(rule["rule"], rule["changes"]) for rule in listed["rules"]] == [
        ("towns", len(changes) - len(held)),
        ("many", len(held)),
        ("lent", 0),
    ]
    assert "many" in inside("cleanse").out
    tried = inside("cleanse", "try", file)
    assert "too many" in tried.out
    assert inside("cleanse", "changes", "--rule", "lent", "--json").document == {"changes": [], "refilled": []}
    assert inside("cleanse", "stop", "--json").document == {"number": "2", "rules": 0}
    assert inside("cleanse", "--json").document["rules"] == []
    file.write_text(RULES.replace("quarantine", "keep"), "utf-8")
    assert inside("cleanse", "use", file, "--json").document["error"]["code"] == "invalid"
