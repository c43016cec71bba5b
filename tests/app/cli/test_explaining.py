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
    phone = {"type": "phone", "scope": "global", "rank": 2, "records": 2, "imports": [1, 2], "confidence": 0.95}
    assert (document["links"], document["confidence"]) == ([phone], 0.95)
    assert "Two customers" in inside("identity", "explain", "shop:MEMBER-17850", "web:W13047").out
    assert inside("identity", "explain", "shop:NOBODY", "web:W13047").status == 1


def test_a_graph_in_words_as_json_and_as_a_picture(inside, mapping, tmp_path):
    assert inside("import", mapping).status == 0
    assert inside("identify").status == 0
    told = inside("identity", "graph", "shop:MEMBER-17850", "--out", tmp_path / "graph.svg")
    assert (told.status, "1 records; all of them" in told.out, "13800138001" in told.out) == (0, True, False)
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8").startswith("<svg ")
    document = inside("identity", "graph", "shop:MEMBER-17850", "--json").document
    assert ([each["source"] for each in document["records"]], document["confidence"]) == (["shop"], 1.0)
    refused = inside("identity", "graph", "shop:MEMBER-17850", "--out", tmp_path / "graph.doc")
    assert (refused.status, "graph.svg" in refused.err) == (1, True)
