"""Every mapping beside a system's files asks for files and columns that they have."""

from pathlib import Path

import pytest

from quanyu.foundation.documents import read

SOURCES = Path(__file__).parents[3] / "src" / "quanyu" / "simulator" / "sources"
MAPPINGS = sorted(f"{path.parent.name}/{path.name}" for path in SOURCES.glob("*/*.yaml"))
GB18030 = ("pos_south", "jd")


def _columns(given: object) -> list[str]:
    """Return the columns of an input: one, the first that is filled of several, or what makes it together."""
    if isinstance(given, dict):
        return [column for columns in given.values() for column in columns]
    return given if isinstance(given, list) else [given]


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_mapping_asks_for_columns_that_its_files_have(mapping, company, header):
    told = read((company / "out" / mapping).read_text(encoding="utf-8")).value
    system = mapping.partition("/")[0]
    assert told["source"] == system
    assert sorted((company / "out" / system).glob(told["files"]))
    if not told["files"].endswith(".csv"):
        return
    columns = header(f"{system}/{told['files']}", "gb18030" if system in GB18030 else "utf-8-sig")
    for kind in told["kinds"]:
        asked = {column for each in kind["columns"].values() for column in _columns(each)}
        assert asked | {each["column"] for each in kind.get("identifiers", ())} <= set(columns)


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_identifiers_have_the_scope_in_which_they_are_unique(mapping, company):
    told = read((company / "out" / mapping).read_text(encoding="utf-8")).value
    scopes = {each["type"]: each["scope"] for kind in told["kinds"] for each in kind.get("identifiers", ())}
    assert all(scopes.values())
    assert scopes.get("phone", "global") == scopes.get("email", "global") == "global"
    assert scopes.get("omid", "heyuan") == "heyuan"
    assert scopes.get("ouid", told["source"]) == told["source"]
