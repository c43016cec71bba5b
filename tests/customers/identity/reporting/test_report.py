"""The ID report counts records and customers per source, and says what would link more of them."""

from collections.abc import Callable
from functools import partial

import pyarrow as pa
import pytest
import sqlalchemy as sa
from tests.conftest import delivered
from tests.customers.conftest import furnishing

from quanyu.commerce.orders.tables import ORDERS
from quanyu.customers.identity.deciding import NOBODYS, Decision
from quanyu.customers.identity.proposals import propose
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.reporting.report import report
from quanyu.customers.identity.reviewing import answer
from quanyu.foundation.errors import NotFound
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

Deliver = Callable[..., object]
LONG = "key type scope value"


@pytest.fixture(scope="module")
def of_two(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with furnishing(module_settings, tmp_path_factory.mktemp("known")) as (workspace, _):
        bring_two(partial(delivered, workspace, tmp_path_factory.mktemp("delivered")))
        recognise(workspace)
    return module_settings


@pytest.fixture
def furnished(request: pytest.FixtureRequest) -> Settings | None:
    return request.getfixturevalue("of_two") if "known" in request.fixturenames else None


@pytest.fixture
def known(workspace: Workspace) -> Workspace:
    """Till and web share two customers by phone; two of the web have no phone, of one nothing at all is said."""
    return workspace


def bring_two(deliver: Deliver) -> None:
    deliver("customer_record", "key gender registered_at", [("t1", "f", "2026-01-31 20:00"), ("t2", "", "2026-02-10")])
    deliver("identifier", LONG, [("t1", "phone", "", "13800138001"), ("t2", "phone", "", "13800138002")])
    deliver("customer_record", "key city", [("w1", "杭州"), ("w2", ""), ("w3", "上海"), ("w4", "")], source="web")
    shared = [("w1", "phone", "", "13800138001"), ("w2", "phone", "", "13800138002")]
    deliver("identifier", LONG, [*shared, *((f"w{n}", "user_id", "web", f"u{n}") for n in range(1, 5))], source="web")


def test_records_and_customers_are_counted_per_source(known: Workspace) -> None:
    found = report(known, ())
    assert (found.whole.records, found.whole.customers, found.whole.linked) == (6, 4, 2)
    assert (found.whole.identified, found.whole.taggable) == (2, 3)
    web = next(line for line in found.sources if line.source == "web")
    assert (web.records, web.linked_records, web.customers, web.linked, web.identified) == (4, 2, 4, 2, 2)
    assert dict(web.shares) == {"phone": 0.5, "user_id": 1.0}
    assert web.score == round(100 * (2 + 2 + 3) / 12)
    assert sum(line.records for line in found.sources) == found.whole.records


def test_what_a_record_did_makes_its_customer_taggable(known: Workspace, deliver: Deliver) -> None:
    columns = "order_number customer product quantity unit_price placed_at"
    deliver("order_line", columns, [("1", "w4", "A", "1", "5", "2026-03-01")], source="web")
    assert report(known, (ORDERS,)).whole.taggable == 4


def test_months_are_those_of_the_workspace(known: Workspace) -> None:
    assert [(f"{month:%Y-%m}", count) for month, count in report(known, ()).months] == [("2026-01", 1), ("2026-02", 1)]


def test_missing_phones_are_named_with_what_they_would_link(known: Workspace) -> None:
    (gain,) = report(known, ()).gains
    assert (gain.source, gain.type, gain.missing, gain.linked) == ("web", "phone", 2, 2)


def test_without_identifiers_nobody_is_linked(deliver: Deliver, workspace: Workspace) -> None:
    deliver("customer_record", "key gender", [("t1", "f"), ("t2", "")])
    recognise(workspace)
    found = report(workspace, ())
    assert (found.whole.customers, found.whole.linked, found.whole.identified, found.whole.taggable) == (2, 0, 0, 1)
    assert (dict(found.whole.shares), found.gains) == ({}, ())


def test_a_home_from_before_says_what_to_do(known: Workspace) -> None:
    with known.begin() as connection:
        connection.execute(sa.text("update population set enrolled = false"))
    with pytest.raises(NotFound) as caught:
        report(known, ())
    assert "quanyu identify" in str(caught.value.remedy)
    recognise(known)
    assert report(known, ()).whole.records == 6


def test_before_anybody_is_recognised_it_says_what_to_do(workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="Nobody has been recognised"):
        report(workspace, ())


def test_likely_pairs_are_counted_and_join_nobody(deliver: Deliver, workspace: Workspace) -> None:
    deliver("customer_record", "key", [(f"t{n}",) for n in range(5)])
    recognise(workspace)
    pairs = pa.table({"one": [0, 1, 3], "other": [1, 2, 4], "type": ["match", "match", "possible_match"]})
    propose(workspace, pairs)
    recognise(workspace)
    found = report(workspace, ())
    assert (found.whole.customers, found.likely.pairs, found.likely.fewer) == (5, 2, 2)
    with workspace.begin() as connection:
        first = sa.text("select number from identity_question where type = 'match' order by number limit 1")
        number = connection.execute(first).scalar_one()
    answer(workspace, NOBODYS, Decision("tester", "two persons"), [number])
    recognise(workspace)
    assert report(workspace, ()).likely.pairs == 1
