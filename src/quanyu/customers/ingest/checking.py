"""Turns the texts of a line into the inputs of our kinds, or says in plain words why it cannot."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import ibis
import ibis.expr.types as ir

from quanyu.customers.ingest.mapping import KindMapping, SourceMapping
from quanyu.customers.ingest.spec import FILE, LINE, Opened
from quanyu.foundation.kinds import Input
from quanyu.foundation.lake.instants import instant

REASON = "_reason"  # NULL for a good line; else input, column and what is wrong, separated by tabs
TEXT = "_text"  # the raw line of a refused row, as JSON
_CONTROL = r"[\x00-\x1f\x7f]"


@dataclass(frozen=True)
class _Checked:
    columns: dict[str, ir.Value]
    faults: list[ir.StringValue]


def checked(opened: Opened, mapping: SourceMapping) -> ir.Table:
    """Return one row per line: file and line, the inputs of all kinds as `<kind>__<input>`, the reason, the text."""
    rows, columns, faults = opened.rows, dict[str, ir.Value](), list[ir.StringValue]()
    for i, kind in enumerate(mapping.kinds):
        result = _check_kind(rows, kind, mapping, grain=i == 0)
        columns |= result.columns
        faults += result.faults
    reason = ibis.coalesce(*faults) if faults else ibis.null("string")
    raw = reduce(lambda a, b: a + b, _as_json(rows, opened.columns))
    return rows.select(
        file=rows[FILE],
        line=rows[LINE].cast("int64"),
        **columns,
        **{REASON: reason, TEXT: ibis.ifelse(reason.notnull(), raw, ibis.null("string"))},
    )


def of_kind(staged: ir.Table, mapping: KindMapping) -> ir.Table:
    """Return the good rows that say something of this kind, with its inputs by name."""
    prefix = f"{mapping.kind.name}__"
    named = {name.removeprefix(prefix): staged[name] for name in staged.columns if name.startswith(prefix)}
    rows = staged.filter(staged[REASON].isnull()).select("file", "line", **named)
    return rows.filter([rows[name].notnull() for name in mapping.kind.key])


def _check_kind(rows: ir.Table, mapping: KindMapping, source: SourceMapping, *, grain: bool) -> _Checked:
    columns: dict[str, ir.Value] = {}
    faults: list[ir.StringValue] = []
    for wanted in mapping.kind.inputs:
        column = mapping.columns.get(wanted.name)
        text = ibis.null("string") if column is None else clean(rows[column], source.missing)
        for name, value in _read(wanted, text, mapping.formats.get(wanted.name), source.time_zone).items():
            columns[f"{mapping.kind.name}__{name}"] = value
        if column is not None:
            value = columns[f"{mapping.kind.name}__{wanted.name}"]
            required = wanted.required and (grain or wanted.name not in mapping.kind.key)
            faults += _faults(wanted, column, text, value, required=required and grain)
    for i, identifier in enumerate(mapping.identifiers):
        columns[f"{mapping.kind.name}__identifier_{i}"] = clean(rows[identifier.column], source.missing)
    return _Checked(columns, faults)


def clean(text: ir.StringValue, missing: Sequence[str]) -> ir.StringValue:
    """Drop control characters and outer blanks; what means nothing becomes NULL."""
    stripped = text.re_replace(_CONTROL, " ").strip()
    return ibis.ifelse(stripped.isin(["", *missing]), ibis.null("string"), stripped)  # type: ignore[return-value]


def _read(wanted: Input, text: ir.StringValue, form: str | None, zone: str) -> dict[str, ir.Value]:
    name = wanted.name
    if wanted.type == "decimal":
        return {name: text.try_cast("decimal(18, 6)"), f"{name}_text": text}
    if wanted.type == "instant":
        local = text.try_cast("timestamp(6)") if form is None else text.as_timestamp(form).cast("timestamp(6)")
        return {name: instant(local, zone), f"{name}_local": local}
    return {name: text}


def _faults(
    wanted: Input, column: str, text: ir.StringValue, value: ir.Value, *, required: bool
) -> list[ir.StringValue]:
    found: list[ir.StringValue] = []
    if required:
        found.append(_fault(text.isnull(), wanted, column, "missing"))
    if wanted.type != "text":
        found.append(_fault(text.notnull() & value.isnull(), wanted, column, f"not a {wanted.type}"))
    return found


def _fault(wrong: ir.BooleanValue, wanted: Input, column: str, problem: str) -> ir.StringValue:
    reason = ibis.literal("\t".join((wanted.name, column, problem)))
    return ibis.ifelse(wrong, reason, ibis.null("string"))  # type: ignore[return-value]


def _as_json(rows: ir.Table, columns: Sequence[str]) -> list[ir.StringValue]:
    fields = {name: rows[name] for name in columns}
    return [ibis.struct(fields).cast("json").cast("string")] if fields else [ibis.literal("{}")]
