"""Names are read as people read them: surnames with readings of their own, two characters, traditional ones."""

import pytest

from quanyu.customers.identity.chinese import read_surname, readings, split_name


@pytest.mark.parametrize(
    ("name", "surname", "given"),
    [
        ("单雄信", "shan", "xiongxin"),
        ("曾国藩", "zeng", "guofan"),
        ("解缙", "xie", "jin"),
        ("任我行", "ren", "woxing"),
        ("查良镛", "zha", "liangyong"),
        ("欧阳娜娜", "ouyang", "nana"),
        ("尉迟恭", "yuchi", "gong"),
        ("万俟卨", "moqi", "xie"),
        ("歐陽修", "ouyang", "xiu"),
        ("張偉", "zhang", "wei"),
        ("张伟", "zhang", "wei"),
        ("欧阳", "ou", "yang"),  # two characters are a surname and a given name
        ("单", "shan", ""),
    ],
)
def test_full_names(name, surname, given):
    (row,) = readings([name], "full_name").to_pylist()
    assert (row["read_surname"], row["read_given"]) == (surname, given)


def test_a_given_name_is_not_read_as_a_surname():
    assert readings(["单", "曾"], "given_name")["read_given"].to_pylist() == ["dan", "ceng"]
    assert readings(["单", "曾"], "surname")["read_surname"].to_pylist() == ["shan", "zeng"]
    assert read_surname("王") == "wang"
    assert split_name("诸葛亮") == ("诸葛", "亮")
