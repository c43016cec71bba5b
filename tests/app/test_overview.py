"""The first page tells of all rooms, is kept until something changes, and says what needs attention."""

from functools import partial

import pytest
from tests.conftest import delivered

from quanyu.app import overview as pages
from quanyu.app.overview import concerns, overview, renew_overview, shown_overview
from quanyu.customers.identity.recognising import recognise
from quanyu.foundation import home as homes
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.tags.computing import compute

RULE = "name: {name}\ntitle: {{en: {name}, zh: 买家}}\ndescription: {{en: x, zh: 无}}\nrule: {rule}\n"


@pytest.fixture(scope="module")
def three(module_settings, tmp_path_factory):
    home = homes.create(module_settings, "main", "Europe/London", "GBP")
    workspace = home.workspace()
    deliver = partial(delivered, workspace, tmp_path_factory.mktemp("three"))
    deliver(
        "order_line",
        "order_number customer product quantity unit_price placed_at",
        [
            ("1", "A", "x", "1", "10", "2026-05-01"),
            ("2", "A", "x", "1", "10", "2026-06-01"),
            ("3", "B", "x", "1", "10", "2026-06-02"),
            ("4", "B", "x", "many", "10", "2026-06-02"),
        ],
    )
    deliver("customer_record", "key name", [("A", "王芳"), ("B", "李强"), ("C", "赵")])
    recognise(workspace)
    compute(workspace)
    home.close()
    return module_settings


@pytest.fixture
def furnished(request):
    return request.getfixturevalue("three") if "bought" in request.fixturenames else None


@pytest.fixture
def bought(workspace):
    """Three customers, of whom one bought twice and one once; and a line that was refused."""
    return workspace


def test_it_tells_how_customers_are(bought):
    told = overview(bought)
    assert (told["records"], told["customers"]) == (3, 3)
    assert (told["counts"]["bought"], told["counts"]["again"]) == (2, 1)
    assert sum(pair["customers"] for pair in told["pairs"]["rfm"]) == 3


def test_before_the_first_run_it_tells_what_there_is(workspace, deliver):
    deliver("customer_record", "key name", [("A", "王芳")])
    recognise(workspace)
    told = overview(workspace)
    assert (told["as_of"], told["counts"], told["records"]) == (None, {}, 1)


def test_of_nothing_it_tells_nothing(workspace):
    told = overview(workspace)
    assert (told["records"], told["customers"], told["pairs"]) == (0, 0, {})
    assert concerns(workspace) == []


def test_it_is_made_anew_only_of_something_new(bought, deliver, monkeypatch):
    first, made = overview(bought), []
    monkeypatch.setattr(pages, "_made", lambda *given: made.append(given) or first)
    overview(bought)
    renew_overview(bought)
    assert not made
    deliver("customer_record", "key name", [("D", "钱")])
    renew_overview(bought)
    assert len(made) == 1


def test_whoever_looks_meanwhile_sees_what_was_made_last(bought, deliver, monkeypatch):
    first, are_of_now = shown_overview(bought)
    assert are_of_now
    deliver("customer_record", "key name", [("D", "钱")])
    monkeypatch.setattr(pages, "_made", lambda *given: pytest.fail("made while somebody waits"))
    assert shown_overview(bought) == (first, False)
    monkeypatch.undo()
    recognise(bought)
    renew_overview(bought)
    later, are_of_now = shown_overview(bought)
    assert are_of_now
    assert later["records"] == first["records"] + 1


def test_the_first_to_look_at_many_waits_for_nothing_and_the_worker_makes_the_rest(bought, monkeypatch):
    monkeypatch.setattr(pages, "AT_ONCE", 2)
    told, are_of_now = shown_overview(bought)
    assert not are_of_now
    assert (told["ready"], told["records"], told["customers"], told["counts"]) == (False, 3, 3, {})
    assert shown_overview(bought) == (told, False)
    renew_overview(bought)
    made, are_of_now = shown_overview(bought)
    assert are_of_now
    assert (made["ready"], made["counts"]["bought"]) == (True, 2)


def test_nobody_has_looked_so_nothing_is_made(bought, monkeypatch):
    monkeypatch.setattr(pages, "_made", lambda *given: pytest.fail("made for nobody"))
    renew_overview(bought)


def test_what_was_refused_and_what_jumped_needs_attention(bought):
    assert [(each.page, each.urgent) for each in concerns(bought)] == [("/data", False)]
    apply(bought, RULE.format(name="all", rule='{tag: frequency, is: ">=", value: 0}'))
    refresh(bought, "all")
    assert "erp" in concerns(bought)[0].words.en
