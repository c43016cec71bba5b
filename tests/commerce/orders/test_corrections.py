"""Lines that are versions end in the same state in whatever order files come, and the same file again adds nothing."""

import random
from collections import Counter
from datetime import date

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS, REMOVED
from quanyu.foundation import home as homes
from quanyu.foundation.kinds import Accepted
from quanyu.foundation.lake.compaction import compact


def line(
    order: str, number: str, quantity: int, seen: str = "", product: str = "A", at: str = "2026-03-31 23:30"
) -> dict[str, object]:
    told = {"order_number": order, "line_number": number, "customer": "M1", "product": product, "observed_at": seen}
    return {**told, "quantity": quantity, "unit_price": "2", "placed_at": at}


def sums(orders: list[dict]) -> dict[str, tuple[int, int]]:
    return {row["order_number"]: (row["sale_amount"], row["lines"]) for row in orders}


def standing(rows: list[dict]) -> dict[tuple[str, str | None], int]:
    return {(r["order_number"], r["line_number"]): r["amount"] for r in rows if r["line_type"] != REMOVED}


def test_a_line_that_comes_again_with_other_content_is_a_newer_version(tell, rows, workspace):
    first = [line("O1", "1", 1), line("O1", "2", 2), line("O2", "1", 5)]
    assert tell(first)[0] == Accepted(3, 0)
    assert workspace.lake.vector([ORDER_LINES])["order_lines"].superseded is False
    assert tell(first)[0] == Accepted(0, 3)
    moved = [line("O1", "1", 3, at="2026-04-01 00:30"), line("O1", "2", 2), line("O1", "3", 1)]
    assert tell(moved)[0] == Accepted(2, 1)
    assert standing(rows(ORDER_LINES)) == {("O1", "1"): 600, ("O1", "2"): 400, ("O1", "3"): 200, ("O2", "1"): 1000}
    found = {r["line_number"]: (r["month"], r["business_date"]) for r in rows(ORDER_LINES) if r["order_number"] == "O1"}
    assert found["1"] == ("2026-04", date(2026, 4, 1))
    assert sums(rows(ORDERS)) == {"O1": (1200, 3), "O2": (1000, 1)}


def test_of_a_line_twice_in_one_file_the_last_observed_speaks(tell, rows):
    given = [line("O1", "1", 3, "2026-04-02"), line("O1", "1", 2, "2026-04-03"), line("O1", "1", 1, "2026-04-01")]
    assert tell(given)[0] == Accepted(1, 2)
    assert standing(rows(ORDER_LINES)) == {("O1", "1"): 400}
    assert tell([line("O1", "1", 9, "2026-04-02")])[0].landed == 0
    assert tell(given)[0].landed == 0


def test_an_order_that_comes_again_as_a_whole_replaces_its_lines(tell, rows, workspace):
    tell([line("O1", "1", 1), line("O1", "2", 2), line("O2", "1", 5)], whole=True)
    assert tell([line("O1", "2", 2)], whole=True)[0].landed == 0
    assert standing(rows(ORDER_LINES)) == {("O1", "2"): 400, ("O2", "1"): 1000}
    gone = next(r for r in rows(ORDER_LINES) if r["line_type"] == REMOVED)
    assert (gone["line_number"], gone["amount"], gone["product"]) == ("1", 0, "A")
    assert sums(rows(ORDERS)) == {"O1": (400, 1), "O2": (1000, 1)}
    before = workspace.lake.vector([ORDER_LINES, ORDERS])
    assert tell([line("O1", "2", 2)], whole=True)[0].landed == 0
    assert workspace.lake.vector([ORDER_LINES, ORDERS]) == before
    assert tell([line("O1", "1", 1)])[0].landed == 1  # a removed line that comes again is news
    assert standing(rows(ORDER_LINES))["O1", "1"] == 200


