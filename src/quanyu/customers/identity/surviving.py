"""Chooses among the values that a customer's records say: one expression for everybody, by the rules of a policy.

What is chosen is a value of one record. Records are compared by one number, whose digits are what each rule says of the
record, in the order of the rules, then when the value was said, the import and the ordinal: engines find the row of the
greatest number several times faster than that of the greatest struct. `choosing` is the same for one customer, row by
row, and says why.
"""

from collections.abc import Mapping, Sequence
from functools import reduce

import ibis
import ibis.expr.types as ir

from quanyu.customers.identity.golden import (
    MOST_FREQUENT,
    MOST_RECENT,
    MOST_TRUSTED,
    MOST_TRUSTED_SOURCES,
    VERIFIED,
    GoldenPolicy,
    GoldenRule,
)
from quanyu.foundation.lake.instants import microseconds
from quanyu.foundation.lake.model import Value

_WHOSE = "_whose"
_TRACE = ("source", "at", "record")
_NUMBER = "decimal(38, 0)"
_SIZE = {VERIFIED: 2, MOST_TRUSTED: MOST_TRUSTED_SOURCES + 1, MOST_RECENT: 10**17}
"""What each part of the number is less than."""
_RECORDS, _IMPORTS = 10**11, 10**7
_AGES = 60_000 * 366 * 86_400 * 1_000  # microseconds before 1970, so that what was said then is no negative number


def survivors(
    mapped: Value,
    policy: GoldenPolicy,
    names: Sequence[str],
    *,
    traced: bool = False,
    also: Mapping[str, Value] | None = None,
) -> ir.Table:
    """One row per customer of `mapped` (rows of `records` with column customer): the value of each of these attributes.

    With `traced` also `<name>_source`, `<name>_at` and `<name>_record`, of the record that the value is from: NULL
    where nobody said one. `also` is added up beside, in the same scan.
    """
    choosing = _Choosing(mapped, policy, traced=traced)
    leaders = {name: rule.beside for name in names if (rule := policy.rule(name)).beside is not None}
    often = [name for name in dict.fromkeys([*names, *leaders.values()]) if MOST_FREQUENT in policy.rule(name).by]
    columns: dict[str, Value] = {}
    for name in names:
        leader = leaders.get(name)
        if leader is not None:
            columns[f"_own_{name}"] = choosing.best(name, mapped[leader].isnull())
            if leader not in often:
                columns[f"_led_{name}"] = choosing.led(leader, name)
        elif name not in often:
            columns[f"_own_{name}"] = choosing.best(name)
    found = mapped.group_by("customer").agg(**columns, **(also or {}))
    for name in often:
        found = _beside(found, choosing.counted(name, [n for n in leaders if leaders[n] == name]))
    shown = reduce(dict[str, Value].__or__, [choosing.shown(found, name) for name in names], {})
    return found.select("customer", *(also or {}), **shown)


def ordered(at: Value, record: Value) -> Value:
    """Return a number by which instants are ordered, and records of the same one."""
    return _instant(at) * _number(_RECORDS) + record


def said_at(rows: Value, name: str) -> Value:
    """Return when a record's value was observed last, which may be before the record was."""
    older = rows.older_values
    return ibis.ifelse(older.isnull(), rows.observed_at, older.get(name).coalesce(rows.observed_at))


def is_verified(rows: Value, name: str) -> Value:
    """Say whether a source has checked the value: it has checked the record since the value was said."""
    return rows.verified.fill_null(False) & (said_at(rows, name) <= said_at(rows, "verified"))


def _number(of: int) -> Value:
    return ibis.literal(of, _NUMBER)


def _instant(at: Value) -> Value:
    return (microseconds(at) + _AGES).cast(_NUMBER)


def _beside(found: Value, more: Value) -> ir.Table:
    return found.left_join(more.rename({_WHOSE: "customer"}), [("customer", _WHOSE)]).drop(_WHOSE)


