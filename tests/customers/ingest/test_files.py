"""What a mapping says under `files` becomes a list: files, folders, patterns, and what archives hold."""

import gzip
import zipfile
from pathlib import Path

import pytest

from quanyu.customers.ingest.files import find_files, readers_of
from quanyu.plugins.sources import delimited, parquet

READERS = (delimited.SOURCE, parquet.SOURCE)
NAMES = (
    "a.csv",
    "b.CSV",
    "c.parquet",
    "deep/er/d.tsv",
    "deep/e.csv.gz",
    "f.zip",
    "g.pdf",
    ".h.csv",
    ".git/i.csv",
    "订 单%25[1].csv",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "in"
    for name in NAMES:
        (inside / name).parent.mkdir(parents=True, exist_ok=True)
        (inside / name).write_bytes(b"a\n1\n")
    return inside


def found(folder: Path, pattern: str) -> list[str]:
    return [str(file.relative_to(folder)) for file in find_files(folder, pattern, READERS)]


def test_a_folder_is_all_that_a_source_knows(folder: Path):
    known = sorted(set(NAMES) - {"g.pdf", ".h.csv", ".git/i.csv"}, key=Path)
    assert found(folder, ".") == known
    assert found(folder.parent, "in/") == [f"in/{name}" for name in known]
    assert found(folder, str(folder)) == known


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a.csv", ["a.csv"]),
        ("*.csv", ["a.csv", "订 单%25[1].csv"]),
        ("**/*.tsv", ["deep/er/d.tsv"]),
        ("deep/**", ["deep/e.csv.gz", "deep/er/d.tsv"]),
        ("deep", ["deep/e.csv.gz", "deep/er/d.tsv"]),
        ("订 单%25[1].csv", ["订 单%25[1].csv"]),
        (".h.csv", [".h.csv"]),
        (".*.csv", [".h.csv"]),
        ("?.pdf", ["g.pdf"]),
        ("none*", []),
        ("**/i.csv", []),
    ],
)
def test_patterns_are_followed(folder: Path, pattern: str, names: list[str]):
    assert found(folder, pattern) == names


def test_the_format_is_told_by_what_archives_hold(tmp_path: Path):
    one, two, three = tmp_path / "a.zip", tmp_path / "b.csv.gz", tmp_path / "c.pq"
    with zipfile.ZipFile(one, "w") as archive:
        archive.writestr("x/a.CSV", "a\n")
        archive.writestr("__MACOSX/b.parquet", "a\n")
    two.write_bytes(gzip.compress(b"a\n"))
    three.touch()
    assert list(readers_of([one], READERS)) == ["delimited"]
    assert list(readers_of([two], READERS)) == ["delimited"]
    assert sorted(readers_of([one, three], READERS)) == ["delimited", "parquet"]
    assert readers_of([tmp_path / "d.pdf"], READERS) == {}
