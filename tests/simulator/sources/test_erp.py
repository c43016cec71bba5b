"""The ERP: products and their codes, stock that adds up day by day, coupons and the orders that took them."""

import gzip
import re

import duckdb
import pytest

STOCK = ["日期", "仓库编码", "商品编码", "入库数量", "出库数量", "期末库存"]


@pytest.fixture(scope="module")
def stock(company):
    file = company / "out" / "erp" / "stock.csv.gz"
    connection = duckdb.connect()
    connection.execute(f"create table stock as select * from read_csv('{file}')")
    return connection


def test_products_are_unique_and_have_three_levels(rows):
    products = rows("erp/products.csv")
    assert len({row["商品编码"] for row in products}) == len(products) > 1_000
    assert all(row["一级类目"] and row["二级类目"] and row["三级类目"] for row in products)
    codes = [row["条码"] for row in products if row["商品类型"] != "组合"]
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(code)) % 10 == 0


def test_platforms_have_codes_of_their_own(rows):
    listed, codes = rows("erp/platform_skus.csv"), {row["商品编码"] for row in rows("erp/products.csv")}
    shops = {"天猫旗舰店": "天猫", "天猫奥莱店": "天猫", "京东": "京东", "抖音": "抖音", "小程序": "小程序"}
    assert {(row["店铺"], row["平台"]) for row in listed} == set(shops.items())
    assert len({(row["店铺"], row["平台SKUID"]) for row in listed}) == len(listed)
    assert len({(row["平台"], row["平台SKUID"]) for row in listed}) == len({row["平台SKUID"] for row in listed})
    assert {row["商品编码"] for row in listed} <= codes
    own = {row["平台SKUID"]: row["商品编码"] for row in listed}
    sold = [row for row in rows("tmall_outlet/items-*.csv") if row["SKU ID"]]
    assert all(own[row["SKU ID"]] == row["外部系统编号"] for row in sold if row["外部系统编号"])


@pytest.mark.parametrize(
    ("files", "encoding", "own", "theirs"),
    [
        ("tmall_flagship/items-*.csv", "utf-8-sig", "外部系统编号", "SKU ID"),
        ("jd/orders-*.csv", "gb18030", "货号", "商品ID"),
    ],
)
def test_a_few_listings_lack_the_code_of_the_merchant(rows, files, encoding, own, theirs):
    sold = rows(files, encoding)
    assert 0 < sum(not row[own] for row in sold) < 0.1 * len(sold)
    assert all(row[own] or row[theirs] for row in sold)


def test_bundles_and_gifts_are_products(rows):
    kinds = {row["商品编码"]: row["商品类型"] for row in rows("erp/products.csv")}
    bundles = rows("erp/bundles.csv")
    assert {kinds[row["组合编码"]] for row in bundles} == {"组合"}
    assert {kinds[row["子商品编码"]] for row in bundles} == {"单品"}
    assert {kinds[row["赠品编码"]] for row in rows("erp/gifts.csv")} == {"赠品"}


def test_stock_of_half_a_year_is_told_for_each_day_warehouse_and_product(stock, company, rows):
    with gzip.open(company / "out" / "erp" / "stock.csv.gz", "rt", encoding="utf-8") as text:
        assert next(text).strip().split(",") == STOCK
    kept = sum(row["商品类型"] != "组合" for row in rows("erp/products.csv"))
    told = stock.execute("select count(*), min(日期)::text, max(日期)::text from stock").fetchone()
    assert told == (184 * 4 * kept, "2025-12-29", "2026-06-30")


def test_stock_adds_up_and_is_never_negative(stock):
    wrong = stock.execute(
        """select count(*)
        from (select *, lag(期末库存) over (partition by 仓库编码, 商品编码 order by 日期) as begun from stock)
        where 期末库存 < 0 or 入库数量 < 0 or 出库数量 < 0 or begun + 入库数量 - 出库数量 <> 期末库存"""
    ).fetchone()
    assert wrong == (0,)
    delivered = stock.execute("select distinct isodow(日期) from stock where 入库数量 > 0").fetchall()
    assert delivered == [(1,)]
    assert stock.execute("select sum(出库数量) from stock").fetchone()[0] > 1_000


def test_coupons_are_unique_and_used_once(rows, within):
    coupons = rows("erp/coupons.csv")
    assert len({row["券码"] for row in coupons}) == len(coupons)
    used = [row for row in coupons if row["状态"] == "已使用"]
    assert 0 < len(used) < len(coupons)
    assert len({row["核销订单号"] for row in used}) == len(used)
    for row in coupons:
        assert re.fullmatch(r"HY\d{4}-\d{3}", row["活动编码"])
        assert within(row["发放时间"])
        assert (row["核销订单号"] != "") == (row["状态"] == "已使用")
    assert all(row["发放时间"] <= row["核销时间"] and row["核销时间"][:10] <= row["有效期至"] for row in used)


def test_holders_of_coupons_are_known_to_the_channel(rows, objects):
    held = {row["领取人标识"] for row in rows("erp/coupons.csv") if row["发放渠道"] == "公众号"}
    followers = {follower["openid"] for follower in objects("official_account/followers.jsonl")}
    assert held
    assert held <= followers


def test_an_order_that_took_a_coupon_is_in_its_own_file(rows):
    orders = {row["订单编号"] for store in ("flagship", "outlet") for row in rows(f"tmall_{store}/orders-*.csv")}
    orders |= {row["主订单编号"].strip() for row in rows("douyin/orders-*.csv")}
    orders |= {row["小票号"] for row in rows("pos_south/receipts-*.csv", "gb18030")}
    orders |= {row["ReceiptNo"] for row in rows("pos_north/receipts-*.csv")}
    taken = {row["核销订单号"] for row in rows("erp/coupons.csv")} - {""}
    taken = {number for number in taken if not re.match(r"E\d|HY\d", number)}
    assert taken
    assert taken <= orders
