"""The organisation: a tree, the stores that hang in it, and who works there."""

import re


def test_the_units_are_one_tree(rows):
    units = rows("org/units.csv")
    parents = {row["组织编码"]: row["上级编码"] for row in units}
    assert len(parents) == len(units)
    assert [code for code, parent in parents.items() if not parent] == ["HY"]
    for code in parents:
        steps, above = 0, code
        while above != "HY":
            above, steps = parents[above], steps + 1
            assert steps < 6


def test_stores_hang_in_the_tree_and_have_coordinates(rows):
    units, stores = {row["组织编码"] for row in rows("org/units.csv")}, rows("org/stores.csv")
    assert len({row["门店编码"] for row in stores}) == len(stores) == 300
    for row in stores:
        assert row["上级组织编码"] in units
        assert 18 < float(row["纬度"]) < 54
        assert 73 < float(row["经度"]) < 136
        assert (row["闭店日期"] != "") == (row["状态"] == "闭店")
    assert {row["收银系统"] for row in stores} == {"南区收银系统", "North POS"}


def test_staff_work_in_stores_and_can_be_told_from_members(rows):
    staff, stores = rows("org/staff.csv"), {row["门店编码"] for row in rows("org/stores.csv")}
    for column in ("工号", "企业微信账号", "手机号"):
        assert len({row[column] for row in staff}) == len(staff)
    assert {row["门店编码"] for row in staff} == stores
    assert all(re.fullmatch(r"1\d{10}", row["手机号"]) for row in staff)
    assert {row["岗位"] for row in staff} == {"店长", "导购"}
    typed = {row["手机号"] for row in rows("pos_south/members.csv", "gb18030")}
    assert typed & {row["手机号"] for row in staff}, "some assistants have typed their own number"


def test_tills_name_cashiers_of_their_own_store(rows):
    home = {row["工号"]: row["门店编码"] for row in rows("org/staff.csv")}
    receipts = rows("pos_south/receipts-*.csv", "gb18030")
    assert all(home[row["收银员"]] == row["门店编码"] for row in receipts if row["收银员"])
