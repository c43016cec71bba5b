"""Imports as the house does them: with the rules that are published."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from quanyu.app.house import House
from quanyu.customers.ingest.mapping import SourceMapping
from quanyu.foundation.home import Home
from quanyu.foundation.workspace import Workspace


@pytest.fixture
def house(home: Home) -> House:
    return House(home)


@pytest.fixture
def house_mapping(house: House, workspace: Workspace, tmp_path: Path) -> Callable[[str, Sequence[str]], SourceMapping]:
    """Return a function that makes a mapping of these lines, the header first, in a file `lines.csv`."""

    def made(mapping: str, lines: Sequence[str]) -> SourceMapping:
        (tmp_path / "lines.csv").write_text("\n".join([*lines, ""]), "utf-8")
        (tmp_path / "mapping.yaml").write_text(mapping, "utf-8")
        return house.mapping(workspace, tmp_path / "mapping.yaml")

    return made
