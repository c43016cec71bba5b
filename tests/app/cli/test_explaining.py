"""The command tells the chain in words and as JSON, and where nothing joins two records."""


def test_words_and_json(inside, mapping):
    assert inside("import", mapping).status == 0
    folder = mapping.parent
    web = mapping.read_text().replace("source: shop", "source: web").replace("orders.csv", "web.csv")
    (folder / "web.yaml").write_text(web)
    (folder / "web.csv").write_text((folder / "orders.csv").read_text().replace("MEMBER-", "W"))
    assert inside("import", folder / "web.yaml").status == 0
    assert inside("identify").status == 0
    told = inside("identity", "explain", "shop:MEMBER-17850", "web:W17850")
    assert told.status == 0
    assert "One customer, cus_" in told.out
    assert "phone" in told.out
    assert "13800138001" not in told.out
    document = inside("identity", "explain", "shop:MEMBER-17850", "web:W17850", "--json").document
    assert document["same_customer"]
    assert document["links"] == [{"type": "phone", "scope": "global", "rank": 2, "records": 2, "imports": [1, 2]}]
    assert "Two customers" in inside("identity", "explain", "shop:MEMBER-17850", "web:W13047").out
    assert inside("identity", "explain", "shop:NOBODY", "web:W13047").status == 1
