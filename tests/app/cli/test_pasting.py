"""Lists from the command line: pasted from a file or a pipe, listed, and exported as audiences are."""

import io
import sys
from types import SimpleNamespace


def test_a_list_from_file_to_export(inside, mapping, tmp_path, monkeypatch) -> None:
    for command in (("import", mapping), ("run",)):
        assert inside(*command).status == 0
    values = tmp_path / "values.txt"
    values.write_text("13800138001\n+86 139 0013 9002\n13900139002\n138****8001\nMEMBER-17850\n13911112222\n")
    done = inside("audience", "paste", values, "--as", "callers", "--json").document
    assert done["counts"] == {
        "read": 6, "matched": 2, "same_customer": 1, "repeated": 1, "invalid": 1, "unknown": 1,
    }  # fmt: skip
    assert (done["size"], done["unknown_lines"]) == (2, [6])
    assert done["invalid_lines"] == [{"line": 4, "reason": "masked", "words": {"en": "masked", "zh": "被打码"}}]
    assert "13800138001" not in str(done)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"13800138001,138****8001")))
    piped = inside("audience", "paste", "-", "--as", "one", "--of", "phone")
    assert "masked" in piped.out
    assert "List one, version 1" in piped.out
    listed = inside("audience", "lists", "--json").document["lists"]
    assert [(each["list"], each["size"]) for each in listed] == [("callers", 2), ("one", 1)]
    assert "callers" in inside("audience", "lists").out
    out = tmp_path / "callers.csv"
    assert inside("audience", "export", "callers", "--out", out, "--json").document["rows"] == 2
    missing = inside("audience", "paste", tmp_path / "absent.txt", "--as", "x", "--json")
    assert (missing.status, missing.document["error"]["code"]) == (1, "invalid")
