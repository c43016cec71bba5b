"""Whose tags may have changed since the last run, and which of them: what has come in, and what the days moved.

A statistic of a customer is another one only if a row of his has come, gone or become another, or if a row has crossed
an end of one of the statistic's windows. Who is named here may be unchanged; who is not named is unchanged for certain.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
import numpy as np

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.differing import Difference, difference
from quanyu.foundation.lake.model import LakeTable, Pinned, Value, Vector
from quanyu.foundation.measuring import UNSAID, Apart, Behaviour, Link, Measure, Scope
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.aggregating import Statistics, choices, first_day
from quanyu.targeting.fields.model import Window
from quanyu.targeting.tags.crossing import Range, crossed

MUCH = 4
"""Of so many rows one has changed: to look for whom they are is dearer than to take all anew."""
FEW = 100_000
"""Changed rows up to which it is always looked for whom they are."""


@dataclass(frozen=True)
class State:
    """What a run looks at: versions of tables, those tables as of a day, and who lives."""

    vector: Vector
    scope: Scope
    alive: OrdinalSet


@dataclass(frozen=True)
class Part:
    """Tags whose values are taken anew of these customers alone, of what they did from the day `since` on, if any."""

    names: tuple[str, ...]
    customers: OrdinalSet
    since: date | None = None


@dataclass(frozen=True)
class Changes:
    """What is to be taken anew of whom: of each behaviour all statistics, in parts.

    `standing` names measures whose answers are as they were; of those in `apart` only these customers have other rows,
    any other is answered anew for everybody. `come` live since, `gone` do not live any more.
    """

    behaviours: Mapping[str, tuple[Part, ...]]
    standing: frozenset[str] = frozenset()
    apart: Mapping[str, OrdinalSet] = field(default_factory=dict[str, OrdinalSet])
    come: OrdinalSet = field(default_factory=OrdinalSet.empty)
    gone: OrdinalSet = field(default_factory=OrdinalSet.empty)

    @property
    def customers(self) -> OrdinalSet:
        """Everybody of whom anything is taken anew, beside what depends on all."""
        parts = (part.customers for parts in self.behaviours.values() for part in parts)
        return reduce(or_, (*parts, *self.apart.values()), self.come)

    def anew(self, behaviour: str) -> list[Part]:
        """Return the parts of a behaviour that are taken anew of anybody."""
        return [part for part in self.behaviours[behaviour] if part.customers]


def changes_since(
    ws: Workspace,
    before: State,
    now: State,
    known: Mapping[Behaviour, Statistics],
    measures: Iterable[Measure],
) -> Changes:
    """Return what is to be taken anew since a run of an earlier day, or the same.

    `known` are the behaviours with their statistics.
    """
    with ExitStack() as stack:
        mapping = stack.enter_context(ws.lake.held(now.scope.tables[CUSTOMER_OF_RECORD.name]))
        looking = _Looking(ws, before, replace(now, scope=now.scope.showing(CUSTOMER_OF_RECORD, mapping)), stack)
        parts = {each.name: _parts(looking, each, statistics) for each, statistics in known.items()}
        moving = [measure for measure in measures if not _stands(measure, before, now)]
        apart = {each.name: _own(looking, each, each.apart) for each in moving if each.apart is not None}
    standing = frozenset(measure.name for measure in measures) - {measure.name for measure in moving}
    return Changes(parts, standing, apart, now.alive - before.alive, before.alive - now.alive)


def _stands(measure: Measure, before: State, now: State) -> bool:
    names = [table.name for table in measure.tables]
    same = all(before.vector.get(name) == now.vector.get(name) for name in names)
    return same and before.scope.day == now.scope.day and not (now.alive - before.alive)


def _parts(looking: "_Looking", behaviour: Behaviour, statistics: Statistics) -> tuple[Part, ...]:
    """Group the statistics by their windows: each group is taken of those whose rows moved in one of these."""
    groups: dict[frozenset[Window], list[str]] = {}
    for name, statistic in statistics.items():
        groups.setdefault(frozenset(window for window, _where in choices(statistic)), []).append(name)
    told = looking.changed(behaviour)
    moved = looking.moved(behaviour, frozenset[Window]().union(*groups))
    return tuple(
        Part(
            tuple(names),
            reduce(or_, (moved[window] for window in windows), told),
            first_day({name: statistics[name] for name in names}, looking.day),
        )
        for windows, names in groups.items()
    )


def _own(looking: "_Looking", measure: Measure, apart: Apart) -> OrdinalSet:
    """Return whose own rows have changed, as those of a behaviour have that counts on every day."""

    def build(scope: Scope, _wanted: AbstractSet[str]) -> ir.Table:
        return apart.rows(scope)

    rows = Behaviour(measure.name, UNSAID, measure.tables[:1], (), build)
    return looking.changed(rows) | looking.moved(rows, [Window()])[Window()]


class _Looking:
    """Two states of the lake, and what is known of their differences so far."""

    def __init__(self, ws: Workspace, before: State, now: State, stack: ExitStack) -> None:
        self._ws, self._before, self._now, self._stack = ws, before, now, stack
        self._differences: dict[str, Difference | None] = {}
        self._regrouped = (now.alive - before.alive) | self._other_customers()

    @property
    def day(self) -> date:
        return self._now.scope.day

    def changed(self, behaviour: Behaviour) -> OrdinalSet:
        """Return everybody whose rows have come, gone or become others."""
        return self._now.alive & (self._regrouped | self._touched(behaviour))

    def moved(self, behaviour: Behaviour, windows: Iterable[Window]) -> dict[Window, OrdinalSet]:
        """Return of each window everybody of whom a row has come into it or left it because days have gone by."""
        ranges = {window: crossed(window, self._before.scope.day, self._now.scope.day) for window in windows}
        every = {each for some in ranges.values() for each in some}
        if not every:
            return {window: OrdinalSet.empty() for window in ranges}
        now = self._now.scope
        if behaviour.dated is not None:
            first = now.tables[behaviour.tables[0].name]
            now = now.showing(behaviour.tables[0], first.filter(_within(first[behaviour.dated], every)))
        rows: Value = behaviour.build(now, frozenset()) if behaviour.near is None else behaviour.near(now)
        near = rows.filter(_within(rows.day, every)).select("record", "day")
        owned = near.inner_join(self._mapping, "record").select("customer", "day").distinct()
        found = self._ws.lake.to_arrow(owned)
        customers, days = found["customer"].to_numpy(), found["day"].to_numpy()
        within = {
            (first, last): (days >= np.datetime64(first)) & (days <= np.datetime64(last)) for first, last in every
        }
        none = np.zeros(len(days), np.bool_)
        return {
            window: OrdinalSet.of(customers[reduce(or_, (within[each] for each in some), none)])
            for window, some in ranges.items()
        }

    def _touched(self, behaviour: Behaviour) -> OrdinalSet:
        """Return whose rows of the first table have changed, or look at rows of other tables that have."""
        first, links = behaviour.tables[0], {link.table.name: link for link in behaviour.links}
        if first.name in self._before.scope.unknown:  # who did nothing of the kind has 0 from now on
            return self._now.alive
        gone: list[ir.Table] = []
        come: list[ir.Table] = []
        with ExitStack() as stack:
            for table in behaviour.tables:
                told, link = self._difference(table), links.get(table.name)
                if told is not None and (self._is_much(table, told) or (link is None and table != first)):
                    return self._now.alive
                if told is not None and table == first:
                    gone.append(told.gone)
                    come.append(told.come)
                if link is not None and (keys := self._keys(link, told, first)) is not None:
                    wanted = stack.enter_context(self._ws.lake.held(keys.distinct()))
                    if not self._ws.lake.count(wanted.limit(1)):
                        continue
                    come.append(self._linked(first, link, wanted, self._now))
                    if not behaviour.owned:  # else rows that are there no longer stand among those gone
                        gone.append(self._linked(first, link, wanted, self._before))
            if behaviour.owned:
                return self._of_records([rows.select("record") for rows in (*gone, *come)])
            pairs = ((self._before, gone), (self._now, come))
            some = [stack.enter_context(self._said(behaviour, rows, state)) for state, rows in pairs if rows]
            return self._of_records([rows for rows in some if rows is not None])

    def _of_records(self, rows: Sequence[ir.Table]) -> OrdinalSet:
        if not rows:
            return OrdinalSet.empty()
        records = rows[0] if len(rows) == 1 else ibis.union(*rows)
        return self._customers(records.inner_join(self._mapping, "record"))

    def _keys(self, link: Link, told: Difference | None, first: LakeTable) -> ir.Table | None:
        """Return the keys of rows of another table that changed, or now say something else.

        Not of those at which only rows of the first table look that have come themselves.
        """
        found: list[ir.Table] = []
        if told is not None:
            changed = told.gone if link.leads else told.stored
            found = [link.keys(changed, state.scope) for state in (self._before, self._now)]
        if link.turns is not None and self._before.scope.day < self._now.scope.day:
            rows = self._now.scope.tables[link.table.name]
            on = link.turns(rows, self._now.scope)
            later = on.between(self._before.scope.day + timedelta(days=1), self._now.scope.day)
            found.append(link.keys(rows.filter(later), self._now.scope))
        if not found:
            return None
        keys = ibis.union(*found) if len(found) > 1 else found[0]
        own = self._difference(first)
        if own is None or not link.is_one_to_one(first, keys.columns):
            return keys
        return keys.anti_join(own.come, keys.columns)

    def _linked(self, first: LakeTable, link: Link, keys: ir.Table, state: State) -> ir.Table:
        rows = state.scope.tables[first.name]
        return link.first(rows).semi_join(keys, keys.columns).select(*rows.columns)

    @contextmanager
    def _said(self, behaviour: Behaviour, rows: Sequence[ir.Table], state: State) -> Generator[ir.Table | None]:
        """Hold what the first table is narrowed to, and yield the records that the behaviour says these rows are of.

        None where there are no such rows: to find out whose none are, the other tables would be read.
        """
        names = [name for name in rows[0].columns if all(name in each.columns for each in rows)]
        alike = [each.select(*names) for each in rows]
        with self._ws.lake.held(ibis.union(*alike) if len(alike) > 1 else alike[0]) as some:
            if not self._ws.lake.count(some.limit(1)):
                yield None
                return
            yield behaviour.build(state.scope.showing(behaviour.tables[0], some), frozenset()).select("record")

    def _difference(self, table: LakeTable) -> Difference | None:
        if table.name not in self._differences:
            before, now = self._before.vector, self._now.vector
            told = None
            if _version(before, table) != _version(now, table):
                told = self._stack.enter_context(difference(self._ws.lake, table, before, now))
            self._differences[table.name] = told
        return self._differences[table.name]

    def _is_much(self, table: LakeTable, told: Difference) -> bool:
        changed = self._ws.lake.count(told.stored)
        return changed > FEW and changed * MUCH > self._ws.lake.stored(table, self._now.vector)

    def _other_customers(self) -> OrdinalSet:
        """Return whoever has got a record since, or has lost one to another customer."""
        told = self._difference(CUSTOMER_OF_RECORD)
        return OrdinalSet.empty() if told is None else self._customers(told.stored)

    @property
    def _mapping(self) -> ir.Table:
        """Whose each record is now. Whom it has left is told by the difference of this table."""
        return self._now.scope.tables[CUSTOMER_OF_RECORD.name]

    def _customers(self, rows: ir.Table) -> OrdinalSet:
        return OrdinalSet.of(self._ws.lake.to_arrow(rows.select("customer").distinct())["customer"].to_numpy())


def _within(day: Value, ranges: Iterable[Range]) -> Value:
    return reduce(or_, [day.between(*each) for each in sorted(ranges)])


def _version(vector: Vector, table: LakeTable) -> Pinned | None:
    return vector.get(table.name)
