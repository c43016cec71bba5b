"""Group bitmaps of ClickHouse as a rival: sets of customers by value, and rules as expressions over them."""

import json
from collections.abc import Sequence
from typing import Any

RANGES = 64


class Bitmaps:
    """Sets of customers as group bitmaps of ClickHouse, and rules as expressions over them."""

    def __init__(self, asking: Any, columns: Sequence[tuple[str, str, int]]) -> None:
        self._asking = asking
        self._sorts = {name: sort for name, sort, _ in columns}
        self._edges: dict[str, list[float]] = {}
        state = "AggregateFunction(groupBitmap, UInt32)"
        alone = "settings index_granularity = 1"  # whoever asks for one bitmap reads no other
        asking.query(f"create table bench.known (name String, b {state}) engine = MergeTree order by name {alone}")
        parts = f"bench.parts (name String, v Float64, b {state})"
        asking.query(f"create table {parts} engine = MergeTree order by (name, v) {alone}")
        asking.query(f"create table bench.above as bench.parts engine = MergeTree order by (name, v) {alone}")
        for name, sort, _ in columns:
            some = f"from bench.customers where {name} is not null"
            asking.query(
                f"insert into bench.known select '{name}', groupBitmapState(assumeNotNull(toUInt32(customer))) {some}"
            )
            part = f"assumeNotNull(toFloat64({name}))"
            if sort not in {"category", "flag"}:
                part = f"roundDown({part}, {self._ranges(name)})"
                asking.query(
                    f"create table bench.n_{name} engine = MergeTree order by v as "
                    f"select assumeNotNull(toFloat64({name})) as v, assumeNotNull(toUInt32(customer)) as c {some}"
                )
            grouped = (
                f"select '{name}', {part} as v, groupBitmapState(assumeNotNull(toUInt32(customer))) {some} group by v"
            )
            asking.query(f"insert into bench.parts {grouped}")
        for name, edges in self._edges.items():
            below = f"arrayJoin(arrayFilter(edge -> edge <= v, {edges})) as edge"
            grouped = f"select '{name}', {below}, groupBitmapMergeState(b) from bench.parts where name = '{name}'"
            asking.query(f"insert into bench.above {grouped} group by edge")
        for table in ("known", "parts", "above"):
            asking.query(f"optimize table bench.{table} final")

    def _ranges(self, name: str) -> list[float]:
        shares = ", ".join(str(n / RANGES) for n in range(RANGES))
        told = self._asking.query(f"select quantiles({shares})(toFloat64({name})) from bench.customers", "JSONCompact")
        edges = sorted(set(json.loads(str(told))["data"][0][0]))
        lowest = self._asking.query(f"select toFloat64(min({name})) from bench.customers", "JSONCompact")
        self._edges[name] = sorted({json.loads(str(lowest))["data"][0][0], *edges})
        return self._edges[name]

    def count(self, rule: Any) -> int:
        return int(str(self._asking.query(f"select bitmapCardinality({self.holds(rule)})", "TSV")).strip())

    def holds(self, rule: Any, *, turned: bool = False) -> str:
        """Return who makes a rule true, or false where it is turned; who is unknown does neither."""
        if "tag" in rule:
            return self._leaf(rule, turned)
        ((kind, parts),) = rule.items()
        if kind == "not":
            return self.holds(parts, turned=not turned)
        joint = "bitmapAnd" if (kind == "all") != turned else "bitmapOr"
        found = [self.holds(part, turned=turned) for part in parts]
        for each in found[1:]:
            found[0] = f"{joint}({found[0]}, {each})"
        return found[0]

    def _leaf(self, rule: Any, turned: bool) -> str:
        name, operator, value = rule["tag"], rule["is"], rule["value"]
        if self._sorts[name] in {"category", "flag"}:
            wanted = ", ".join(map(str, value if isinstance(value, list) else [value]))
            inside = f"(select groupBitmapMergeState(b) from bench.parts where name = '{name}' and v in ({wanted}))"
            return self._or_else(name, inside, (operator == "not_in") != turned)
        above = ">=" if operator in {">=", "<"} else ">"
        following = next((edge for edge in self._edges[name] if edge > value), None)
        rest = f"v {above} {value!r}" + ("" if following is None else f" and v < {following!r}")
        inside = f"(select groupBitmapState(c) from bench.n_{name} where {rest})"
        if following is not None:
            beyond = f"(select b from bench.above where name = '{name}' and v = {following!r})"
            inside = f"bitmapOr({beyond}, {inside})"
        return self._or_else(name, inside, (operator in {"<", "<="}) != turned)

    def _or_else(self, name: str, inside: str, others: bool) -> str:
        known = f"(select b from bench.known where name = '{name}')"
        return f"bitmapAndnot({known}, {inside})" if others else inside
