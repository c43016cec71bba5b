"""What people wrote down about the company's world, as tab-separated tables, and how they are read."""

from csv import QUOTE_NONE, DictReader
from pathlib import Path

_HERE = Path(__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of the table of this name as texts; a list inside a cell is parted by `|`."""
    with (_HERE / f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
        return list(DictReader(lines, delimiter="\t", quoting=QUOTE_NONE))


def columns(name: str) -> dict[str, list[str]]:
    """Return the table of this name by columns."""
    read = rows(name)
    return {key: [row[key] for row in read] for key in read[0]}
