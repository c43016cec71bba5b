"""The command that writes a mapping: what it writes is imported as it is, and what it shows names nobody."""

from quanyu.customers.ingest.suggesting.naming import name_source

PHONES = ("13800138001", "13900139002", "13700137003")


def test_what_is_suggested_is_imported(inside, mapping, tmp_path):
    orders = mapping.with_name("orders.csv")
    out = tmp_path / "suggested.yaml"
    found = inside("suggest", orders, "--out", out, "--json", "--source", "till")
    assert found.status == 0, found.err
    (made,) = found.document["mappings"]
    assert made["kinds"] == ["order_line", "customer_record", "product"]
    assert {each["type"]: each["column"] for each in made["identifiers"]}["phone"] == "Phone"
    assert made["tried"] == {"read": 6, "refused": 1}
    told = found.out + found.err + out.read_text("utf-8")
    assert not [phone for phone in PHONES if phone in told]
    kinds = {kind["kind"]: kind for kind in inside("import", out, "--json").document["imports"][0]["kinds"]}
    assert (kinds["order_line"]["landed"], kinds["order_line"]["rejected"]) == (5, 1)
    assert kinds["customer_record"]["landed"] == 2


def test_a_mapping_is_not_written_over(inside, mapping, tmp_path):
    out = tmp_path / "suggested.yaml"
    out.write_text("mine")
    refused = inside("suggest", mapping.with_name("orders.csv"), "--out", out)
    assert (refused.status, out.read_text()) == (1, "mine")
    assert "--replace" in refused.err
    shown = inside("suggest", mapping.with_name("orders.csv"), "--out", out, "--replace")
    assert shown.status == 0, shown.err
    assert "quanyu import" in shown.out
    assert "InvoiceNo" in shown.out
    assert not [phone for phone in PHONES if phone in shown.out]


def test_a_folder_of_exports_gets_a_mapping_each(inside, tmp_path):
    folder = tmp_path / "webshop"
    folder.mkdir()
    (folder / "members-2026.csv").write_text("member_no,phone,name\nM1,13800138001,王小明\nM2,13900139002,李雷\n")
    (folder / "stores.csv").write_text("store_code,store_name,city\nS1,南京东路店,上海市\nS2,西单店,北京市\n")
    (folder / "empty.csv").write_text("")
    found = inside("suggest", folder, "--out", tmp_path / "mappings", "--json")
    assert found.status == 0, found.err
    made = {one["mapping"].rpartition("/")[2]: one["kinds"] for one in found.document["mappings"]}
    assert made == {"webshop_members.yaml": ["customer_record"], "webshop_stores.yaml": ["store"]}
    assert [one["place"] for one in found.document["failed"]] == ["empty.csv"]
    assert name_source([folder / "members-2026.csv"]) == "webshop"
    assert "王小明" not in (tmp_path / "mappings" / "webshop_members.yaml").read_text("utf-8")
