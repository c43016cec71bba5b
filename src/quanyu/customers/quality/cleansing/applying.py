"""Applies rules to rows, as expressions: rows in, mended rows and the changes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.quality.cleansing.rules import WORDS, Rule
from quanyu.customers.quality.tables import CLEANSED
from quanyu.foundation.kinds import Input, Kind
from quanyu.foundation.lake.hashing import SEPARATOR, keyed_hash
from quanyu.foundation.lake.model import Value

HELD_BACK = "quarantine"


@dataclass(frozen=True)
class Cleansed:
    """`rows` are those that stay, mended; `changes` has line, key, input, rule, action, raw, value (texts).

    A row that is held back is in `changes` only, with the action `quarantine`: whoever lands the others keeps it with
    the rejects, with the rule's reason.
    """

    rows: ir.Table
    changes: ir.Table


def apply(rules: Sequence[Rule], rows: ir.Table, kind: Kind, source: str, now: datetime) -> Cleansed | None:
    """Mend the rows of one kind from one source; None where no rule is about them.

    Of several rules about one input the first that holds acts, on the value as it came; a value that is not there is
    nobody's matter, and neither is a replacement that changes nothing.
    """
    inputs = {given.name: given for given in kind.inputs}
    of_input: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.kind == kind.name and rule.source in {None, source} and rule.input in rows.columns:
            of_input.setdefault(rule.input, []).append(rule)
    if not of_input:
        return None
    acting = {name: _acting(mine, rows[name], inputs[name], now) for name, mine in of_input.items()}
    mended = {name: _mended(mine, rows[name], acting[name]) for name, mine in of_input.items()}
    key = _key(rows, kind)
    parts = [_changes(mine, rows, key, acting[name], mended[name]) for name, mine in of_input.items()]
    held = [acting[n].isin([r.name for r in mine if r.action == HELD_BACK]) for n, mine in of_input.items()]
    held_back: Value = reduce(or_, held).fill_null(False)
    kept = rows.mutate(_held_back=held_back, **mended).filter(~_["_held_back"]).drop("_held_back")
    return Cleansed(kept, ibis.union(*parts) if len(parts) > 1 else parts[0])


def written(changes: ir.Table, kind: Kind, source: str, import_number: int, secret: str) -> ir.Table:
    """Return changes as the lake keeps them: a raw value that is sealed elsewhere stands here as a keyed hash only."""
    plain = [name for name in (given.name for given in kind.inputs) if name in kind.tables[0].schema.names]
    name: Value = changes.input
    shown = name.isin(plain)
    nothing: Value = ibis.null("string")
    told: Value = changes.raw
    return changes.select(
        import_number=ibis.literal(import_number, "int64"),
        source=ibis.literal(source),
        kind=ibis.literal(kind.name),
        key_hash=keyed_hash(secret, ibis.literal(kind.name), ibis.literal(source), changes.key),
        line=changes.line.cast("int64"),
        input=name,
        rule=changes.rule,
        action=changes.action,
        raw=ibis.ifelse(shown, told, nothing),
        raw_hash=keyed_hash(secret, ibis.literal(kind.name), name, told),
        value=ibis.ifelse(shown, changes.value, nothing),
    ).select(*CLEANSED.schema.names)


def _acting(rules: Sequence[Rule], value: Value, about: Input, now: datetime) -> Value:
    """Return the name of the rule that acts on each value, NULL where none does."""
    none: Value = ibis.null("string")
    return ibis.cases(*[(_holds(rule, value, about, now), ibis.literal(rule.name)) for rule in rules], else_=none)


def _holds(rule: Rule, value: Value, about: Input, now: datetime) -> Value:
    condition = _condition(rule, value, about, now)
    holds = condition if rule.action != "normalise" else condition & (_normalised(rule, value) != value)
    return holds.fill_null(False)


def _condition(rule: Rule, value: Value, about: Input, now: datetime) -> Value:
    when = rule.when
    if when.one_of:
        return (value if about.type in WORDS else value.cast("decimal(38, 6)")).isin(when.one_of)
    if when.matches is not None:
        return value.re_search(when.matches)
    if when.in_future:
        return value > (ibis.literal(now.date()) if about.type == "date" else ibis.literal(now, _INSTANT))
    bounds = [] if when.least is None else [value < _literal(when.least)]
    bounds += [] if when.most is None else [value > _literal(when.most)]
    return reduce(or_, bounds) if bounds else value.notnull()


_INSTANT = "timestamp('UTC', 6)"


def _literal(bound: object) -> Value:
    return ibis.literal(bound, _INSTANT) if isinstance(bound, datetime) else ibis.literal(bound)


def _normalised(rule: Rule, value: Value) -> Value:
    if rule.pattern is not None:
        return value.re_replace(rule.pattern, rule.replacement)
    return value.substitute(dict(rule.words))


def _mended(rules: Sequence[Rule], value: Value, acting: Value) -> Value:
    cleared = ibis.null(value.type())
    cases = [
        (acting == rule.name, _normalised(rule, value) if rule.action == "normalise" else cleared)
        for rule in rules
        if rule.action != HELD_BACK
    ]
    return ibis.cases(*cases, else_=value) if cases else value


def _key(rows: ir.Table, kind: Kind) -> Value:
    written: list[Value] = [rows[name].cast("string") for name in kind.key if name in rows.columns]
    named = [text.fill_null("") for text in written]
    return reduce(lambda left, right: left + SEPARATOR + right, named) if named else ibis.literal("")


def _changes(rules: Sequence[Rule], rows: ir.Table, key: Value, acting: Value, mended: Value) -> ir.Table:
    rule = rules[0]
    actions = {each.name: each.action for each in rules}
    action = ibis.cases(*[(acting == name, ibis.literal(done)) for name, done in actions.items()], else_="")
    told = rows.select(
        line=rows.line,
        key=key,
        input=ibis.literal(rule.input),
        rule=acting,
        action=action,
        raw=rows[rule.input].cast("string"),
        value=mended.cast("string"),
    )
    return told.filter(_.rule.notnull())
