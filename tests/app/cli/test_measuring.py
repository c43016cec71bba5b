"""Terms of measuring and the global control from the command line, and a report written to a file."""

import pytest


@pytest.fixture
def terms(tmp_path):
    file = tmp_path / "terms.yaml"
    file.write_text("returns: {days: 15, channels: {store: 7}}\nmargin: 0.4\n")
    return file


def test_terms_are_put_in_force_and_shown(inside, terms):
    assert "Version 1" in inside("experiment", "terms", "apply", terms).out
    assert "store: 7" in inside("experiment", "terms", "show").out


def test_without_a_global_control_it_says_how_to_have_one(inside):
    ran = inside("experiment", "global", "--quarter", "2026Q1")
    assert ran.status != 0
    assert "global_control: {share: 0.01}" in ran.err
    assert inside("experiment", "global", "--quarter", "spring").status != 0


def test_a_page_and_a_workbook(inside, tmp_path):
    file = tmp_path / "campaign.csv"
    rows = "".join(f"{'mail' if i % 2 else 'none'},{int(i % 10 < (6 if i % 2 else 2))},{i % 3}\n" for i in range(400))
    file.write_text(f"arm,visit,tier\n{rows}")
    asked = ("experiment", "analyze", file, "--arm", "arm", "--control", "none", "--outcomes", "visit", "--by", "tier")
    for out in ("a.html", "a.xlsx"):
        ran = inside(*asked, "--out", tmp_path / out)
        assert ran.status == 0, ran.err
    assert "<svg" in (tmp_path / "a.html").read_text("utf-8")
    assert (tmp_path / "a.xlsx").read_bytes()[:2] == b"PK"
    assert inside(*asked, "--out", tmp_path / "a.docx").status != 0
