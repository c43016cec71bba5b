"""Columns whose names say nothing are found by their values, and a lie in a header is found out."""

import csv
import random

import pytest

from quanyu.customers.ingest.suggesting.matching import tokens

CITIES = ("上海市", "北京市", "成都市", "广州市", "杭州市")
NAMES = ("王小明", "李雷", "韩梅梅", "张伟", "刘洋", "陈静")
GOODS = [(f"SK-{1000 + i}", f"手工陶杯 {i} 号", f"69012345{i:05d}", 9.9 + 10 * i) for i in range(40)]


def receipts(draw: random.Random) -> tuple[dict[str, str], list[list[str]]]:
    """Order lines of a till, and which of their columns is which input."""
    lines: list[list[str]] = []
    for i in range(220):
        card = draw.choice(["", f"88{draw.randrange(80):010d}"])
        at = f"2026-0{draw.randint(1, 6)}-{draw.randint(1, 28):02d} {draw.randint(9, 21)}:{draw.randint(10, 59)}:07"
        for n, (code, name, barcode, price) in enumerate(draw.sample(GOODS, draw.randint(1, 4)), start=1):
            pieces = draw.choice([1, 1, 1, 2, 3])
            paid = round(price * draw.choice([1, 1, 0.9]), 2)
            sold = [code, name, str(pieces), f"{paid:.4f}", f"{paid * pieces:.2f}"]
            lines.append([f"S90929{i:012d}", str(n), at, card, barcode, *sold, draw.choice(["微信支付", "现金"])])
    wanted = ["order_number", "line_number", "placed_at", "customer", "", "product", "", "quantity", "unit_price"]
    return {f"c{i}": name for i, name in enumerate(wanted) if name}, lines


def people(draw: random.Random) -> tuple[dict[str, str], list[list[str]]]:
    lines = [
        [
            f"M{100000 + i}",
            draw.choice(NAMES),
            f"13{draw.randrange(10**9):09d}",
            f"user{i}@example.com",
            draw.choice(["男", "女", ""]),
            draw.choice(CITIES),
        ]
        for i in range(150)
    ]
    wanted = ["key", "name", "@phone", "@email", "gender", "city"]
    return {f"c{i}": name for i, name in enumerate(wanted)}, lines


@pytest.mark.parametrize(("made", "kind"), [(receipts, "order_line"), (people, "customer_record")])
def test_columns_without_names_are_found_by_their_values(made, kind, suggest, tmp_path):
    right = asked = 0
    for seed in range(2):
        wanted, lines = made(random.Random(seed))
        order = random.Random(seed).sample(range(len(lines[0])), len(lines[0]))
        with (tmp_path / f"table{seed}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([[f"c{i}" for i in order], *([line[i] for i in order] for line in lines)])
        found = suggest(tmp_path / f"table{seed}.csv")
        assert found.entries[0].kind.name == kind
        (tmp_path / "mapping.yaml").unlink()
        given = {choice.column.name: choice.wanted.name for choice in found.entries[0].chosen if choice.column}
        named = {f"@{each.type}": each.column.name for each in found.entries[0].identifiers}
        known = {each.name for each in found.entries[0].kind.inputs}
        told = {column: name for column, name in wanted.items() if name.startswith("@") or name in known}
        asked += len(told)
        right += sum(given.get(c) == name or named.get(name) == c for c, name in told.items())
    print(f"{kind}: {right} of {asked} columns")
    assert right >= 0.8 * asked


def test_words_of_a_file_name():
    assert tokens("sms/sent-2026") == ("sms", "sent")
