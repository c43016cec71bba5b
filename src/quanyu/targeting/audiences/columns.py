"""The columns of an export: which tags, in which units, and the rows of a set of customers with their values."""

from collections.abc import Sequence
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from quanyu.foundation.errors import Invalid
from quanyu.foundation.money import exponent
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.targets import Explained
from quanyu.targeting.fields.compiling import asked_value
from quanyu.targeting.fields.model import Askable
from quanyu.targeting.tags.runs import Current

ID = Explained(
    "one_id",
    Text("Customer", "客户"),
    Text(
        "Who it is, the same in all sources; says nothing about the person.", "客户的全域唯一编号，本身不含个人信息。"
    ),
    Text("id", "编号"),
)
_UNITS = {
    "share": Text("share of 1: 0.3 is 30%", "比例：0.3 即 30%"),
    "date": Text("day", "日期"),
    "boolean": Text("true or false", "是或否"),
    "code": Text("code", "代码"),
    "text": Text("text", "文字"),
}
_NUMBER, _DAYS = Text("number", "数"), Text("days", "天")


def choose(now: Current, tags: Sequence[str] | None) -> list[Askable]:
    """Return what was asked for, in that order and once each; everything if None."""
    known = now.pack.askables
    if tags is None:
        return list(known)
    unknown = [tag for tag in tags if tag not in known]
    if unknown:
        raise Invalid(
            Text("There is no such tag.", "没有这个标签。"), received=", ".join(unknown), allowed=known.near(unknown[0])
        )
    return [known[tag] for tag in dict.fromkeys(tags)]


def schema_of(askables: Sequence[Askable], currency: str) -> pa.Schema:
    types = {
        "money": pa.decimal128(22, exponent(currency)),
        "integer": pa.int64(),
        "number": pa.float64(),
        "share": pa.float64(),
        "date": pa.date32(),
        "boolean": pa.bool_(),
    }
    columns = [(_header(askable, currency), types.get(askable.type, pa.string())) for askable in askables]
    return pa.schema([(ID.header, pa.string()), *columns])


def explain(now: Current, askables: Sequence[Askable], currency: str) -> list[Explained]:
    """Say of each column what it holds, in the words of its tag."""
    descriptions = {tag.name: tag.description for tag in now.pack.tags}
    return [ID, *(_explained(askable, descriptions.get(askable.name, askable.title), currency) for askable in askables)]


def rows_of(ws: Workspace, now: Current, people: ir.Table, chunk: OrdinalSet, askables: Sequence[Askable]) -> pa.Table:
    """Return the customers of `chunk`, ascending, with their values; amounts are in major units."""
    ordinals = chunk.ordinals()
    wanted = ibis.memtable(pa.table({"customer": pa.array(ordinals, pa.int64())}))
    low, high = int(ordinals[0]), int(ordinals[-1])
    near = now.rows.filter(now.rows["customer"].between(low, high))  # type: ignore[arg-type]
    ids = people.filter(people["customer"].between(low, high)).select("customer", "one_id")  # type: ignore[arg-type]
    rows = wanted.inner_join(ids, "customer").left_join(near, "customer").order_by("customer")
    values: dict[str, ir.Value] = {a.name: asked_value(rows, a, now.run.day) for a in askables}
    return _in_major_units(ws.lake.to_arrow(rows.select(rows["one_id"], **values)), askables, ws.currency)


def _explained(askable: Askable, description: Text, currency: str) -> Explained:
    unit = _DAYS if askable.form != "plain" else _UNITS.get(askable.type, _NUMBER)
    unit = Text(currency, currency) if askable.type == "money" else unit
    return Explained(_header(askable, currency), askable.title, description, unit)


def _header(askable: Askable, currency: str) -> str:
    return f"{askable.name}_{currency}" if askable.type == "money" else askable.name


def _in_major_units(rows: pa.Table, askables: Sequence[Askable], currency: str) -> pa.Table:
    schema = schema_of(askables, currency)
    unit = pa.scalar(Decimal(1).scaleb(-exponent(currency)))
    columns = [rows["one_id"]]
    for askable in askables:
        column = rows[askable.name]
        columns.append(
            pc.call_function("multiply", [column.cast(pa.decimal128(19, 0)), unit])
            if askable.type == "money"
            else column
        )
    return pa.table([column.cast(field.type) for column, field in zip(columns, schema, strict=True)], schema=schema)
