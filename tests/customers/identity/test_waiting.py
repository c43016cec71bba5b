"""However records come, are recognised in between and are taken back, customers are those of all that is there."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from quanyu.app.house import rooms_of
from quanyu.app.rooms import ROOMS
from quanyu.customers.events.tables import EVENTS
from quanyu.customers.identity import forgetting, nearby, resolving, waiting
from quanyu.customers.identity.names import reading_of
from quanyu.customers.identity.policies import apply_policy, policy_of
from quanyu.customers.identity.policy import EVERYWHERE, Policy, default_policy, read_policy
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.resolving import NOBODY, UNDATED, Known, Links, resolve
from quanyu.customers.identity.tables import RECORDS
from quanyu.customers.identity.waiting import read_everything
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.taking_back import take_back
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Ask = Callable[..., list[Any]]
Rows = Callable[..., list[dict[str, Any]]]
MEMBERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: customer_record
    columns: {key: id, name: name, birthday: born, gender: gender, staff: label, observed_at: at}
    identifiers:
      - {type: phone, column: phone}
      - {type: unionid, scope: heyuan, column: unionid}
      - {type: card, scope: heyuan, column: card}
      - {type: device, column: device}
"""
VIEWS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: event
    columns: {event_id: id, name: name, occurred_at: at, device: device}