class _Choosing:
    """What is needed to compare rows of records, in one scan of them."""

    def __init__(self, rows: Value, policy: GoldenPolicy, *, traced: bool) -> None:
        self._rows, self._policy, self._traced = rows, policy, traced

    def best(self, name: str, *also: Value) -> Value:
        """Return the value of the record that has the greatest number, of those that say one."""
        where = reduce(lambda left, right: left & right, also, self._rows[name].notnull())
        return self._told(self._rows, name).argmax(self._key(self._rows, name), where=where)

    def led(self, leader: str, name: str) -> Value:
        """Return what the record that says the leader says, NULL included: a struct."""
        said = self._rows[leader].notnull()
        return self._whole(self._rows, name).argmax(self._key(self._rows, leader), where=said)

    def counted(self, name: str, following: Sequence[str]) -> ir.Table:
        """Choose where it matters how many records say a value: the best record of each, then among the values.

        Among the records of one value the frequency is the same, so that the best of them stands for all.
        """
        said = self._rows.filter(self._rows[name].notnull())
        key = self._key(said, name)
        told = {f"_own_{name}": self._told(said, name), **{f"_led_{n}": self._whole(said, n) for n in following}}
        of_value = self._of_value(said, name, key, told)
        parts = self._parts(name)
        after = parts[self._policy.rule(name).by.index(MOST_FREQUENT) :]
        below = reduce(lambda size, part: size * _SIZE[part], after, _RECORDS * _IMPORTS)
        before = (of_value["_best"] // _number(below)).cast("int64") if len(after) < len(parts) else ibis.literal(0)
        whole: Value = ibis.struct({"before": before, "times": of_value["_times"], "best": of_value["_best"]})
        return of_value.group_by("customer").agg(**{as_: of_value[as_].argmax(whole) for as_ in told})

    def shown(self, found: Value, name: str) -> dict[str, Value]:
        own = found[f"_own_{name}"]
        led = found[f"_led_{name}"] if f"_led_{name}" in found.columns else None
        if not self._traced:
            return {name: own if led is None else led["value"].coalesce(own)}
        return self._traces(name, own if led is None else ibis.ifelse(led["value"].notnull(), led, own))

    def _traces(self, name: str, spoken: Value) -> dict[str, Value]:
        return {name: spoken["value"], **{f"{name}_{part}": spoken[part] for part in _TRACE}}

    def _of_value(self, said: Value, name: str, key: Value, told: Mapping[str, Value]) -> Value:
        best = {as_: value.argmax(key) for as_, value in told.items()}
        return said.group_by("customer", _value=said[name]).agg(_times=said.count(), _best=key.max(), **best)

    def _parts(self, name: str) -> list[str]:
        """Return the parts of the number before import and record, the first one weighs most."""
        return list(dict.fromkeys([*(word for word in self._policy.rule(name).by if word in _SIZE), MOST_RECENT]))

    def _key(self, rows: Value, name: str) -> Value:
        rule = self._policy.rule(name)
        key: Value = None
        for word in self._parts(name):
            part = _part(rows, rule, name, word)
            key = part if key is None else key * _number(_SIZE[word]) + part
        return key * _number(_RECORDS * _IMPORTS) + (rows.import_number * _RECORDS + rows.record)

    def _told(self, rows: Value, name: str) -> Value:
        return self._whole(rows, name) if self._traced else rows[name]

    def _whole(self, rows: Value, name: str) -> Value:
        told = {"value": rows[name], "source": rows.source, "at": said_at(rows, name), "record": rows.record}
        return ibis.struct(told if self._traced else {"value": rows[name]})


def _part(rows: Value, rule: GoldenRule, name: str, word: str) -> Value:
    if word == VERIFIED:
        return is_verified(rows, name).cast("int8").cast(_NUMBER)
    if word == MOST_TRUSTED:
        return _trust(rows, rule.trusted).cast(_NUMBER)
    return _instant(said_at(rows, name))


def _trust(rows: Value, trusted: Sequence[str]) -> Value:
    """Return the more the nearer a source stands to the beginning, 0 where it stands nowhere."""
    places = [(rows.source == source, ibis.literal(len(trusted) - n, "int16")) for n, source in enumerate(trusted)]
    return ibis.cases(*places, else_=ibis.literal(0, "int16"))
