"""One order that several systems tell of counts once, whoever came first, and follows every correction."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import ibis
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from quanyu.commerce.orders.behaviours import counted_lines
from quanyu.commerce.orders.measures import order_totals
from quanyu.commerce.orders.settling import settle
from quanyu.commerce.orders.tables import ORDER_HEADERS, ORDER_LINES, ORDERS
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation import home as homes
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.measuring import Scope

AT = "2026-03-01 10:00"


def line(order: str, number: str, price: float, customer: str = "", product: str = "A") -> dict[str, Any]:
    told = {"order_number": order, "line_number": number, "customer": customer, "product": product}
    return {**told, "quantity": 1, "unit_price": price, "placed_at": AT}


def header(order: str, there: str = "", **more: object) -> dict[str, Any]:
    return {"order_number": order, "platform": "TMALL", "platform_order_number": there, "placed_at": AT, **more}


def told(orders: list[dict], *columns: str) -> dict[tuple[str, str], tuple]:
    return {(row["source"], row["order_number"]): tuple(row[c] for c in columns) for row in orders}


def test_the_lowest_rank_speaks_and_takes_the_buyer_that_another_names(tell, rows):
    tell([line("27001", "1", 10, "ouid-1"), line("27002", "1", 10)], source="tmall", rank=50)
    assert told(rows(ORDERS), "speaks", "rank") == {("tmall", "27001"): (True, 50), ("tmall", "27002"): (True, 50)}
    tell([line("E1", "1", 9.5)], [header("E1", "27001", status="paid", amount=9.5)], rank=10)
    found = {(r["source"], r["order_number"]): r for r in rows(ORDERS)}
    assert {key: row["speaks"] for key, row in found.items()} == {
        ("tmall", "27001"): False,
        ("tmall", "27002"): True,
        ("erp", "E1"): True,
    }
    assert found["erp", "E1"]["record"] == found["tmall", "27001"]["record"] is not None
    assert (found["erp", "E1"]["platform"], found["erp", "E1"]["sale_amount"]) == ("tmall", 950)
    # the number was wrong: the order that was silenced speaks again, another one does not
    tell((), [header("E1", "27002")], rank=10)
    expected = {("tmall", "27001"): (True,), ("tmall", "27002"): (False,), ("erp", "E1"): (True,)}
    assert told(rows(ORDERS), "speaks") == expected
    assert told(rows(ORDERS), "record")["erp", "E1"] == (None,)


def test_of_one_rank_more_lines_speak_then_the_name_and_a_split_order_speaks_in_all_its_parts(tell, rows):
    tell([line("27001", "1", 10), line("27002", "1", 10)], source="tmall")
    tell(
        [line("E1", "1", 6), line("E2", "1", 4), line("E3", "1", 10)],
        [header("E1", "27001"), header("E2", "27001"), header("E3", "27002")],
    )
    speaking = {key for key, (speaks,) in told(rows(ORDERS), "speaks").items() if speaks}
    assert speaking == {("erp", "E1"), ("erp", "E2"), ("erp", "E3")}
    tell([line("27002", "2", 5)], source="tmall")
    speaking = {key for key, (speaks,) in told(rows(ORDERS), "speaks").items() if speaks}
    assert speaking == {("erp", "E1"), ("erp", "E2"), ("tmall", "27002")}


def test_an_import_that_was_begun_earlier_and_ends_later_has_the_last_word(tell, rows, workspace):
    tell([line("27001", "1", 10)], source="tmall", number=900)
    tell((), [header("E1", "27001", amount=9)], rank=10, number=902)
    tell([line("27001", "2", 5)], source="tmall", number=901)
    assert told(rows(ORDERS), "speaks", "lines") == {("tmall", "27001"): (False, 2), ("erp", "E1"): (True, 0)}
    workspace.clock.move(timedelta(days=-400))
    tell([line("27001", "3", 5)], source="tmall", number=903)
    assert told(rows(ORDERS), "speaks", "lines") == {("tmall", "27001"): (False, 3), ("erp", "E1"): (True, 0)}


def test_measures_leave_out_what_is_removed_unpaid_closed_or_told_by_another(tell, workspace):
    tell(
        [
            *(line("27001", "1", 100, "M1", "A"), line("27002", "1", 70, "M1", "B"), line("27003", "1", 60, "M1", "B")),
            *(line("27004", "1", 30, "M1", "C"), line("27005", "1", 20, "M1", "D"), line("27005", "2", 50, "M1", "D")),
        ],
        [header("27002", status="placed"), header("27003", status="closed"), header("27004", status="refunded")],
        source="tmall",
    )
    tell([line("27005", "1", 20, "M1", "D")], source="tmall", whole=True)
    tell([line("E1", "1", 90, product="Z")], [header("E1", "27001")], rank=10)
    recognise(workspace)
    tables = (ORDERS, ORDER_LINES, CUSTOMER_OF_RECORD)
    vector = workspace.lake.vector(tables)
    scope = Scope({t.name: workspace.lake.table(t, vector) for t in tables}, workspace.clock.now(), "UTC")
    (totals,) = workspace.lake.to_arrow(order_totals(scope)).to_pylist()
    assert (totals["frequency"], totals["monetary"]) == (3, 9000 + 3000 + 2000)
    sold = workspace.lake.to_arrow(counted_lines(scope, "sale"))["product"].to_pylist()
    assert sorted(sold) == ["C", "D"]  # the line of E1 names no buyer: its order does


def test_a_full_disk_at_any_point_leaves_all_tables_as_they_were(tell, rows, workspace, monkeypatch):
    tell([line("27001", "1", 10)], source="tmall")
    given = {"lines": [line("E1", "1", 9)], "headers": [header("E1", "27001", status="paid")], "rank": 10}
    tables = (ORDERS, ORDER_LINES, ORDER_HEADERS)
    before = [rows(table) for table in tables]
    for failpoint in ("lake.written", "lake.published"):
        monkeypatch.setenv("QUANYU_FAILPOINT", f"{failpoint}=full")
        with pytest.raises(OSError, match="No space left"):
            tell(**given)
        assert [rows(table) for table in tables] == before, failpoint
    monkeypatch.delenv("QUANYU_FAILPOINT")
    tell(**given)
    assert told(rows(ORDERS), "speaks", "lines") == {("tmall", "27001"): (False, 1), ("erp", "E1"): (True, 1)}


Telling = tuple[str, int, list[dict], list[dict]]


def draw(seed: int, tellings: list[Telling], orders: int = 120) -> list[Telling]:
    """Systems tell of many orders of a platform, some twice; every order has a fate of its own."""
    drawn = random.Random(seed)
    for n in range(orders):
        days = drawn.sample(range(1, 29), len(tellings))
        for (source, _, lines, headers), day in zip(tellings, days, strict=True):
            seen, number = f"2026-04-{day:02}", f"{source[0]}{n}"
            buyer = drawn.choice(("", f"{source}{n}"))
            if source != "oms" and drawn.random() < 0.7:
                own = [line(number, k, drawn.randint(1, 3), buyer) for k in drawn.sample("123", drawn.randint(1, 2))]
                lines += [{**each, "observed_at": seen} for each in own]
            if source != "tmall" and drawn.random() < 0.7:
                there = "" if drawn.random() < 0.2 else f"t{n + drawn.randint(0, 1)}"
                more = {"status": drawn.choice(("", "paid", "closed")), "amount": drawn.choice(("", "7"))}
                headers.append(header(number, there, customer=buyer, observed_at=seen, **more))
    return tellings


def expected(tellings: list[Telling]) -> dict[tuple[str, str], tuple]:
    """The reference: who speaks, and of whom, where every system tells once."""
    orders: dict[tuple[str, str], dict[str, Any]] = {}
    for source, rank, lines, headers in tellings:
        for row in (*lines, *headers):
            fresh = {"lines": 0, "rank": rank, "there": (source, row["order_number"]), "buyer": None, "status": None}
            order = orders.setdefault((source, row["order_number"]), fresh)
            order["buyer"] = row["customer"] or order["buyer"]
            order["lines"] += "line_number" in row
            if "status" in row:
                order["there"] = ("tmall", row["platform_order_number"] or row["order_number"])
                order["status"] = row["status"] or None
    found: dict[tuple[str, str], tuple] = {}
    for (source, number), order in orders.items():
        told = [(key, o) for key, o in orders.items() if o["there"] == order["there"]]
        lines_of: Counter[str] = Counter()
        for (teller, _), o in told:
            lines_of[teller] += o["lines"]
        tellers = sorted({(o["rank"], -lines_of[teller], teller) for (teller, _), o in told})
        speaks = tellers[0][2] == source
        ranked = [(tellers.index((o["rank"], -lines_of[k[0]], k[0])), k[1], o["buyer"]) for k, o in told if o["buyer"]]
        borrowed = min(ranked)[2] if ranked and speaks else None
        found[source, number] = (speaks, order["status"] != "closed", order["lines"], order["buyer"] or borrowed)
    return found


@settings(phases=[Phase.explicit])
@given(seed=st.integers(0, 10**6), order=st.permutations(range(3)))
@example(seed=20260301, order=[2, 0, 1])
def test_of_many_orders_the_right_ones_speak_in_whatever_order_they_came(tell, latest, seed: int, order: list[int]):
    tellings = draw(seed, [("tmall", 20, [], []), ("erp", 20, [], []), ("oms", 10, [], [])])
    for source, rank, lines, headers in (tellings[i] for i in order):
        tell(lines, headers, source=source, rank=rank)
        assert orders_in(latest(ORDER_LINES)) <= orders_in(latest(ORDERS))  # no line is there before its order is
    buyers = named(latest)
    found = {
        (r["source"], r["order_number"]): (r["speaks"], r["counts"], r["lines"], buyers.get(r["record"]))
        for r in latest(ORDERS)
    }
    assert found == expected(tellings)


def orders_in(rows: list[dict]) -> set[tuple[str, str]]:
    return {(row["source"], row["order_number"]) for row in rows}


def named(latest: Any, *of: Any) -> dict[int, str]:
    """Return the key of each record: every buyer of these tests has but one order."""
    rows = [*latest(ORDER_HEADERS, *of), *latest(ORDER_LINES, *of)]
    sources = {"t": "tmall", "e": "erp", "o": "oms"}
    told = {row["record"]: row["order_number"] for row in rows if row["record"] is not None}
    return {record: f"{sources[number[0]]}{number[1:]}" for record, number in told.items()}


@pytest.mark.scale
@settings(max_examples=4, phases=[Phase.generate])
@given(seed=st.integers(0, 10**6), order=st.permutations(range(4)))
def test_any_order_of_imports_ends_in_the_same_orders(home: homes.Home, tell, latest, seed: int, order: list[int]):
    tellings = draw(seed, [("tmall", 20, [], []), ("erp", 20, [], []), ("erp", 20, [], []), ("oms", 10, [], [])])
    states = []
    for n, sequence in enumerate((range(4), order)):
        name = f"w{seed}n{n}{''.join(map(str, order))}"
        homes.create(home.settings, name, "Europe/London", "GBP").close()
        workspace = home.workspace(name)
        for source, rank, lines, headers in (tellings[i] for i in sequence):
            tell(lines, headers, source=source, rank=rank, into=workspace)
        states.append(state(latest, workspace))
    assert states[0] == states[1]
    assert {row[-1] for row in states[0].values()} == {True, False}


def state(latest: Any, workspace: Any) -> dict[tuple[str, str], tuple]:
    """Say what stands of each order, its buyer by the order of a source that names the same one."""
    buyers = named(latest, workspace)
    columns = [name for name in ORDERS.schema.names if name not in {"record", "observed_at", "import_number", "speaks"}]
    return {
        (row["source"], row["order_number"]): (
            *(row[c] for c in columns),
            buyers.get(row["record"]),
            row["speaks"],
        )
        for row in latest(ORDERS, workspace)
    }


def test_orders_that_have_lost_everything_are_silent(tell, rows, workspace):
    """As after an import was taken back: whoever removed rows names their orders."""
    tell([line("O1", "1", 10), line("O2", "1", 5)])
    tables = [ORDER_LINES, ORDER_HEADERS, ORDERS]
    with workspace.lake.landing("taken back", tables) as landing, workspace.begin() as connection:
        landing.remove(ORDER_LINES, ibis.memtable({"order_number": ["O1"]}))
        settle_named(workspace, connection, landing, [("erp", "O1")])
        landing.publish(connection)
    found = told(rows(ORDERS), "speaks", "counts", "lines", "sale_amount", "month")
    assert found == {("erp", "O1"): (False, False, 0, 0, "2026-03"), ("erp", "O2"): (True, True, 1, 500, "2026-03")}


def settle_named(workspace: Any, connection: Any, landing: Any, orders: list[tuple[str, str]]) -> None:
    sources, numbers = zip(*orders, strict=True)
    rows = ibis.memtable({"source": list(sources), "order_number": list(numbers)})
    settle(Delivery(workspace, connection, landing, "erp", 10**6, workspace.currency, 1, rows, []))
