"""Names of files tell the source, which files belong together, and what stands under `files`."""

from pathlib import Path

import pytest

from quanyu.customers.ingest.suggesting.naming import class_of, family, group_families, name_source, pattern_of

NAMED = {
    "tmall_flagship/orders-2026-01.csv": "tmall_flagship",
    "data/shopify_orders_export.csv": "shopify",
    "erp/stock.csv.gz": "erp",
    "x/天猫旗舰店订单导出20260301.xlsx": "天猫旗舰店订单导出",
    "orders/2026.csv": "company",
}


@pytest.mark.parametrize("path", NAMED)
def test_the_source_is_named_by_the_file_or_its_folder(path):
    found = name_source([Path("/company") / path])
    assert found == NAMED[path] or (path.startswith("x/") and found.startswith("天猫旗舰店"))


def test_files_of_one_export_are_one_family(tmp_path):
    names = ["orders-2026-01.csv", "orders-2026-02.csv", "orders_20260301.csv.gz", "members.csv"]
    groups = group_families([tmp_path / name for name in names])
    assert sorted(map(len, groups.values())) == [1, 3]
    assert family(Path("orders-2026-01.csv")) == "orders"


def test_a_pattern_names_exactly_the_files(tmp_path):
    files = [tmp_path / f"orders-2026-0{i}.csv" for i in range(1, 4)]
    for file in (*files, tmp_path / "members.csv"):
        file.write_text("a\n")
    assert pattern_of(files, tmp_path) == ["orders-2026-*.csv"]
    assert pattern_of(files[:2], tmp_path) == ["orders-2026-01.csv", "orders-2026-02.csv"]
    assert pattern_of(files[:1], tmp_path.parent) == [f"{tmp_path.name}/orders-2026-01.csv"]


def test_marketplaces_are_told_by_name():
    assert class_of(["jd", "orders"]) == "marketplace"
    assert class_of(["天猫旗舰店"]) == "marketplace"
    assert class_of(["pos", "north"]) == "first_party"
