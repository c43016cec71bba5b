"""Who bears a rare name in one city is likely one person; how likely, those who live elsewhere tell."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from quanyu.customers.identity.naming import find_entries
from quanyu.customers.identity.policies import apply_policy
from quanyu.customers.identity.policy import default_policy, read_policy
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.matching.namesakes import ENOUGH, READ, pairs_by_name
from quanyu.customers.matching.own import SURE, own_config, propose_own
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
MAPPING = """
source: SOURCE
files: "FILES"
time_zone: Asia/Shanghai
currency: CNY
legal_basis: {basis: consent, receivers: true}
kinds:
  - kind: customer_record
    columns: {key: id, name: name, city: city, store: store, gender: gender, birthday: born}
    identifiers: [{type: phone, column: phone}]
"""
CITIES = ("杭州", "宁波", "温州", "绍兴", "嘉兴", "湖州", "金华", "台州")
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高", "伟芳娜敏静丽强磊军洋勇艳杰涛明超兰霞平刚"
PAIRS = 60


def name_of(number: int) -> str:
    """Return names that are read differently, of few hundreds."""
    return SURNAMES[number % 20] + GIVEN[number // 20 % 20] + GIVEN[(number // 20 + 7) % 20]


@dataclass
class Town:
    """A till and a site that know the same people; the site asks for no phone."""

    till: list[str] = field(default_factory=list)
    site: list[str] = field(default_factory=list)

    def live(self, number: int, city: str, *, other: str | None = None, phone: str = "", gender: str = "") -> None:
        """Let somebody have a card, and an account that says the same city, or another one."""
        name = name_of(number)
        self.till.append(f"c{number},{name},{city},,{gender},,139{number:08d}")
        self.site.append(f"u{number},{name},{other or city},,{'m' if gender == 'f' else ''},,{phone}")

    def bring(self, bring: Import, workspace: Workspace, mapping: str = MAPPING) -> None:
        for source, lines in (("till", self.till), ("site", self.site)):
            text = "\n".join(["id,name,city,store,gender,born,phone", *lines, ""])
            bring(text.encode(), mapping=mapping, source=source, name=f"{source}.csv")
        recognise(workspace)


def found(workspace: Workspace) -> dict[tuple[str, str], float]:
    with workspace.begin() as connection:
        vector = workspace.lake.vector_in(connection, (*READ, CUSTOMER_OF_RECORD))
        rows = workspace.lake.to_arrow(
            pairs_by_name(workspace.lake, vector, workspace.lake.table(CUSTOMER_OF_RECORD, vector))
        ).to_pylist()
        names = [f"{source}:{letter}{n}" for source, letter in (("till", "c"), ("site", "u")) for n in range(2 * PAIRS)]
        entries = find_entries(workspace, connection, names)
    key = {entry.record: str(entry.key) for entry in entries}
    return {
        (min(pair), max(pair)): row["probability"] for row in rows for pair in [(key[row["one"]], key[row["other"]])]
    }


def test_how_likely_it_is_is_told_by_those_who_live_in_different_cities(bring: Import, workspace: Workspace):
    town = Town()
    for n in range(PAIRS):
        town.live(n, CITIES[n % 8])
    for n in range(PAIRS, PAIRS + 20):  # namesakes who live apart
        town.live(n, CITIES[n % 8], other=CITIES[(n + 3) % 8])
    for n in range(PAIRS + 20, PAIRS + 30):  # a man is not a woman
        town.live(n, CITIES[n % 8], gender="f")
    for n in range(PAIRS + 30, 2 * PAIRS):  # who has a phone on both sides; too few to say anything
        phone = f"138{n:08d}" if n < PAIRS + 30 + ENOUGH - 1 else ""
        town.live(n, CITIES[n % 8], phone=phone)
    town.bring(bring, workspace)
    pairs = found(workspace)
    alone = [*range(PAIRS), *range(PAIRS + 30 + ENOUGH - 1, 2 * PAIRS)]
    assert set(pairs) == {(f"c{n}", f"u{n}") for n in alone}
    (probability,) = set(pairs.values())
    by_chance = 20 * (1 / 8) / (1 - 1 / 8)  # pairs of strangers who would live in one city, of eight about as large
    assert probability == pytest.approx(1 - by_chance / len(alone), abs=0.005)


@pytest.mark.scale
def test_one_source_does_not_have_a_person_twice_and_a_frequent_name_says_nothing(bring: Import, workspace: Workspace):
    town = Town()
    for n in range(PAIRS):
        town.live(n, CITIES[n % 8])
    for n in range(10):  # a second card
        town.till.append(f"c{PAIRS + n},{name_of(n)},{CITIES[n % 8]},,,,139{PAIRS + n:08d}")
    for n in range(10, 20):  # three more who bear the name elsewhere
        for more in range(3):
            number = PAIRS + 10 + (n - 10) * 3 + more
            town.till.append(f"c{number},{name_of(n)},{CITIES[(n + 1) % 8]},,,,139{number:08d}")
    number = PAIRS + 40
    town.till += [f"c{n},快乐每一天,,,,,139{n:08d}" for n in range(number, 2 * PAIRS)]
    town.site += [f"u{n},,,,,," for n in range(PAIRS, 2 * PAIRS)]
    town.bring(bring, workspace)
    assert set(found(workspace)) == {(f"c{n}", f"u{n}") for n in range(20, PAIRS)}


@pytest.mark.scale
@pytest.mark.parametrize("word", ["store", "staff", "channel"])
def test_where_a_store_or_a_guide_is_their_customers_tell(bring: Import, workspace: Workspace, word: str):
    """Cards say their store only; those who have said their city elsewhere by the same phone tell where it is."""
    town = Town()
    for n in range(2 * PAIRS):
        told = n >= PAIRS
        phone = f"139{n:08d}"
        town.till.append(f"c{n},{name_of(n)},,S{n % 4},,,{phone}")
        town.site.append(f"u{n},{name_of(n)},{CITIES[n % 4]},,,,{phone if told else ''}")
    town.bring(bring, workspace, MAPPING.replace("store: store", f"{word}: store"))
    assert set(found(workspace)) == {(f"c{n}", f"u{n}") for n in range(PAIRS)}


@pytest.mark.scale
def test_they_are_proposed_join_by_policy_and_are_proposed_again(
    bring: Import, workspace: Workspace, ask: Callable[[str], list[Any]]
):
    town = Town()
    for n in range(PAIRS):
        town.live(n, CITIES[n % 8])
    town.bring(bring, workspace)
    first = propose_own(workspace, own_config(), SURE, lambda _: None)
    assert first.proposed.likely == PAIRS
    joins = default_policy().text.replace("match:           {strength: asks", "match: {strength: proves", 1)
    apply_policy(workspace, read_policy(joins), "tester")
    recognise(workspace)
    assert ask("select count(distinct customer) from record_customer") == [(PAIRS,)]
    again = propose_own(workspace, own_config(), SURE, lambda _: None)
    assert (again.proposed.likely, again.proposed.new, again.proposed.gone) == (PAIRS, 0, 0)
