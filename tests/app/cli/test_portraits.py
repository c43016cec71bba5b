"""Portraits and overlaps by their commands: in words, as JSON, with errors that say what to do."""

import pytest

from quanyu.app.cli.portraits import who_of
from quanyu.foundation.errors import Invalid
from quanyu.targeting.audiences.pictures import can_draw

RULE = 'rule: {tag: frequency, is: ">=", value: 1}\n'


@pytest.fixture
def company(deliver, quanyu, tmp_path):
    """Sixty customers in two countries, every second one a buyer."""
    people = [(f"M{n:03}", "France" if n % 3 else "Japan", "2011-01-01") for n in range(60)]
    deliver("customer_record", "key country observed_at", people)
    lines = [(f"O{n:03}", f"M{n:03}", "A1", 1 + n % 5, "2.50", "2011-06-01") for n in range(0, 60, 2)]
    deliver("order_line", "order_number customer product quantity unit_price placed_at", lines)
    audience = "name: {0}\ntitle: {{en: {0}, zh: 人群}}\ndescription: {{en: D, zh: 述}}\nrule: {1}\n"
    rules = {
        "buyers": '{tag: frequency, is: ">=", value: 1}',
        "french": '{tag: country, is: "=", value: France}',
    }
    for name, rule in rules.items():
        (tmp_path / f"{name}.yaml").write_text(audience.format(name, rule), "utf-8")
    for step in (["identify"], ["tag", "compute", "--as-of", "2011-06-30"]):
        assert quanyu(*step).status == 0
    applied = quanyu("audience", "apply", *(tmp_path / f"{name}.yaml" for name in rules))
    assert applied.status == 0, applied.err
    assert quanyu("audience", "refresh").status == 0
    (tmp_path / "rule.yaml").write_text(RULE, "utf-8")
    return quanyu


@pytest.mark.scale
def test_words_and_json(company, tmp_path):
    words = company("audience", "portrait", "buyers", QUANYU_LANGUAGE="zh")
    assert words.status == 0, words.err
    assert "30 人" in words.out
    assert "圈选条件" in words.out
    by_name = company("audience", "portrait", "buyers", "--json").document
    by_rule = company("audience", "portrait", tmp_path / "rule.yaml", "--json").document
    assert by_name["tags"] == by_rule["tags"]
    assert by_name["audience"]["size"] == 30
    held = company("audience", "compare", "buyers", "french", "--tag", "country", "--json").document
    assert (held["both"], [tag["tag"] for tag in held["tags"]]) == (20, ["country"])
    overlaps = company("audience", "overlap", "--json").document
    assert [(c["audiences"], c["size"]) for c in overlaps["cells"]] == [
        (["french"], 20),
        (["buyers", "french"], 20),
        (["buyers"], 10),
    ]
    shown = company("audience", "overlap", "buyers", "french")
    assert "50 of 60 customers" in shown.out
    for command in (["portrait", "buyers"], ["compare", "buyers", "french"], ["overlap"]):
        page = tmp_path / f"{command[0]}.html"
        written = company("audience", *command, "--out", page)
        assert (written.status, "<svg" in page.read_text("utf-8")) == (0, True), written.err
        picture = tmp_path / f"{command[0]}.png"
        written = company("audience", *command, "--out", picture)
        if can_draw("A"):
            assert (written.status, picture.read_bytes()[:4]) == (0, b"\x89PNG"), written.err
        else:
            assert (written.status, "fonts-noto-cjk" in written.err) == (1, True)
    lost = company("audience", "overlap", "--out", tmp_path / "nowhere" / "x.html")
    assert (lost.status, ".html" in lost.err) == (1, True)
    wrong = company("audience", "portrait", "buyer")
    assert (wrong.status, "buyers" in wrong.err) == (1, True)


def test_a_file_that_is_no_rule_is_refused(tmp_path):
    (tmp_path / "list.yaml").write_text("[1, 2]", "utf-8")
    for file in (tmp_path / "list.yaml", tmp_path / "nothing.yaml"):
        with pytest.raises(Invalid):
            who_of(str(file))
    assert who_of("buyers") == "buyers"
