"""How tags are and what to fill, by their commands: in words, as JSON, as a page."""

from pathlib import Path

FEW_TAGS = Path(__file__).parents[2] / "targeting" / "few_tags.yaml"
GOALS = "goals: [{kind: customer_record, field: country, measure: fill, at_least: 90%, owner: Shops}]"
RECORDS = [("a", "France", "2011-06-01"), ("b", "", "2011-06-01")]


def test_words_json_and_a_page(deliver, inside, tmp_path: Path) -> None:
    deliver("customer_record", "key country observed_at", RECORDS)
    (tmp_path / "goals.yaml").write_text(GOALS, encoding="utf-8")
    page = tmp_path / "health.html"
    for command in (("tag", "apply", FEW_TAGS), ("identify",), ("tag", "compute", "--as-of", "2011-12-10")):
        ran = inside(*command)
        assert ran.status == 0, ran.err
    told = inside("tag", "health", "country", "frequency", "--html", page, "--json").document
    frequency, country = told["tags"]
    assert (country["known"], country["covered"], country["computable"]) == (1, 0.5, True)
    assert frequency["lacks"][0]["en"] == "no Order or Order line has come in (order, order_line)"
    assert "<svg" in page.read_text("utf-8")
    assert "cannot be computed" in inside("tag", "health").out
    assert "rfm_tier" in inside("tag", "health", "monetary_score").out
    listed = inside("tag", "list", "--json").document
    assert [each["tag"] for each in listed["tags"]] == ["country"]
    assert "what they lack" in inside("tag", "list").out
    country_task = inside("tag", "tasks", "--goals", tmp_path / "goals.yaml", "--json").document["tasks"][-1]
    assert (country_task["customers"], country_task["owner"], country_task["goal"]) == (1, "Shops", "≥ 90%")
    assert "Country missing in erp" in inside("tag", "tasks").out
    wrong = inside("tag", "health", "--against", "monday")
    assert (wrong.status, "2011-12-10" in wrong.err) == (1, True)
