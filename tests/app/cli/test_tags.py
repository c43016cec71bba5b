"""Commands about packs of tags: what is applied is what is shown, listed, previewed and stopped."""

from pathlib import Path

PACK = """\
pack: ours   # 我们的标签
tags:
  - name: orders_ever
    title: {en: Orders ever, zh: 全部订单}
    description: {en: All orders., zh: 全部订单。}
    family: value
    type: integer
    statistic: {over: orders, take: count}
"""


def test_a_file_of_tags_goes_in_and_comes_out_the_same(inside, tmp_path: Path) -> None:
    file, back = tmp_path / "ours.yaml", tmp_path / "back.yaml"
    file.write_text(PACK, encoding="utf-8")
    tried = inside("tag", "preview", file, "--json").document
    assert [(each["tag"], each["fate"]) for each in tried["tags"]] == [("orders_ever", "new")]
    applied = inside("tag", "apply", file, "--author", "ann", "--json").document["packs"]
    assert [(each["name"], each["version"], each["changed"]) for each in applied] == [("ours", 1, True)]
    assert inside("tag", "show", "orders_ever", "--out", back).status == 0
    assert back.read_bytes() == file.read_bytes()
    assert inside("tag", "show", "ours", "--json").document["text"] == PACK
    listed = inside("tag", "packs", "--json").document["packs"]
    assert [(each["author"], each["tags"]) for each in listed if each["pack"] == "ours"] == [("ann", 1)]
    assert inside("tag", "stop", "ours").status == 0
    assert "ours" not in inside("tag", "packs").out


def test_a_faulty_file_names_each_line(inside, tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    faulty = PACK.replace("orders, take", "ordrs, take").replace("family: value", "family: worth")
    file.write_text(faulty, encoding="utf-8")
    ran = inside("tag", "apply", file)
    assert ran.status != 0
    assert "line 8: tags[0].statistic.over" in ran.err
    assert "line 6: tags[0].family" in ran.err
