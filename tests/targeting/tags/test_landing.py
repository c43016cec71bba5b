"""Tags that files bring land as versions of a source's record, and become values of the run."""

from pathlib import Path

import pytest

from quanyu.customers.identity.recognising import recognise
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.packs import apply
from quanyu.targeting.tags.runs import current

GIVEN = Path(__file__).with_name("given.yaml")
FEW_TAGS = Path(__file__).parents[1] / "few_tags.yaml"
COLUMNS = "key tag value observed_at"


@pytest.fixture
def people(workspace: Workspace, deliver) -> Workspace:
    apply(workspace, FEW_TAGS)
    apply(workspace, GIVEN)
    deliver("customer_record", "key country", [("A", "Austria"), ("B", "Belgium"), ("C", "Cuba")], source="clinic")
    recognise(workspace)
    return workspace


def values(ws: Workspace, name: str) -> list[object]:
    compute(ws)
    rows = ws.lake.to_arrow(current(ws).rows.select("country", name).order_by("country"))
    return rows[name].to_pylist()


def test_the_last_observed_value_speaks_however_late_files_come(people: Workspace, deliver) -> None:
    first = [("A", "skin", "dry", "2020-01-02"), ("B", "skin", "油性", "2020-01-02"), ("B", "shoe", "41", "2020-01-02")]
    count = deliver("customer_tag", COLUMNS, first, source="clinic")
    assert (count.landed, count.known) == (3, 0)
    assert values(people, "skin") == ["dry", "oily", None]
    assert values(people, "dear") == ["very", "not_yet", "not_yet"]
    assert deliver("customer_tag", COLUMNS, first, source="clinic").known == 3
    late = [("A", "skin", "oily", "2020-01-01"), ("B", "skin", "", "2020-01-03"), ("C", "shoe", "38", "2020-01-01")]
    deliver("customer_tag", COLUMNS, late, source="clinic")
    assert values(people, "skin") == ["dry", None, None], "what was observed before is overtaken, an empty value unsays"
    assert values(people, "shoe") == [None, 41, 38]


def test_what_does_not_fit_the_tag_is_no_value(people: Workspace, deliver) -> None:
    rows = [
        ("A", "skin", "combination", ""), ("B", "skin", "Dry", ""), ("A", "shoe", "41.5", ""), ("B", "shoe", "042", ""),
        ("A", "kind", "YES", ""), ("B", "kind", "否", ""), ("C", "kind", "perhaps", ""), ("C", "unheard", "x", ""),
    ]  # fmt: skip
    assert deliver("customer_tag", COLUMNS, rows, source="clinic").landed == 8
    assert values(people, "skin") == [None, "dry", None]
    assert values(people, "shoe") == [None, 42, None]
    assert values(people, "kind") == [True, False, None]


def test_an_imported_value_expires(people: Workspace, deliver) -> None:
    rows = [("A", "skin", "dry", "2020-01-02", "2020-12-31"), ("B", "skin", "dry", "2020-01-02", "2999-12-31")]
    deliver("customer_tag", f"{COLUMNS} expires_on", rows, source="clinic")
    assert values(people, "skin") == [None, "dry", None]
