"""The same arguments give the same bytes; more customers keep those there are; what was interrupted is begun anew."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from quanyu.simulator.arguments import Arguments, Dirt, Refused
from quanyu.simulator.company import ABOUT, describe, described, simulate, staged


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_arguments_give_the_same_bytes_whatever_the_number_of_processes(company, tmp_path):
    simulate(Arguments(2_000, years=1, seed=3), tmp_path / "out", tmp_path / "truth", processes=2)
    assert hashes(tmp_path / "out") == hashes(company / "out")
    assert hashes(tmp_path / "truth") == hashes(company / "truth")


def test_another_seed_is_another_company(company, tmp_path):
    simulate(Arguments(300, years=1, seed=4), tmp_path / "out", tmp_path / "truth", processes=1)
    phones = [_column(folder / "out" / "pos_north" / "members.csv", "Mobile") for folder in (company, tmp_path)]
    assert len(phones[0] & phones[1] - {None}) < 12, "only what people make up is in both"


def test_more_customers_keep_those_there_are(company, tmp_path):
    simulate(Arguments(2_600, years=1, seed=3), tmp_path / "out", tmp_path / "truth", processes=1)
    for name in ("people", "records", "buyers", "orders", "messages", "devices"):
        small, large = (f"'{folder}/truth/{name}/*.parquet'" for folder in (company, tmp_path))
        lost = duckdb.sql(f"select * from {small} except select * from {large} where person < 2000").fetchall()
        more = duckdb.sql(f"select count(*) from {large} where person >= 2000").fetchall()[0]
        assert not lost, name
        assert more[0] > 0, name
    before, after = (_column(f / "out" / "pos_north" / "members.csv", "MemberNo") for f in (company, tmp_path))
    assert before < after


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("kept")
    with pytest.raises(Refused, match="holds something"):
        simulate(Arguments(10), tmp_path / "out", tmp_path / "truth")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "mine.txt"]


def test_a_killed_run_leaves_no_half_company_and_the_next_one_ends_well(tmp_path):
    run = [
        Path(sys.executable).with_name("quanyu"),
        "simulate",
        "--customers",
        "16000",
        "--years",
        "1",
        "--out",
        tmp_path / "out",
    ]
    started = subprocess.Popen(run, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    partial = tmp_path / "out.partial"
    while not list(partial.rglob("*.parquet")) and started.poll() is None:
        time.sleep(0.05)
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    assert not (tmp_path / "out").exists()
    simulate(Arguments(200, years=1), tmp_path / "out", tmp_path / "out-truth", processes=1)
    assert (tmp_path / "out" / ABOUT).exists()
    assert not list(tmp_path.glob("*.partial"))


def test_a_company_says_what_it_was_asked_for(company, tmp_path):
    assert described(company / "out" / ABOUT) == Arguments(2_000, years=1, seed=3)
    arguments = Arguments(150, years=1, seed=9, dirt=Dirt(typo=0.5))
    describe(arguments, tmp_path / ABOUT)
    assert described(tmp_path / ABOUT) == arguments
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(Refused, match=r"other\.json"):
        described(tmp_path / "other.json")


def test_of_two_runs_at_once_one_is_refused_and_the_other_ends_well(tmp_path):
    with staged(tmp_path / "out") as folder:
        (folder / "begun.csv").write_text("kept")
        with pytest.raises(Refused, match="another run"), staged(tmp_path / "out"):
            pass
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["begun.csv"]
    with pytest.raises(Refused, match="holds something"), staged(tmp_path / "out"):
        pass
    assert not list(tmp_path.glob("*.partial"))


def _column(file: Path, name: str) -> set[str | None]:
    return {row[0] for row in duckdb.sql(f"""select "{name}" from read_csv('{file}', all_varchar = true)""").fetchall()}
