"""The command grades in words and as JSON, shows no value, and refuses a truth that is none."""

import pytest


@pytest.fixture
def graded(inside, mapping):
    """Import two sources that share phones, and write down who is who: the two of 17850 are one, those of 13047 not."""
    assert inside("import", mapping).status == 0
    folder = mapping.parent
    web = mapping.read_text().replace("source: shop", "source: web").replace("orders.csv", "web.csv")
    (folder / "web.yaml").write_text(web)
    (folder / "web.csv").write_text((folder / "orders.csv").read_text().replace("MEMBER-", "W"))
    assert inside("import", folder / "web.yaml").status == 0
    assert inside("identify").status == 0
    rows = ["shop,MEMBER-17850,ann", "web,W17850,ann", "shop,MEMBER-13047,bob", "web,W13047,cid", "till,1,bob"]
    (folder / "truth.csv").write_text("\n".join(["source,record,person", *rows, ""]))
    return folder / "truth.csv"


def test_words_and_json(inside, graded):
    told = inside("identity", "evaluate", "--truth", graded)
    assert told.status == 0
    assert "How well records are told apart" in told.out
    document = inside("identity", "evaluate", "--truth", graded, "--json").document
    assert document["graded"] == 4
    assert {"why": "unknown", "source": "till", "records": 1} in document["not_graded"]
    assert document["scores"]["true_pairs"] == 1
    assert document["scores"]["recall"] == 1.0
    assert document["joinable"] is None
    assert "MEMBER-17850" not in told.out + str(document)
    assert "13800138001" not in told.out + str(document)


def test_a_truth_that_is_none_is_refused(inside, graded):
    graded.write_text("who,what\n1,2\n")
    refused = inside("identity", "evaluate", "--truth", graded)
    assert refused.status == 1
    assert "source, record, person" in refused.err
    assert inside("identity", "evaluate", "--truth", graded.with_name("nowhere")).status == 1
