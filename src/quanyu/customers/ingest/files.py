"""Turns what a mapping says under `files` into a list: a file, a folder, a pattern; and tells their format."""

from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

from quanyu.customers.ingest.archives import ENDINGS, names_inside
from quanyu.customers.ingest.spec import Source


def find_files(folder: Path, pattern: str, readers: Sequence[Source]) -> list[Path]:
    """Return the files that `pattern` names, sorted: one file, all of a folder that some source knows, or a glob."""
    whole = folder / Path(pattern).expanduser()
    if whole.is_file():
        return [whole]
    if whole.is_dir():
        return _sorted(f for f in whole.rglob("*") if _is_shown(f, whole) and _is_known(f, readers))
    fixed = Path(*takewhile(lambda part: not set(part) & set("*?["), whole.parts))
    tail = whole.relative_to(fixed)
    if not tail.parts:
        return []
    glob = str(tail / "*" if tail.name == "**" else tail)
    wants_hidden = any(part.startswith(".") for part in tail.parts)
    return _sorted(f for f in fixed.glob(glob) if wants_hidden or _is_shown(f, fixed))


def readers_of(files: Iterable[Path], readers: Sequence[Source]) -> dict[str, Source]:
    """Return the sources that know the files by their endings, looking into archives, by name."""
    names = [_unpacked(name) for file in files for name in names_inside(file)]
    return {reader.name: reader for reader in readers if any(name.endswith(reader.suffixes) for name in names)}


def _sorted(files: Iterable[Path]) -> list[Path]:
    return sorted(file for file in files if file.is_file())


def _is_shown(file: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in file.relative_to(folder).parts)


def _is_known(file: Path, readers: Sequence[Source]) -> bool:
    name = file.name.lower()
    return name.endswith(ENDINGS[1]) or any(_unpacked(name).endswith(reader.suffixes) for reader in readers)


def _unpacked(name: str) -> str:
    return name.lower().removesuffix(ENDINGS[0])
