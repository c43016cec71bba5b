"""Applies rules to rows, as expressions: rows in, mended rows and the changes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from operator import or_

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.ingest.rules import Mended
from quanyu.customers.quality.cleansing.rules import REFILL, WORDS, Rule, needed
from quanyu.foundation.kinds import Input, Kind
from quanyu.foundation.lake.hashing import SEPARATOR
from quanyu.foundation.lake.model import Value

HELD_BACK = "quarantine"


def apply(rules: Sequence[Rule], rows: ir.Table, kind: Kind, source: str, now: datetime) -> Mended | None:
    """Mend the rows of one kind from one source; None where no rule is about them.

    Of several rules about one input the first that holds acts, on the value as it came; a value that is not there is
    nobody's matter, and neither is a replacement that changes nothing. A replacement that leaves nothing clears the
    value, but for one that the kind needs, which stays. Changes have line, key, input, rule, action, raw, value
    (texts) and `held`, true where the row may not land; that row is among the changes only.
    """
    here = [rule for rule in rules if rule.kind == kind.name and rule.action != REFILL]
    mine = [rule for rule in here if rule.source in {None, source}]
    inputs = {given.name: given for given in kind.inputs if given.name in rows.columns}
    by_input = {name: [rule for rule in mine if rule.input == name] for name in inputs}
    acting = [_Acting(about, inputs[name], kind, rows, now) for name, about in by_input.items() if about]
    if not acting:
        return None
    held: Value = reduce(or_, [each.holds_back for each in acting])
    columns = {name: value for each in acting for name, value in each.columns().items()}
    kept = rows.mutate(_held=held, **columns).filter(~_["_held"]).drop("_held")
    changes = [each.changes() for each in acting]
    return Mended(kept, ibis.union(*changes) if len(changes) > 1 else changes[0])


@dataclass(frozen=True)
class _Acting:
    """The rules about one input of some rows, of which the first that holds acts."""

    rules: Sequence[Rule]
    about: Input
    kind: Kind
    rows: ir.Table
    now: datetime

    @property
    def raw(self) -> Value:
        return self.rows[self.about.name]

    @cached_property
    def normalised(self) -> Mapping[str, Value]:
        """By rule, what each of those that normalise would leave of a value."""
        return {rule.name: self._normalise(rule) for rule in self.rules if rule.action == "normalise"}

    @cached_property
    def rule(self) -> Value:
        """Name of the rule that acts on a value, NULL where none does."""
        none: Value = ibis.null("string")
        return ibis.cases(*[(self._holds(rule), ibis.literal(rule.name)) for rule in self.rules], else_=none)

    @property
    def holds_back(self) -> Value:
        return self._done(HELD_BACK)

    @cached_property
    def value(self) -> Value:
        """What stands there now; of a row that is held back, what came."""
        cleared: Value = ibis.null(self.raw.type())
        changing = [rule.name for rule in self.rules if rule.action != HELD_BACK]
        cases = [(self.rule == name, self.normalised.get(name, cleared)) for name in changing]
        return ibis.cases(*cases, else_=self.raw) if cases else self.raw

    def columns(self) -> dict[str, Value]:
        """Return the input's columns as they are now: what stands beside a cleared value goes with it."""
        name = self.about.name
        beside: list[str] = [each for each in (f"{name}_local", f"{name}_text") if each in self.rows.columns]
        return {name: self.value} | {each: self._beside(self.rows[each]) for each in beside}

    def changes(self) -> ir.Table:
        action = ibis.cases(*[(self.rule == each.name, ibis.literal(each.action)) for each in self.rules], else_="")
        told = self.rows.select(
            line=self.rows.line,
            key=_key(self.rows, self.kind),
            input=ibis.literal(self.about.name),
            rule=self.rule,
            action=action,
            raw=_written(self.raw),
            value=_written(self.value),
        )
        return told.filter(_.rule.notnull()).mutate(held=_.action == HELD_BACK)

    def _holds(self, rule: Rule) -> Value:
        condition = _condition(rule, self.raw, self.about, self.now) & self.raw.notnull()
        if rule.name in self.normalised:
            condition = condition & ~self.normalised[rule.name].identical_to(self.raw)
        return condition.fill_null(False)

    def _normalise(self, rule: Rule) -> Value:
        pattern = rule.pattern
        said = (
            self.raw.substitute(dict(rule.words)) if pattern is None else self.raw.re_replace(pattern, rule.replacement)
        )
        left = said.strip().nullif("")
        return left.coalesce(self.raw) if needed(self.about, self.kind) else left

    def _done(self, action: str) -> Value:
        names = [rule.name for rule in self.rules if rule.action == action]
        return self.rule.isin(names).fill_null(False) if names else ibis.literal(False)

    def _beside(self, value: Value) -> Value:
        return ibis.ifelse(self._done("clear"), ibis.null(value.type()), value)


def _written(value: Value) -> Value:
    text = value.cast("string")
    return text.re_replace(r"\.?0+$", "") if value.type().is_decimal() else text


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


def _key(rows: ir.Table, kind: Kind) -> Value:
    written: list[Value] = [rows[name].cast("string") for name in kind.key if name in rows.columns]
    named = [text.fill_null("") for text in written]
    return reduce(lambda left, right: left + SEPARATOR + right, named) if named else ibis.literal("")
