"""The survey by its command: in words, as JSON, as a page, kept, with goals of one's own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from quanyu.customers.ingest.model import Count

COMMAND = [sys.executable, "-c", "import sys; from quanyu.app.cli import main; sys.exit(main())"]
RULES = """rules:
  - {name: candles, kind: product, input: name, reason: {en: one word, zh: 统一用词},
     do: {normalise: {words: {Candle: Candles}}}}
"""
GOALS = "goals: [{kind: product, field: name, measure: fill, at_least: 100%, owner: Merchandise}]"


def test_words_json_page_and_what_has_changed(
    deliver: Callable[..., Count], environment: dict[str, str], tmp_path: Path
):
    deliver("product", "product name observed_at", [("A1", "Lantern", "2026-03-01"), ("A2", "", "2026-03-01")])
    (tmp_path / "goals.yaml").write_text(GOALS, encoding="utf-8")
    page = tmp_path / "quality.html"
    asked = ["quality", "--goals", tmp_path / "goals.yaml", "--html", page, "--keep"]
    first = subprocess.run([*COMMAND, *asked, "--json"], env=environment, capture_output=True, text=True)
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert told["goals"][0]["lacking"] == 1
    assert told["number"] == "1"
    assert [(k["kind"], k["source"], k["rows"]) for k in told["kinds"]] == [("product", "erp", 2)]
    assert "<svg" in page.read_text("utf-8")
    deliver("product", "product name observed_at", [("A2", "Candle", "2026-03-02")])
    words = subprocess.run(
        [*COMMAND, *asked], env=environment | {"QUANYU_LANGUAGE": "zh"}, capture_output=True, text=True
    )
    assert words.returncode == 0, words.stderr
    assert "填充率 50% → 100%" in words.stdout
    assert "目标" in words.stdout
    partly = subprocess.run([*COMMAND, *asked, "--kind", "product"], env=environment, capture_output=True, text=True)
    assert (partly.returncode, "--keep" in partly.stderr) == (1, True)
    wrong = subprocess.run([*COMMAND, "quality", "--kind", "products"], env=environment, capture_output=True, text=True)
    assert wrong.returncode == 1
    assert "product" in wrong.stderr
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    tried = [*COMMAND, "quality", "clean", tmp_path / "rules.yaml", "--dry"]
    cleaned = subprocess.run(tried, env=environment, capture_output=True, text=True)
    assert cleaned.returncode == 0, cleaned.stderr
    assert "Candle → Candles (1)" in cleaned.stdout
