"""The survey by its command: in words, as JSON, as a page, kept, with goals of one's own."""

GOALS = "goals: [{kind: product, field: name, measure: fill, at_least: 100%, owner: Merchandise}]"


def test_words_json_page_and_what_has_changed(deliver, quanyu, tmp_path):
    deliver("product", "product name observed_at", [("A1", "Lantern", "2026-03-01"), ("A2", "", "2026-03-01")])
    (tmp_path / "goals.yaml").write_text(GOALS, encoding="utf-8")
    page = tmp_path / "quality.html"
    asked = ["quality", "--goals", tmp_path / "goals.yaml", "--html", page, "--keep"]
    told = quanyu(*asked, "--json").document
    assert told["goals"][0]["lacking"] == 1
    assert told["number"] == "1"
    assert [(k["kind"], k["source"], k["rows"]) for k in told["kinds"]] == [("product", "erp", 2)]
    assert "<svg" in page.read_text("utf-8")
    deliver("product", "product name observed_at", [("A2", "Candle", "2026-03-02")])
    words = quanyu(*asked, QUANYU_LANGUAGE="zh")
    assert words.status == 0, words.err
    assert "填充率 50% → 100%" in words.out
    assert "目标" in words.out
    partly = quanyu(*asked, "--kind", "product")
    assert (partly.status, "--keep" in partly.err) == (1, True)
    wrong = quanyu("quality", "--kind", "products")
    assert wrong.status == 1
    assert "product" in wrong.err
