"""Says beforehand what a rule has to look through where no tag answers it: rows as the lake's log counts them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import askables, inlined
from quanyu.targeting.audiences.places import tables_for
from quanyu.targeting.fields.catalogue import BEHAVIOURS
from quanyu.targeting.fields.leaves import LEAVES
from quanyu.targeting.fields.model import Chain, Did, Distance, Group, Negation, OfUnit, Rule
from quanyu.targeting.fields.rules import parse

_RECORDS = Text("Customer records", "客户记录")


@dataclass(frozen=True)
class Scan:
    """How many rows of one kind a rule looks through, and how many times."""

    what: str
    title: Text
    rows: int
    times: int


def cost(ws: Workspace, rule: object) -> tuple[Scan, ...]:
    """Return what counting a rule (decoded YAML or JSON) has to look through; nothing where tags answer all of it."""
    asked = askables(ws)
    whole = inlined(ws, parse(rule, asked, ws.currency, LEAVES), asked)
    times = Counter(table for leaf in dict.fromkeys(_of_sets(whole)) for table in _looked_through(leaf))
    vector = ws.lake.vector([table for _, _, table in times])
    return tuple(Scan(what, title, ws.lake.stored(table, vector), n) for (what, title, table), n in times.items())


def _of_sets(rule: Rule) -> Iterator[Rule]:
    match rule:
        case Negation(inner):
            yield from _of_sets(inner)
        case Group(_, parts):
            for part in parts:
                yield from _of_sets(part)
        case _:
            yield rule


def _looked_through(rule: Rule) -> list[tuple[str, Text, LakeTable]]:
    match rule:
        case Did(statistic):
            names = [statistic.over]
        case Chain(stages):
            names = [stage.over for stage in stages]
        case OfUnit(by="home_store") | Distance(by="home_store"):
            return [("records", _RECORDS, tables_for("home_store")[0])]
        case OfUnit() | Distance():
            names = ["orders"]
        case _:
            return []
    return [(name, BEHAVIOURS[name].title, BEHAVIOURS[name].tables[0]) for name in names]