"""
HEAD = "id,name,born,gender,label,at,phone,unionid,card,device"
NAMES = ("王芳", "Wang Fang", "李强", "王女士", "小可爱", "", "")
FEW = read_policy(
    default_policy()
    .text.replace("customers: 12", "customers: 4, valid_for: 12")
    .replace("records: 1, customers: 3, valid_for: 180", "records: 2, customers: 3, valid_for: 9")
)
HOUSE = rooms_of(ROOMS)


@dataclass(frozen=True)
class Line:
    """What one line of a source says of one record; texts are empty where it says nothing."""

    source: str
    key: str
    name: str
    born: str
    gender: str
    at: int  # the day, from 0
    phone: str
    unionid: str
    card: str
    device: str

    @property
    def label(self) -> str:
        return f"{self.source}.{self.key}"

    @property
    def values(self) -> dict[tuple[str, str], str]:
        told = {("phone", EVERYWHERE): self.phone, ("unionid", "heyuan"): self.unionid}
        told |= {("card", "heyuan"): self.card, ("device", self.source): self.device}
        return {kind: value for kind, value in told.items() if value}

    @property
    def written(self) -> str:
        told = (
            self.key,
            self.name,
            self.born,
            self.gender,
            self.label,
            f"{date(2026, 3, 1) + timedelta(self.at)} 20:00:00",
        )
        return ",".join((*told, self.phone, self.unionid, self.card, self.device))


def drawn(draw: random.Random, source: str, key: str, at: int) -> Line:
    def some(chance: float, *values: str) -> str:
        return draw.choice(values) if draw.random() < chance else ""

    return Line(
        *(source, key, draw.choice(NAMES), some(0.3, "03-08", "12-01"), some(0.3, "f", "m"), at),
        some(0.8, *(f"1380013800{n}" for n in range(5))),
        some(0.2, *(f"u{n}" for n in range(3))),
        some(0.3, *(f"c{n}" for n in range(6))),
        some(0.3, "d0", "d1", "d2"),
    )


def bring_lines(bring: Import, lines: Sequence[Line]) -> int:
    """Import lines of one source; return the number of the import."""
    text = "\n".join([HEAD, *(line.written for line in lines), ""])
    source = lines[0].source
    return bring(text.encode(), mapping=MEMBERS, source=source, name=f"{source}.csv").number


def bring_views(bring: Import, source: str, devices: Sequence[str]) -> None:
    lines = [f"{source}.{device},Page,2026-03-01,{device}" for device in devices]
    text = "\n".join(["id,name,at,device", *lines, ""])
    bring(text.encode(), mapping=VIEWS, source=source, name=f"{source}-views.csv")


def expected(lines: Sequence[Line], viewed: Sequence[tuple[str, str]], policy: Policy) -> set[frozenset[str]]:
    """Return the customers of these lines, as labels of records, by the rules alone."""
    labels = sorted({line.label for line in lines})
    by_label = {
        label: sorted((line for line in lines if line.label == label), key=lambda line: line.at) for label in labels
    }
    devices = [f"{source}.{device}" for source, device in viewed]
    numbers: dict[Any, int] = {"": 0}

    def number(value: Any) -> int:
        return numbers.setdefault(value, len(numbers))

    def last(label: str, of: Callable[[Line], str]) -> int:
        return number(([of(line) for line in by_label[label] if of(line)] or [""])[-1])

    told = [
        [last(label, of) for label in labels] + [0] * len(devices)
        for of in (
            *(lambda line: reading_of(line.name)[0], lambda line: reading_of(line.name)[1]),
            *(lambda line: line.born, lambda line: line.gender),
        )
    ]
    count = len(labels) + len(devices)
    known = Known(
        np.arange(count),
        np.array([number(label.partition(".")[0]) for label in (*labels, *devices)]),
        np.arange(count) >= len(labels),
        *(np.array(column, np.int64) for column in told),
    )
    kinds = sorted({kind for line in lines for kind in line.values} | {("device", source) for source, _ in viewed})
    pairs = {(len(labels) + n, kinds.index(("device", source)), name): UNDATED
             for n, (source, name) in enumerate(viewed)}  # fmt: skip
    for line in sorted(lines, key=lambda line: line.at):
        pairs |= {(labels.index(line.label), kinds.index(kind), value): line.at for kind, value in line.values.items()}
    keys = sorted({(kind, value) for _, kind, value in pairs})
    tied = sorted((record, keys.index((kind, value)), day) for (record, kind, value), day in pairs.items())
    record, key, seen = (np.array([tie[side] for tie in tied], np.int64) for side in (0, 1, 2))
    kind_of, nothing = np.array([kind for kind, _ in keys], np.int64), np.zeros(len(tied), np.bool_)
    links = Links(record, key, kind_of, kinds, nothing, seen=seen)
    component = resolve(known, links, policy).component
    named = np.array([*labels, *devices])
    return {frozenset(named[component == one].tolist()) for one in set(component.tolist()) - {NOBODY}}


def found(ask: Ask, rows: Rows) -> set[frozenset[str]]:
    """Return the customers of the workspace, as labels of records."""
    label = {row["record"]: row["event_id"] for row in rows(EVENTS)} | {
        row["record"]: row["staff"] for row in rows(RECORDS)
    }
    groups: dict[int, set[str]] = {}
    for record, customer in ask("select record, customer from record_customer"):
        groups.setdefault(customer, set()).add(label[record])
    return {frozenset(group) for group in groups.values()}


def of_all_that_is_there(workspace: Workspace) -> tuple[set[frozenset[int]], set[frozenset[int]]]:
    """Return the customers as they are, and as they are by all that the database holds: ordinals of records."""
    with workspace.begin() as connection:
        everything = read_everything(workspace, connection)
        component = resolve(everything.known, everything.links, policy_of(workspace, connection)).component
    record = everything.known.record
    now, then = (
        {frozenset(record[each == one].tolist()) for one in set(each.tolist()) - {NOBODY}}
        for each in (everything.customer, component)
    )
    return now, then


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.scale) for seed in range(2, 30))])
def test_any_order_and_batching_ends_in_the_customers_of_the_rules(
    seed: int, bring: Import, workspace: Workspace, ask: Ask, rows: Rows, monkeypatch: pytest.MonkeyPatch
):
    draw = random.Random(seed)
    monkeypatch.setattr(waiting, "LARGE", draw.choice([0.0, 2.0, 2.0]))
    apply_policy(workspace, FEW, "test")
    keys = [(source, f"k{n}") for source in ("pos", "web") for n in range(9)]
    lines = [drawn(draw, *draw.choice(keys), at) for at in range(34)]
    given = {(line.label, pair) for line in lines for pair in line.values.items()}
    viewed = [(source, device) for source in ("pos", "web") for device in ("d0", "d1")]
    steps: list[Callable[[], object]] = [
        lambda: bring_views(bring, "pos", ["d0", "d1"]),
        lambda: bring_views(bring, "web", ["d0", "d1"]),
    ]
    draw.shuffle(lines)
    for source in ("pos", "web"):
        mine = [line for line in lines if line.source == source]
        cuts = sorted(draw.sample(range(1, len(mine)), 2))
        for part in (mine[: cuts[0]], mine[cuts[0] : cuts[1]], mine[cuts[1] :]):
            steps.append(lambda part=part: bring_lines(bring, part))
    wrong: list[int] = []
    for source in ("pos", "web"):
        strangers = [drawn(draw, source, f"w{n}", 100 + n) for n in range(4)]
        mistaken = [Line(source, f"k{n}", "", "", "", 0, f"1380013800{n % 5}", "", f"c{n % 6}", "d0") for n in range(9)]
        part = [
            *strangers,
            *(line for line in mistaken if not given & {(line.label, pair) for pair in line.values.items()}),
        ]
        steps.append(lambda part=part: wrong.append(bring_lines(bring, part)))
    draw.shuffle(steps)
    later = [*steps, lambda: [take_back(workspace, wrong.pop(), HOUSE) for _ in list(wrong)]]
    for step in later:
        step()
        if draw.random() < 0.5:
            recognise(workspace)
            now, then = of_all_that_is_there(workspace)
            assert now == then
    recognise(workspace)
    assert found(ask, rows) == expected(lines, viewed, FEW)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.scale) for seed in range(1, 12))])
def test_what_more_share_than_anybody_has_parts_them_and_joins_them_again(
    seed: int, bring: Import, workspace: Workspace, ask: Ask, monkeypatch: pytest.MonkeyPatch
):
    """Whether a card joins who has it changes with each delivery and each one that is taken back."""
    draw = random.Random(seed)
    for module in (nearby, resolving, forgetting):
        monkeypatch.setattr(module, "MOST", 4)
    monkeypatch.setattr(waiting, "LARGE", 2.0)
    standing: list[int] = []
    for step in range(7):
        if len(standing) > 2 and draw.random() < 0.5:
            take_back(workspace, standing.pop(draw.randrange(len(standing))), HOUSE)
        else:
            source = draw.choice(["pos", "web", "app"])
            lines = [drawn(draw, source, f"s{step}k{n}", step * 10 + n) for n in range(4)]
            crowd = [replace(line, card=f"c{draw.randrange(2)}", unionid="") for line in lines]
            standing.append(bring_lines(bring, crowd))
        if draw.random() < 0.7:
            recognise(workspace)
            now, then = of_all_that_is_there(workspace)
            assert now == then
    recognise(workspace)
    now, then = of_all_that_is_there(workspace)
    assert now == then
    assert len(now) > 1
