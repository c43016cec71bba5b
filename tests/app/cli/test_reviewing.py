"""What recognition leaves open is listed with what is at stake, and answered by number or by pattern."""

MEMBERS = """card,name,phone
MEMBER-17850,王芳,13800138077
W2,李强,13800138077
"""
MAPPING = """source: members
files: members.csv
kinds:
  - kind: customer_record
    columns: {key: card, name: name}
    identifiers: [{type: phone, column: phone}]
"""


def test_questions_from_list_to_answer(inside, mapping):
    folder = mapping.parent
    (folder / "members.csv").write_text(MEMBERS)
    (folder / "members.yaml").write_text(MAPPING)
    assert inside("import", mapping, folder / "members.yaml").status == 0
    before = inside("identify", "--json").document["customers"]
    listed = inside("identity", "questions", "--json").document
    name = "phone/contradicted/surname/members"
    assert [(each["name"], each["questions"], each["customers"]) for each in listed["patterns"]] == [(name, 1, 2)]
    number = listed["questions"][0]["number"]
    out = inside("identity", "questions").out
    assert name in out
    assert "surname" in out
    shown = inside("identity", "question", number)
    assert "李**" in shown.out
    assert "13800138077" not in shown.out
    done = inside(
        "identity", "answer", "--pattern", name, "--as", "together", "--reason", "a nickname", "--json"
    ).document
    assert done["customers"] == before - 1
    assert "Nothing is open." in inside("identity", "questions").out
    assert "one person" in inside("identity", "decisions").out
    assert inside("identity", "undo", done["decisions"][0], "--json").document["customers"] == before
    wrong = inside("identity", "answer", number, "--pattern", name, "--as", "settled", "--reason", "x")
    assert (wrong.status, "either questions or one pattern" in wrong.err) == (1, True)
    refused = inside("identity", "answer", number, "--as", "maybe", "--reason", "x")
    assert "together" in refused.err
