"""What columns mean is seen by header and values, in both languages; what is written can be used as it is."""

import random

import pytest
from tests.customers.matching.conftest import people, write

from quanyu.customers.matching.config import read_config
from quanyu.foundation.errors import Invalid


def means(found):
    return {each.column.name: each.means for each in found.columns}


def test_chinese_headers(suggested, tmp_path):
    rows = [row for row, _ in people(1, 80, chinese=True)]
    found = suggested(write(tmp_path / "a.csv", rows, "gb18030"))
    assert means(found) == {
        "姓名": "full_name",
        "性别": "gender",
        "生日": "birth_date",
        "手机号": "phone",
        "城市": "region",
        "地址": "address",
    }
    assert found.config.id == ("id",)
    assert read_config(found.text) == found.config
    assert len(found.config.training.passes) >= 2
    assert not [row["姓名"] for row in rows if row["姓名"] in found.text], "no person stands in a configuration"


def test_english_headers_and_a_name_in_two_columns(suggested, tmp_path):
    found = suggested(write(tmp_path / "a.csv", [row for row, _ in people(2, 80, chinese=False)]))
    assert means(found) == {
        "first_name": "given_name",
        "last_name": "surname",
        "dob": "birth_date",
        "email": "email",
        "city": "region",
        "address": "address",
    }
    first = found.config.compare[0]
    assert (first.how, first.fields) == ("names", ("first_name", "last_name"))
    assert any(key.crossed for rule in found.config.blocking for key in rule)


def test_values_say_what_headers_do_not(suggested, tmp_path):
    rows = [row for row, _ in people(3, 120, chinese=True)]
    renamed = dict(zip(rows[0], ["c0", "c1", "c2", "c3", "c4", "c5", "c6"], strict=True))
    found = suggested(
        write(tmp_path / "a.csv", [{renamed[name]: value for name, value in row.items()} for row in rows])
    )
    assert means(found) == {
        "c1": "full_name",
        "c2": "gender",
        "c3": "birth_date",
        "c4": "phone",
        "c5": "region",
        "c6": "address",
    }
    assert found.config.id == ("c0",)


def test_dates_in_another_form_and_what_is_of_no_use(suggested, tmp_path):
    chance = random.Random(1)
    rows = [
        {
            "Full Name": f"{chance.choice(['Ann', 'Bob', 'Cid'])} {chance.choice(['Ash', 'Bay'])}{'x' * (n % 7)}",
            "Born": f"{chance.randrange(13, 29)}/{chance.randrange(1, 13):02d}/{chance.randrange(1950, 2000)}",
            "Date of Birth": f"{chance.randrange(13, 29)}/{chance.randrange(1, 13):02d}/{chance.randrange(1950, 2000)}",
            "cluster": str(n // 2),
            "amount": f"{chance.random():.4f}",
            "constant": "same",
            "nothing": "",
            "ZIP": str(chance.randrange(10000, 10100)),
        }
        for n in range(200)
    ]
    found = suggested(write(tmp_path / "a.csv", rows))
    told = means(found)
    assert (told["Full Name"], told["Date of Birth"], told["ZIP"]) == ("full_name", "birth_date", "postcode")
    assert [told[name] for name in ("cluster", "amount", "constant", "nothing")] == [""] * 4
    field = next(field for field in found.config.fields if field.columns == ("Date of Birth",))
    assert field.forms == ("%d/%m/%Y",)
    assert found.config.id == ()
    assert "Not used: cluster" in found.text


def test_rules_give_few_pairs(suggested, tmp_path):
    rows = [{**row, "城市": "杭州市" if n % 2 else "上海市"} for n, (row, _) in enumerate(people(4, 700, chinese=True))]
    found = suggested(write(tmp_path / "a.csv", rows))
    assert all(pairs <= 50_000 for _, pairs in found.blocks)
    assert "city" not in {key.left for rule in found.config.blocking for key in rule if len(rule) == 1}


def test_a_file_that_says_nothing_of_people_is_refused(suggested, tmp_path):
    with pytest.raises(Invalid, match=r"No column says anything|nothing to block on"):
        suggested(write(tmp_path / "a.csv", [{"id": str(n), "price": str(n * 7 % 31)} for n in range(50)]))
    with pytest.raises(Invalid, match="nothing to block on"):
        suggested(write(tmp_path / "a.csv", [{"id": str(n), "gender": "mf"[n % 2]} for n in range(900)]))
    empty = tmp_path / "empty.csv"
    empty.write_text("id,name\n")
    with pytest.raises(Invalid, match="no lines"):
        suggested(empty)
