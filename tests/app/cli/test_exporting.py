"""Exports from the command line: to a file, to a database, for a purpose, and the record of them."""

import pytest


@pytest.fixture
def buyers(inside, mapping):
    """A home with an audience that can be exported."""
    text = mapping.read_text().replace(
        "currency: GBP\n", "currency: GBP\nlegal_basis: {basis: consent, purposes: [news]}\n"
    )
    mapping.write_text(text)
    for command in (
        ("import", mapping),
        ("run",),
        ("audience", "apply", mapping.with_name("buyers.yaml")),
        ("audience", "refresh"),
    ):
        assert inside(*command).status == 0
    return inside


def test_exports_are_recorded(buyers, tmp_path) -> None:
    out = tmp_path / "buyers.xlsx"
    done = buyers("audience", "export", "buyers", "--out", out, "--purpose", "news", "--tag", "country", "--json")
    assert (done.document["rows"], done.document["left_out"]) == (2, {})
    plain = buyers("audience", "export", "buyers", "--out", tmp_path / "b.csv", "--purpose", "news")
    assert "2 customers written" in plain.out
    assert "left out" not in plain.out
    url = f"sqlite:///{tmp_path / 'other.db'}"
    to_table = buyers("audience", "export", "buyers", "--to", url, "--table", "people", "--json")
    assert (to_table.document["rows"], to_table.document["file"]) == (2, None)
    found = buyers("audience", "exports", "--json").document["exports"]
    assert [(e["target"], e["state"], e["rows"], e["purpose"]) for e in found] == [
        ("database", "finished", 2, None),
        ("csv", "finished", 2, "news"),
        ("xlsx", "finished", 2, "news"),
    ]
    assert all(e["who"].startswith("operator:") for e in found)
    assert found[2]["columns"] == ["country"]
    assert "news" in buyers("audience", "exports", "buyers", "--limit", "2").out


def test_where_to_must_be_said(buyers, tmp_path) -> None:
    for more in ((), ("--out", tmp_path / "a.csv", "--table", "t"), ("--to", "sqlite://")):
        refused = buyers("audience", "export", "buyers", *more, "--json")
        assert (refused.status, refused.document["error"]["code"]) == (1, "invalid"), more
    nobody = buyers("audience", "export", "buyers", "--out", tmp_path / "a.csv", "--purpose", "nonsense", "--json")
    assert nobody.document["error"]["allowed"] == ["news"]
    assert buyers("audience", "exports", "--json").document == {"exports": []}
