"""The commands that bring files in, recognise, derive and export, one after the other on one home."""

import csv
import stat

import pytest

SECRETS = ("MEMBER-17850", "MEMBER-13047", "MEMBER-12583", "13800138001", "13900139002", "13700137003")


@pytest.mark.scale
def test_the_whole_way_from_files_to_an_export(quanyu, inside, mapping, tmp_path):
    assert imports_twice(quanyu, mapping)
    shows_rejects(inside)
    derives(inside)
    chooses_and_exports(inside, mapping, tmp_path)
    stands_as_told(inside)


def imports_twice(quanyu, mapping) -> bool:
    first = quanyu("import", mapping, "--json")
    assert first.status == 0, first.err
    assert "reading" in first.err
    kinds = {kind["kind"]: kind for kind in first.document["imports"][0]["kinds"]}
    assert kinds["order_line"] == {
        "kind": "order_line",
        "per_line": True,
        "read": 6,
        "landed": 5,
        "rejected": 1,
        "known": 0,
    }
    assert first.document["imports"][0]["import"] == "1"
    again = quanyu("import", mapping)
    assert again.status == 0
    assert "quanyu rejects --import 2" in again.out
    return not [secret for secret in SECRETS if secret in again.out + again.err + first.out + first.err]


def shows_rejects(quanyu) -> None:
    found = quanyu("rejects", "--import", "1", "--json").document["rejects"]
    assert [(reject["line"], reject["column"]) for reject in found] == [(7, "Quantity")]
    assert set(found[0]["reason"]) == {"en", "zh"}
    assert "text" not in found[0]
    assert "13700137003" in quanyu("rejects", "--text", "--json").out


def derives(quanyu) -> None:
    assert quanyu("identify", "--json").document == {"records": 2, "created": 2, "merged": 0, "customers": 2}
    computed = quanyu("tag", "compute", "--as-of", "2011-12-10", "--json").document
    assert (computed["day"], computed["customers"], computed["skipped"]) == ("2011-12-10", 2, False)
    tags = {tag["tag"]: tag for tag in quanyu("tag", "list", "--json").document["tags"]}
    assert (tags["monetary"]["lowest"], tags["monetary"]["highest"]) == ("22.08", "120.00")
    tiers = quanyu("tag", "rfm", "--json").document["tiers"]
    assert sum(tier["customers"] for tier in tiers) == 2
    assert sum(float(tier["revenue"]) for tier in tiers) == 142.08
    assert "United Kingdom" in quanyu("tag", "list").out


def chooses_and_exports(quanyu, mapping, tmp_path) -> None:
    definition = mapping.with_name("buyers.yaml")
    counted = quanyu("audience", "count", definition, "--json").document
    assert (counted["size"], counted["base"]) == (2, 2)
    applied = quanyu("audience", "apply", definition, "--json").document["audiences"]
    assert applied == [{"audience": "buyers", "version": 1, "changed": True}]
    assert quanyu("audience", "count", "buyers", "--json").document["size"] == 2
    refreshed = quanyu("audience", "refresh", "--json").document["audiences"]
    assert [(one["audience"], one["size"], one["entered"]) for one in refreshed] == [("buyers", 2, 2)]
    assert quanyu("audience", "list", "--json").document["audiences"][0]["snapshot"]["size"] == 2
    out = tmp_path / "buyers.csv"
    plain = quanyu("audience", "export", "buyers", "--out", out, "--json")
    assert (plain.document["rows"], plain.document["identifiers_file"]) == (2, None)
    assert "13800138001" not in out.read_text()
    unexplained = quanyu("audience", "export", "buyers", "--out", out, "--identifiers", "--json")
    assert "--reason" in unexplained.document["error"]["remedy"]
    clear = quanyu("audience", "export", "buyers", "--out", out, "--identifiers", "--reason", "letters", "--json")
    beside = tmp_path / "buyers.identifiers.csv"
    assert clear.document["identifiers_file"] == str(beside)
    assert "personal data" in clear.err
    assert {row["value"] for row in csv.DictReader(beside.open())} == {"+8613800138001", "+8613900139002"}
    assert stat.S_IMODE(beside.stat().st_mode) == 0o600


def stands_as_told(quanyu) -> None:
    done = quanyu("run", "--json").document
    assert done["done"]
    assert quanyu("run").out.strip() == "All is fresh."
    status = quanyu("status", "--json").document
    assert (status["customers"], status["facts_waiting"], status["sources"][0]["imports"]) == (2, 0, 2)
    for kind in status["sources"][0]["kinds"]:
        assert kind["read"] == kind["landed"] + kind["rejected"] + kind["known"]
    assert "shop" in quanyu("status").out
