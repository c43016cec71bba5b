"""Tries rules on what has landed already and says how many values each would change; nothing is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.identity.private import open_attributes
from quanyu.customers.identity.tables import RECORDS, RECORDS_PRIVATE
from quanyu.customers.quality.cleansing.applying import apply
from quanyu.customers.quality.cleansing.refilling import refills, refills_of
from quanyu.customers.quality.cleansing.rules import Rule
from quanyu.customers.quality.columns import columns_of, surveyed
from quanyu.foundation.kinds import Kind
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace

SAMPLES = 3
SHOWN_FROM = 20  # rows: a value that fewer have could be one person's


@dataclass(frozen=True)
class Sample:
    """A value and what it would become, masked where the rule itself does not name it; None where nothing stays."""

    raw: str
    value: str | None
    times: int


@dataclass(frozen=True)
class Tried:
    rule: Rule
    values: int
    samples: tuple[Sample, ...]


def try_rules(ws: Workspace, rules: Sequence[Rule], kinds: Sequence[Kind]) -> list[Tried]:
    """Return, rule by rule, what each would do to the rows as they are published now."""
    counted: dict[str, list[Sample]] = {rule.name: [] for rule in rules}
    named = {rule.name: rule for rule in rules}
    wanted = [kind for kind in kinds if surveyed(kind) and any(rule.kind == kind.name for rule in rules)]
    with ws.heavy():
        for kind in wanted:
            for row in _changes(ws, kind, rules):
                rule = named[row["rule"]]
                counted[rule.name].append(Sample(_masked(rule, row["raw"]) or "", _after(rule, row), row["times"]))
        for row in _refills(ws, rules):
            counted[row["rule"]].append(Sample("–", row["value"], row["times"]))
    return [
        Tried(rule, sum(sample.times for sample in counted[rule.name]), _most(counted[rule.name])) for rule in rules
    ]


def _changes(ws: Workspace, kind: Kind, rules: Sequence[Rule]) -> Iterator[dict[str, Any]]:
    vector = ws.lake.vector((kind.tables[0], RECORDS_PRIVATE))
    if kind.tables[0].name not in vector:
        return
    rows = ws.lake.table(kind.tables[0], vector)
    with ws.lake.held(_as_inputs(ws, kind, rows)) as plain:
        sources = [row["source"] for row in ws.lake.to_arrow(plain.select("source").distinct()).to_pylist()]
        tables = [plain, *_sealed(ws, kind, rows, rules)]
        for source in sorted(sources):
            for table in tables:
                mine = table.filter(table.source == source)
                found = apply(rules, mine, kind, source, ws.clock.now())
                if found is not None:
                    told = found.changes.group_by("rule", "raw", "value").agg(times=_.count())
                    yield from ws.lake.to_arrow(told).to_pylist()


def _refills(ws: Workspace, rules: Sequence[Rule]) -> Iterator[dict[str, Any]]:
    """Count what would be refilled; a value that few have is not shown."""
    wanted = refills_of(rules)
    if wanted and RECORDS.name in ws.lake.vector((RECORDS,)):
        counted = refills(ws, wanted, 0).group_by("rule", "value").agg(times=_.count())
        for row in ws.lake.to_arrow(counted).to_pylist():
            yield row if row["times"] >= SHOWN_FROM else {**row, "value": f"{row['value'][:1]}***"}


def _as_inputs(ws: Workspace, kind: Kind, rows: ir.Table) -> ir.Table:
    """Return the columns that hold inputs as they come in: amounts in major units."""
    named: dict[str, Value] = {}
    for column in columns_of(kind, ws.currency):
        value: Value = rows[column.name]
        if column.name == column.input.name:
            named[column.name] = (value / column.scale).cast("decimal(24, 6)") if column.scale > 1 else value
    return rows.select("source", line=ibis.literal(0), **named)


def _sealed(ws: Workspace, kind: Kind, rows: ir.Table, rules: Sequence[Rule]) -> Iterator[ir.Table]:
    """Open the private attributes that rules are about, each as a table of its own."""
    if not kind.takes_identifiers:
        return
    plain = {column.name for column in columns_of(kind, ws.currency)}
    for given in kind.inputs:
        if given.name in plain or not any((r.kind, r.input) == (kind.name, given.name) for r in rules):
            continue
        opened = ibis.memtable(open_attributes(ws, ws.lake.vector((RECORDS_PRIVATE,))))
        value: Value = opened.value
        typed = value.try_cast("date") if given.type == "date" else value
        mine = opened.filter(_.type == given.name).select("record", **{given.name: typed})
        yield mine.inner_join(rows.select("record", "source"), "record").mutate(line=ibis.literal(0))


def _after(rule: Rule, row: dict[str, Any]) -> str | None:
    return None if rule.action != "normalise" else _masked(rule, row["value"])


def _masked(rule: Rule, written: object) -> str | None:
    """Show what the rule's own file says; of anything else the first character."""
    if written is None:
        return None
    text = str(written)
    said = {str(each) for each in rule.when.one_of} | {word for pair in rule.words for word in pair}
    return text if text in said else f"{text[:1]}***"


def _most(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    return tuple(sorted(samples, key=lambda sample: (-sample.times, sample.raw))[:SAMPLES])