def test_a_line_without_a_number_that_was_removed_comes_again(tell, rows, workspace):
    mug, jug = line("O1", "", 1), line("O1", "", 1, product="JUG")
    tell([mug, mug, jug], whole=True)
    tell([mug], whole=True)
    assert sums(rows(ORDERS)) == {"O1": (200, 1)}
    compact(workspace.lake, [ORDER_LINES, ORDERS], keep_hours=0)
    assert tell([mug, jug])[0] == Accepted(1, 1)
    assert sums(rows(ORDERS)) == {"O1": (400, 2)}
    assert tell([mug, jug])[0].landed == 0
    assert tell([mug, mug, jug])[0].landed == 1
    assert sums(rows(ORDERS)) == {"O1": (600, 3)}


Step = tuple[bool, list[dict[str, object]]]


def draw(seed: int, orders: int = 100) -> list[Step]:
    """Three files, two of them of whole orders; every order has a history of its own in them."""
    drawn = random.Random(seed)
    steps: list[Step] = [(whole, []) for whole in (True, False, True)]
    for n in range(orders):
        days = drawn.sample(range(1, 29), len(steps))
        for (_, lines), day in zip(steps, days, strict=True):
            if drawn.random() < 0.75:
                numbers = drawn.sample("1234", drawn.randint(1, 3)) if n % 3 else [""] * drawn.randint(1, 3)
                lines += [
                    line(f"O{n}", number, drawn.randint(1, 3), f"2026-05-{day:02}", at=f"2026-0{drawn.choice('34')}-01")
                    if number
                    else line(f"O{n}", "", drawn.randint(1, 2), f"2026-05-{day:02}")
                    for number in numbers
                ]
    return steps


def expected(steps: list[Step]) -> dict[str, Counter[int]]:
    """The reference: of each line the last sighting, unless its order was seen as a whole without it since."""
    seen: dict[tuple, tuple[str, int]] = {}
    whole_at: dict[str, str] = {}
    for whole, lines in steps:
        times: Counter[tuple] = Counter()
        for row in lines:
            order, number, quantity, day = (row[c] for c in ("order_number", "line_number", "quantity", "observed_at"))
            times[order, quantity] += 1
            key = (order, number) if number else (order, quantity, times[order, quantity])
            seen[key] = max(seen.get(key, ("", 0)), (day, quantity))
            whole_at[order] = max(whole_at.get(order, ""), day if whole else "")
    found: dict[str, Counter[int]] = {order: Counter() for order in whole_at}
    for (order, *_), (day, quantity) in seen.items():
        found[order][quantity] += day >= whole_at[order]
    return found


@pytest.mark.parametrize("drawn", [1, pytest.param(4, marks=pytest.mark.scale)])
def test_files_in_any_order_end_in_the_same_state(home: homes.Home, tell, latest, drawn: int):
    some = settings(max_examples=drawn, phases=[Phase.generate])
    any_order = given(st.integers(0, 10**6), st.permutations(range(3)))
    some(any_order(lambda seed, order: check_order(home, tell, latest, seed, order)))()


def check_order(home: homes.Home, tell, latest, seed: int, order: list[int]) -> None:
    name = f"w{seed}{''.join(map(str, order))}"
    homes.create(home.settings, name, "Europe/London", "GBP").close()
    workspace = home.workspace(name)
    steps = draw(seed)
    for i in order:
        tell(steps[i][1], whole=steps[i][0], into=workspace)
    found: dict[str, Counter[int]] = {row["order_number"]: Counter() for row in latest(ORDERS, workspace)}
    for row in latest(ORDER_LINES, workspace):
        found[row["order_number"]][int(row["quantity"])] += row["line_type"] != REMOVED
    assert found == expected(steps)
    assert sums(latest(ORDERS, workspace)) == {
        o: (sum(200 * q * n for q, n in lines.items()), lines.total()) for o, lines in found.items()
    }
    before = workspace.lake.vector([ORDERS])
    for whole, given_again in steps:
        assert tell(given_again, whole=whole, into=workspace)[0].landed == 0
    assert workspace.lake.vector([ORDERS]) == before
