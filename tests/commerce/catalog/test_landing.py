"""Products land as versions: the latest name wins, and a row without one says nothing against it."""

from datetime import date

from quanyu.commerce.catalog.tables import PRODUCT_CODES, PRODUCTS


def names(rows) -> dict[str, str | None]:
    found = {row["product"]: row["name"] for row in rows(PRODUCTS)}
    assert len(found) == len(rows(PRODUCTS))
    return found


def test_within_an_import_the_last_observed_name_wins(list_products, rows):
    outcome = list_products(
        ["A,Old mug,2024-01-01", "A,New mug,2024-03-01", "A,Mug between,2024-02-01", "B,Jug,2024-01-01"]
    )
    assert names(rows) == {"A": "New mug", "B": "Jug"}
    assert (outcome.lines.landed, outcome.lines.known) == (2, 2)


def test_within_an_import_a_missing_name_does_not_win(list_products, rows):
    list_products(["A,Mug,2024-01-01", "A,,2024-02-01", "B,,2024-01-01"])
    assert names(rows) == {"A": "Mug", "B": None}


def test_a_later_import_renames_and_an_older_observation_does_not(list_products, rows):
    list_products(["A,Mug,2024-02-01"])
    assert list_products(["A,Blue mug,2024-03-01"]).lines.landed == 1
    list_products(["A,Ancient mug,2024-01-01"])
    assert names(rows) == {"A": "Blue mug"}


def test_a_missing_name_erases_none_that_is_known(list_products, rows):
    list_products(["A,Mug,2024-01-01"])
    assert list_products(["A,,2024-02-01", "B,,2024-02-01"]).lines.landed == 1
    assert names(rows) == {"A": "Mug", "B": None}
    list_products(["B,Jug,2024-03-01"])
    assert names(rows) == {"A": "Mug", "B": "Jug"}


def test_the_same_again_is_known(list_products, rows):
    given = ["A,Mug,2024-01-01", "B,,2024-01-01"]
    list_products(given)
    again = list_products(given)
    assert (again.lines.landed, again.lines.known) == (0, 2)


def test_a_name_that_comes_back_is_a_version_of_its_own(list_products, rows, workspace):
    for day, name in enumerate(("Mug", "Cup", "Mug"), start=1):
        assert list_products([f"A,{name},2024-01-0{day}"]).lines.landed == 1
    assert names(rows) == {"A": "Mug"}
    versions = workspace.lake.all_versions(PRODUCTS, workspace.lake.vector([PRODUCTS]))
    assert workspace.lake.count(versions) == 3


def test_a_row_that_is_not_dated_is_seen_now(list_products, rows):
    list_products(["A,Mug,2024-01-01"])
    list_products(["A,Cup,"])
    assert names(rows) == {"A": "Cup"}


def test_a_code_of_two_sources_is_two_products(list_products, rows):
    list_products(["A,Mug,2024-01-01"])
    list_products(["A,Chair,2024-01-01"], source="furniture")
    assert sorted((row["source"], row["name"]) for row in rows(PRODUCTS)) == [("furniture", "Chair"), ("list", "Mug")]


def test_a_late_row_fills_what_was_never_given_and_takes_nothing(list_products, rows):
    list_products(["A,,2024-03-01"])
    assert list_products(["A,Mug,2024-01-01"]).lines.landed == 1
    assert list_products(["A,Cup,2024-02-01"]).lines.landed == 1
    assert list_products(["A,Pot,2023-12-01"]).lines.landed == 0
    assert names(rows) == {"A": "Cup"}


def test_a_product_has_all_that_was_said_of_it(deliver, rows):
    columns = "product name category_3 list_price kind launched_at"
    given = [
        ("A", "Mug", "010302", "39.905", "组合", "2025-09-01"),
        ("B", "Jug", "", "-1", "single", ""),
        ("C", "Cup", "", "1", "thing", ""),
        ("D", "Pot", "", "", "gift", "2025-09-01 10:00"),
    ]
    count = deliver("product", columns, given)
    assert (count.landed, count.rejected) == (2, 2)
    assert deliver("product", columns, given).known == 2
    assert deliver("product", "product brand list_price", [("A", "禾元", ""), ("D", "", "5")]).landed == 2
    found = {row["product"]: row for row in rows(PRODUCTS)}
    assert set(found) == {"A", "D"}
    assert (found["A"]["name"], found["A"]["brand"], found["A"]["kind"]) == ("Mug", "禾元", "bundle")
    assert (found["A"]["list_price"], found["A"]["currency"], found["D"]["list_price"]) == (3991, "GBP", 500)
    assert found["A"]["launched_at"] == found["D"]["launched_at"] == date(2025, 9, 1)


def test_a_platform_code_is_one_product(deliver, rows):
    columns = "product platform code"
    given = [("A", "tmall", "67441"), ("A", "tmall", "67442"), ("B", "jd", "67441"), ("", "jd", "1")]
    assert deliver("product_code", columns, given).landed == 3
    assert deliver("product_code", columns, given[:2], [("B", "tmall", "67442")]).landed == 1
    found = {(row["platform"], row["code"]): row["product"] for row in rows(PRODUCT_CODES)}
    assert found == {("tmall", "67441"): "A", ("tmall", "67442"): "B", ("jd", "67441"): "B"}
