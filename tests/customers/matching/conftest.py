"""An engine without a home, and people whose truth is known, in Chinese and in English, with the slips of typists."""

import csv
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from quanyu.customers.matching.config import read_config
from quanyu.customers.matching.matching import match
from quanyu.customers.matching.model import Config, Matched
from quanyu.customers.matching.suggesting import Suggested, suggest
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.registry import Registry
from quanyu.foundation.settings import Settings

READERS = Registry("quanyu.sources").all()
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高单曾解任"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超兰霞平刚桂英华玉红建国文辉力梅鑫波宇浩凯健俊帆雪荣琴"
HEARD = {"伟": "玮", "芳": "方", "静": "婧", "丽": "莉", "强": "蔷", "杰": "洁", "明": "鸣", "华": "花", "红": "宏"}
LATIN = ["james", "mary", "robert", "linda", "michael", "susan", "david", "karen", "thomas", "nancy", "daniel", "lisa"]
FAMILIES = ["smith", "johnson", "brown", "taylor", "wilson", "davies", "evans", "walker", "wright", "hughes", "green"]
TOWNS = ["杭州市", "宁波市", "温州市", "上海市", "苏州市"], ["leeds", "york", "bath", "derby", "truro"]
STREETS = ["中山路", "人民路", "解放路", "文三路", "建国路"], ["high street", "mill lane", "park road", "church lane"]

Row = dict[str, str]


def people(seed: int, number: int, *, chinese: bool) -> list[tuple[Row, Row | None]]:
    """Return records of different people, and of two in three of them another record with slips."""
    chance = random.Random(seed)
    found: list[tuple[Row, Row | None]] = []
    for n in range(number):
        row = _chinese(chance) if chinese else _latin(chance)
        other = _slipped(dict(row), chance, chinese=chinese) if chance.random() < 2 / 3 else None
        found.append(({"id": f"a{n}", **row}, other and {"id": f"b{n}", **other}))
    return found


def _chinese(chance: random.Random) -> Row:
    name = chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, chance.choice([1, 2, 2])))
    return {"姓名": name, "性别": chance.choice("男女"), **_common(chance, "生日", "手机号", "城市", "地址", 0)}


def _latin(chance: random.Random) -> Row:
    given, family = chance.choice(LATIN), chance.choice(FAMILIES)
    return {"first_name": given, "last_name": family, **_common(chance, "dob", "email", "city", "address", 1)}


def _common(chance: random.Random, day: str, contact: str, town: str, street: str, side: int) -> Row:
    number = f"1{chance.choice('3578')}{chance.randrange(10**9):09d}"
    return {
        day: f"{chance.randrange(1950, 2005)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}",
        contact: number if side == 0 else f"m{number[3:]}@mail.com",
        town: chance.choice(TOWNS[side]),
        street: f"{chance.choice(STREETS[side])}{chance.randrange(1, 400)}号{chance.randrange(1, 40)}室",
    }


def _slipped(row: Row, chance: random.Random, *, chinese: bool) -> Row:
    for column in list(row):
        if chance.random() < 0.12:
            row[column] = ""
        elif chance.random() < 0.15 and len(row[column]) > 4:
            at = chance.randrange(2, len(row[column]) - 1)
            row[column] = row[column][:at] + row[column][at + 1] + row[column][at] + row[column][at + 2 :]
    if chinese and chance.random() < 0.3:
        row["姓名"] = "".join(HEARD.get(sign, sign) for sign in row["姓名"])
    if not chinese and chance.random() < 0.1:
        row["first_name"], row["last_name"] = row["last_name"], row["first_name"]
    return row


def write(path: Path, rows: Sequence[Row], encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDB]:
    folder = tmp_path_factory.mktemp("engine")
    made = DuckDB(Settings(folder, None, memory=1 << 30, threads=2), folder / "spill")
    yield made
    made.close()


@pytest.fixture
def suggested(engine: DuckDB) -> Callable[[Path], Suggested]:
    return lambda file: suggest(engine, READERS, file)


Pairs = list[dict[str, str]]


@pytest.fixture
def matched(engine: DuckDB, tmp_path: Path) -> Callable[..., tuple[Matched, Pairs]]:
    """Return a function that matches files and returns the summary and the pairs."""

    def run(config: Config | str, *files: Path) -> tuple[Matched, Pairs]:
        out = tmp_path / "pairs.csv"
        told = read_config(config) if isinstance(config, str) else config
        found = match(engine, READERS, files, told, out, lambda _: None)
        with out.open(encoding="utf-8") as file:
            return found, list(csv.DictReader(file))

    return run


def quality(pairs: Pairs, same: Callable[[str, str], bool], truth: int) -> tuple[float, float, float]:
    """Return precision, recall and F1."""
    right = sum(same(pair["id_l"], pair["id_r"]) for pair in pairs)
    precision, recall = right / max(1, len(pairs)), right / truth
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)
