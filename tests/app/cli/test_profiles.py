"""A customer is shown in words and as JSON, masked, and tags follow the policy that was applied."""

import pytest

from quanyu.customers.identity.policy import default_policy

LINES = "id,phone,name,born,sex,city,at\na,13800138001,王小明,1990-03-08,{sex},{city},{at}\n"
MAPPING = """source: {source}
files: {source}.csv
kinds:
  - kind: customer_record
    columns: {{key: id, name: name, birthday: born, gender: sex, city: city, observed_at: at}}
    identifiers: [{{type: phone, column: phone}}]
"""


@pytest.fixture
def people(inside, tmp_path):
    for source, sex, city, at in (("till", "m", "杭州市", "2026-01-01"), ("site", "f", "宁波市", "2026-02-01")):
        (tmp_path / f"{source}.csv").write_text(LINES.format(sex=sex, city=city, at=at), encoding="utf-8")
        (tmp_path / f"{source}.yaml").write_text(MAPPING.format(source=source))
    retail = default_policy().text.replace("unless: [name, birthday, gender]", "unless: [name]")
    (tmp_path / "policy.yaml").write_text(retail, encoding="utf-8")
    assert inside("import", tmp_path / "till.yaml", tmp_path / "site.yaml").status == 0
    assert inside("identity", "policy", "apply", tmp_path / "policy.yaml").status == 0
    return tmp_path / "policy.yaml"


def test_words_and_json(inside, people, monkeypatch):
    told = inside("identity", "profile", "till:a")
    assert told.status == 0
    assert "2 records" in told.out
    assert "said last" in told.out
    assert not any(private in told.out for private in ("小明", "03-08", "13800138001"))
    document = inside("identity", "profile", "till:a", "--json").document
    by_name = {each["attribute"]: each for each in document["values"]}
    assert (by_name["city"]["value"], by_name["city"]["reason"], by_name["city"]["others"]) == (
        "宁波市",
        "most_recent",
        1,
    )
    assert by_name["name"]["why"]["zh"] == "各记录一致"
    assert inside("identity", "profile", "till:nobody").status == 1
    monkeypatch.setenv("QUANYU_LANGUAGE", "zh")
    assert "最近给出" in inside("identity", "profile", "till:a").out


def test_tags_follow_the_policy(inside, people):
    assert inside("tag", "compute").status == 0
    before = inside("tag", "list", "--json").document
    text = people.read_text(encoding="utf-8")
    trusted = "profile:\n  trusted: [till]\n  otherwise: {by: [most_trusted]}\n"
    people.write_text(text[: text.index("profile:")] + trusted, encoding="utf-8")
    applied = inside("identity", "policy", "apply", people, "--json").document
    assert (applied["created"], applied["merged"], applied["parted"]) == (0, 0, 0), "nobody is somebody else for it"
    shown = inside("identity", "policy", "show", "--json").document
    assert shown["profile"]["gender"] == {"by": ["most_trusted"], "trusted": ["till"], "with": None}
    assert "most_trusted" in inside("identity", "policy", "show").out
    assert inside("tag", "compute").status == 0
    assert inside("tag", "list", "--json").document != before
    assert "till" in inside("identity", "profile", "site:a").out
