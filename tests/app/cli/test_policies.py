"""The policy is checked, shown, compared and applied from the command line, in both languages and as JSON."""

import pytest

from quanyu.customers.identity.policy import default_policy

RETAIL = default_policy()
LINES = "id,phone\na,13800138001\nb,13800138001\nc,13900139002\n"
MAPPING = """source: erp
files: people.csv
kinds:
  - kind: customer_record
    columns: {key: id}
    identifiers: [{type: phone, column: phone}]
"""


@pytest.fixture
def loose(tmp_path):
    """A policy by which a phone joins nobody."""
    file = tmp_path / "loose.yaml"
    phone = next(line for line in RETAIL.text.splitlines() if line.strip().startswith("phone:"))
    text = RETAIL.text.replace(phone, "  phone: {strength: never, scope: global, rank: 9}")
    file.write_text(text.replace("policy: retail", "policy: loose"), encoding="utf-8")
    return file


@pytest.fixture
def people(inside, tmp_path):
    (tmp_path / "people.csv").write_text(LINES)
    (tmp_path / "people.yaml").write_text(MAPPING)
    assert inside("import", tmp_path / "people.yaml").status == 0
    assert inside("identify").status == 0


def test_what_show_writes_is_checked_and_applied_and_changes_nothing(inside, people, tmp_path):
    shown = inside("identity", "policy", "show", "--yaml")
    assert (shown.status, shown.out) == (0, RETAIL.text)
    file = tmp_path / "policy.yaml"
    file.write_text(shown.out, encoding="utf-8")
    checked = inside("identity", "policy", "check", file, "--json").document
    assert checked == inside("identity", "policy", "show", "--json").document
    assert (checked["policy"], checked["types"]["phone"]["customers"]) == ("retail", 12)
    assert checked["otherwise"]["strength"] == "proves"
    applied = inside("identity", "policy", "apply", file, "--json").document
    assert applied == {"policy": "retail", "created": 0, "merged": 0, "parted": 0, "customers": 2}
    assert inside("identity", "policy", "show", "--yaml").out == RETAIL.text


def test_a_policy_is_compared_applied_and_taken_back(inside, people, loose, monkeypatch):
    compared = inside("identity", "policy", "diff", "present", loose)
    assert compared.status == 0
    assert "2 customers become 3: 0 merged from several, 1 parted into several" in compared.out
    assert "this type proves nothing" in compared.out
    document = inside("identity", "policy", "diff", "present", loose, "--json").document
    (sample,) = document.pop("samples")
    assert document == {"before": 2, "after": 3, "merges": 0, "splits": 1, "records": 2}
    assert (sample["kind"], sample["customers"], sample["type"], sample["reason"]) == ("split", 2, "phone", "type")
    assert len(sample["records"]) == 2
    applied = inside("identity", "policy", "apply", loose, "--author", "Lin")
    assert "0 customers merged, 1 opened, 1 parted from others; 3 now." in applied.out
    assert inside("identity", "policy", "show", "--json").document["policy"] == "loose"
    assert inside("identity", "policy", "diff", "retail", "present", "--json").document["splits"] == 1
    assert "138" not in compared.out + applied.out
    monkeypatch.setenv("QUANYU_LANGUAGE", "zh")
    assert "客户数由 3 变为 2：1 位由多位合并" in inside("identity", "policy", "diff", "present", "retail").out


def test_faults_are_named_in_both_languages(inside, tmp_path, monkeypatch):
    file = tmp_path / "wrong.yaml"
    file.write_text(
        RETAIL.text.replace("strength: proves, scope: corp", "strength: prove, scope: crop"), encoding="utf-8"
    )
    for command in (("check", file), ("apply", file), ("diff", "present", file)):
        wrong = inside("identity", "policy", *command)
        assert wrong.status == 1
        assert "types.external_userid.strength" in wrong.err
        assert "types.external_userid.scope" in wrong.err
        assert "proves" in wrong.err
    assert inside("identity", "policy", "show", "--yaml").out == RETAIL.text
    missing = inside("identity", "policy", "check", tmp_path / "none.yaml")
    assert (missing.status, "There is no such file." in missing.err) == (1, True)
    monkeypatch.setenv("QUANYU_LANGUAGE", "zh")
    assert "识别策略有误" in inside("identity", "policy", "check", file).err


def test_a_policy_is_shown_as_a_table(inside):
    shown = inside("identity", "policy", "show")
    assert shown.status == 0
    for word in ("Retail, with the phone as the main key", "unionid", "any other", "name, birthday, gender"):
        assert word in shown.out
