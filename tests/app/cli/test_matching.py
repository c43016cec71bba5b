"""The commands that match any files: they need no home, say how it goes beside their answer, and show nobody."""

import csv
import json
import os
import subprocess

import pytest
from tests.customers.matching.conftest import people, write


@pytest.fixture
def alone(commands, tmp_path):
    """Run a command where there is no home and no database."""

    def run(*arguments):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("QUANYU_")}
        command = [commands / "quanyu", "identity", *map(str, arguments)]
        environment |= {"QUANYU_LANGUAGE": "en", "QUANYU_MEMORY_MB": "1024"}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)

    return run


def test_suggest_then_match(alone, tmp_path):
    made = people(8, 150, chinese=True)
    rows = [row for pair in made for row in pair if row is not None]
    write(tmp_path / "members.csv", rows)
    looked = alone("suggest-match", "members.csv")
    assert (looked.returncode, looked.stderr) == (0, "looking at members.csv\n")
    assert "quanyu identity match members.csv --config match.yaml" in looked.stdout
    ran = alone("match", "members.csv", "--config", "match.yaml", "--out", "pairs.csv", "--json")
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.split() == ["reading", "cleaning", "learning", "comparing"]
    found = json.loads(ran.stdout)
    with (tmp_path / "pairs.csv").open() as file:
        pairs = list(csv.DictReader(file))
    assert (found["task"], found["pairs"], found["out"]) == ("dedupe", len(pairs), "pairs.csv")
    assert found["files"] == [{"file": "members.csv", "records": len(rows)}]
    assert list(pairs[0])[:4] == ["id_l", "id_r", "match_probability", "match_weight"]
    assert {name for name in pairs[0] if name.startswith("weight_")} == {
        f"weight_{each['comparison']}" for each in found["weights"]
    }
    assert oct((tmp_path / "pairs.csv").stat().st_mode & 0o777) == "0o600"
    assert not [row["姓名"] for row in rows if row["姓名"] and row["姓名"] in looked.stdout + ran.stdout + ran.stderr]
    shown = alone("match", "members.csv", "--config", "match.yaml", "--out", "pairs.parquet")
    assert "matches are expected" in shown.stdout
    assert not (tmp_path / "quanyu-home").exists()


def test_errors_say_what_to_do(alone, tmp_path):
    write(tmp_path / "a.csv", [row for row, _ in people(8, 60, chinese=True)])
    assert alone("suggest-match", "a.csv", "--out", "c.yaml").returncode == 0
    again = alone("suggest-match", "a.csv", "--out", "c.yaml")
    assert (again.returncode, "--replace" in again.stderr) == (1, True)
    write(tmp_path / "b.csv", [{"id": "1", "姓名": "王芳"}])
    other = alone("match", "a.csv", "b.csv", "--config", "c.yaml", "--out", "p.csv", "--json")
    faults = json.loads(other.stdout)["error"]["faults"]
    assert [fault["place"] for fault in faults] == [
        f"b.csv: {n}" for n in ("gender", "birth_date", "phone", "region", "address")
    ]
    lost = alone("match", "a.csv", "--config", "nowhere.yaml", "--out", "p.csv")
    assert (lost.returncode, "suggest-match" in lost.stderr) == (1, True)
    (tmp_path / "c.yaml").write_text("fields: {}\nblocking: []\n")
    wrong = alone("match", "a.csv", "--config", "c.yaml", "--out", "p.csv")
    assert wrong.stderr.count("\n") >= 4
    assert "compare" in wrong.stderr
    assert not (tmp_path / "p.csv").exists()
