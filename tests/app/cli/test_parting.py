"""Commands part records, say what they did, and take it back."""


def test_records_are_parted_and_joined_again(inside, mapping):
    assert inside("import", mapping).status == 0
    folder = mapping.parent
    web = mapping.read_text().replace("source: shop", "source: web").replace("orders.csv", "web.csv")
    (folder / "web.yaml").write_text(web)
    (folder / "web.csv").write_text((folder / "orders.csv").read_text().replace("MEMBER-", "W"))
    assert inside("import", folder / "web.yaml").status == 0
    before = inside("identify", "--json").document["customers"]
    ends = ("shop:MEMBER-17850", "web:W17850")
    done = inside("identity", "cut", *ends, "--reason", "two sisters", "--json").document
    assert done["customers"] == before + 1
    listed = inside("identity", "decisions", "--json").document["decisions"]
    assert [(each["number"], each["types"], each["reason"]) for each in listed] == [
        (done["decisions"][0], ["phone"], "two sisters")
    ]
    assert "somebody has parted it" in inside("identity", "explain", *ends).out
    assert "two sisters" in inside("identity", "decisions").out
    assert inside("identity", "undo", done["decisions"][0], "--json").document["customers"] == before
    named = ("identity", "unlink", ends[1], "--type", "phone", "--everybody", "--reason", "the store's")
    assert inside(*named, "--json").document["customers"] == before + 1
    missing = inside("identity", "undo", "99")
    assert (missing.status, "There is no such decision." in missing.err) == (1, True)
