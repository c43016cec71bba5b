"""Refused lines are listed, exported, mended and brought in again by commands that do not show what they hold."""

import csv

from quanyu.customers.ingest.sheets import write_workbook


def test_from_a_refused_line_to_a_landed_one(inside, mapping, tmp_path):
    assert inside("import", mapping, "--json").status == 0
    (told,) = inside("rejects", "--json").document["rejects"]
    assert (told["reject"], told["line"], told["column"], told["replayed_by"]) == ("1-1", 7, "Quantity", None)
    assert "13700137003" not in inside("rejects").out
    assert "13700137003" in inside("rejects", "--text", "--json").out
    file = tmp_path / "mend.csv"
    exported = inside("rejects", "--import", "1", "--export", file, "--json")
    assert exported.document == {"file": str(file), "rejects": 1}
    assert "personal data" in exported.err
    (row,) = csv.DictReader(file.open(encoding="utf-8-sig"))
    mended = tmp_path / "mend.xlsx"
    write_workbook(mended, {"rejects": (list(row), [list({**row, "Quantity": "2"}.values())])})
    done = inside("rejects", "replay", mended, "--json").document
    assert [(kind["read"], kind["landed"]) for kind in done["imports"][0]["kinds"] if kind["per_line"]] == [(1, 1)]
    assert "no line was imported" in inside("rejects", "replay", mended).out
    assert inside("rejects", "--json").document["rejects"] == []
    assert [r["replayed_by"] for r in inside("rejects", "--all", "--json").document["rejects"]] == ["2"]
    assert inside("rejects", "replay", "--json").document["error"]["code"] == "invalid"
    assert inside("rejects", "replay", "--import", "9", "--json").document["error"]["code"] == "not_found"
    assert inside("rejects", "expire", "--json").document == {"deleted": 0}
    takes_both_back(inside)


def takes_both_back(quanyu) -> None:
    """The import leaves, and with it what came in later of its lines."""
    listed = quanyu("imports", "--json").document["imports"]
    assert [(each["import"], each["state"], each["replays"], each["lines"]) for each in listed] == [
        ("2", "landed", "1", 1),
        ("1", "landed", None, 6),
    ]
    done = quanyu("imports", "take-back", "1", "--json").document
    assert (done["imports"], done["removed"]["order_lines"], done["known_later"]) == (["1", "2"], 6, 0)
    assert quanyu("imports").out.count("taken back") == 2
    assert quanyu("imports", "take-back", "1", "--json").document["error"]["code"] == "conflict"
    assert quanyu("status", "--json").document["sources"][0]["open_rejects"] == 0
