"""One form however a source writes an identifier, or the reason for which it points at nobody."""

import ibis
import pytest
from tests.conftest import reader

from quanyu.customers.identity.identifiers import ODD, REASONS, bare_of, form_of, scope_of, type_of

MOBILE = "+8613800138001"
PHONES = {
    MOBILE: [
        *("13800138001", "+8613800138001", "008613800138001", "8613800138001", "08613800138001", "013800138001"),
        *("138 0013 8001", "138-0013-8001", "(+86) 138.0013.8001", "+86 138\u00a00013\u00a08001", "86-13800138001"),
        *(
            "１３８００１３８００１",
            "＋８６１３８００１３８００１",
            "\u202d13800138001\u202c",
            "13800138001.0",
            '="13800138001"',
        ),
        *("'13800138001", "138_0013_8001", "138—0013—8001"),
    ],
    "+8611111111111": ["11111111111", "+86 11111111111"],
    "masked": ["138****8001", "138****", "＊＊＊", "138xxxx8001", "86-138*****001"],
    "digits lost": ["1.38E+10", "1.38e+10"],
    "no such number": ["无", "-", "n/a", "1234", "1380013800", "138001380011", "12345678901", "1" * 30],
    "too long": ["1" * 10_000, "13800138001" * 30],
    "odd": ["+44 20 7946 0018", "010-62345678", "13800138001 转 8", "001 650 253 0000", "tel:+86 (0)755 12345678"],
}
EMAILS = {
    "li.ming@qq.com": [
        "li.ming@qq.com",
        " Li.Ming@QQ.COM ",
        "ｌｉ.ming＠qq.com",
        "mailto:li.ming@qq.com",
        "<LI.MING@qq.com>",
    ],
    "o'neil+1@mail.example.co.uk": ["O'Neil+1@mail.example.co.uk"],
    "用户@例子.中国": ["用户@例子.中国"],
    "a@xn--fsq.xn--0zwm56d": ["a@XN--FSQ.xn--0zwm56d"],
    "no such address": [
        "li.ming",
        "li@ming@qq.com",
        "@qq.com",
        "li@qq",
        "li ming@qq.com",
        "li@qq..com",
        "li@qq.con",
        "li@-.cn",
    ],
    "masked": ["l***@qq.com"],
    "says nothing": ["null", "无"],
    "too long": ["a" * 300 + "@qq.com"],
}
KEYS = {
    "oUnA7f9Kq2_-b": ["oUnA7f9Kq2_-b", '="oUnA7f9Kq2_-b"', "ｏUnA7f9Kq2＿-b"],
    "00123": ["00123", "'00123"],
    "5e123456": ["5e123456"],
    "1@#kw==": ["1@#kw=="],
    "says nothing": ["NULL", "未知", "-", "000", "——"],
    "masked": ["l***g"],
    "digits lost": ["1.23457E+15"],
    "too long": ["k" * 10_000],
}


def formed(type_: str, texts: list[str], calling_code: int | None = 86) -> list[str]:
    table = ibis.memtable({"text": texts, "n": list(range(len(texts)))})
    form = form_of(ibis.literal(type_), bare_of(table.text), calling_code)
    both = reader().to_pyarrow(table.select("n", value=form.value, reason=form.reason).order_by("n"))
    rows = both.to_pylist()
    assert all((row["value"] is None) != (row["reason"] is None) or row["reason"] == ODD for row in rows)
    assert {row["reason"] for row in rows} <= {None, ODD, *REASONS}
    return [row["reason"] or row["value"] for row in rows]


@pytest.mark.parametrize(("type_", "cases"), [("phone", PHONES), ("email", EMAILS), ("unionid", KEYS)])
def test_a_value_has_one_form(type_, cases):
    wanted = [(text, form) for form, texts in cases.items() for text in texts]
    found = formed(type_, [text for text, _ in wanted])
    assert [(text[:40], form) for (text, _), form in zip(wanted, found, strict=True)] == [
        (t[:40], f) for t, f in wanted
    ]


def test_what_is_bare_depends_on_the_country():
    assert formed("phone", ["13105550123", "1380013800", "+8613105550123"], 1) == ["odd", "odd", "+8613105550123"]
    assert formed("phone", ["13105550123", "1380013800"], None) == ["+8613105550123", "odd"]


def test_no_source_says_who_matches_whom():
    assert formed("match", ["7"]) == formed("possible_match", ["7"]) == ["not taken"]


def test_id_cards_are_not_taken():
    assert formed("id_card", ["11010519491231002X"]) == formed("身份证", ["11010519491231002X"]) == ["not taken"]


def test_types_have_synonyms_and_phones_are_global():
    given = ibis.memtable(
        {"n": [0, 1, 2, 3], "type": ["Mobile", " 邮箱", "phone", "OpenID"], "scope": ["crm", None, "cn", None]}
    )
    type_ = type_of(given["type"])
    told = given.select("n", type=type_, scope=scope_of(type_, given.scope, "crm")).order_by("n")
    assert [(row["type"], row["scope"]) for row in reader().to_pyarrow(told).to_pylist()] == [
        ("phone", "global"), ("email", "global"), ("phone", "cn"), ("openid", "crm"),
    ]  # fmt: skip
