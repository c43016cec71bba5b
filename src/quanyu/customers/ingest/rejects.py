"""Lists the lines that imports refused, with the reason in plain words, until they are replayed or too old."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
import sqlalchemy as sa
from ibis import _

from quanyu.customers.ingest.model import Reject
from quanyu.customers.ingest.rules import HELD_BACK, held_in_words
from quanyu.customers.ingest.tables import REJECTS, data_import
from quanyu.foundation.database.copying import read_columns
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

# Codes of `checking`; {column} is the file's column, {input} what it is mapped to.
_CHECKED = {
    "missing": Text("{column} is empty, but {input} is needed.", "{column} 为空，而 {input} 必填。"),
    "not a number": Text("{column} is not a number.", "{column} 不是数字。"),
    "not a whole number": Text("{column} is not a whole number.", "{column} 不是整数。"),
    "not a date": Text("{column} is not a date.", "{column} 不是日期。"),
    "neither yes nor no": Text("{column} is neither yes nor no.", "{column} 既不是“是”也不是“否”。"),
    "digits lost": Text(
        "{column} was shortened as a number (as 1.38E+10): put the digits of {input} back.",
        "{column} 被当作数字截短（如 1.38E+10），请补回 {input} 的原始数字。",
    ),
    "not a time": Text("{column} is not a date and time.", "{column} 不是日期时间。"),
}

_TOO_LITTLE = Text("{column}: too little is filled for {input}.", "{column} 填写不足，无法得出 {input}。")

# Codes of readers, of lines that they cannot split.
_SPLIT = {
    "missing columns": Text("The line has fewer fields than the header.", "该行的字段比表头少。"),
    "too many columns": Text("The line has more fields than the header.", "该行的字段比表头多。"),
    "unquoted value": Text(
        "A quote is opened and not closed; close it, or double it where it is part of the text.",
        "引号未正确闭合；请补上引号，若引号属于文字内容，请写成两个。",
    ),
    "wrong number of fields": Text(
        "The line has another number of fields than the header.", "该行的字段数与表头不一致。"
    ),
    "not JSON": Text("The line is not JSON.", "该行不是 JSON。"),
    "not a JSON object": Text("The line is JSON, but no object {…}.", "该行是 JSON，但不是对象 {…}。"),
    "line size over maximum": Text("The line is too long.", "该行过长。"),
    "invalid encoding": Text("The line holds bytes that its encoding does not have.", "该行含有其编码中不存在的字节。"),
}


MARK = "_reject"
"""Column in which a line that is replayed carries its id."""

_MARKED = r'^\{\s*"_reject":\s*"(\d+)-(\d+)"\s*,?\s*'
_AS_THEY_STAND = ("file", "line", "input", "column", "reason", "text")


def list_rejects(
    workspace: Workspace, import_number: int | None = None, limit: int | None = 100, *, replayed: bool = False
) -> list[Reject]:
    """Return refused lines of one import or of all, the latest import first, then as they stand in the files.

    Those that have been replayed and landed are left out unless `replayed` is set.
    """
    rows = standing(workspace)
    if import_number is not None:
        rows = rows.filter((rows.import_number == import_number) | (rows.refused_by == import_number))
    if not replayed:
        rows = rows.filter(rows.replayed_by.isnull())
    ordered = rows.order_by(ibis.desc("import_number"), "file", "line", "position").limit(limit)
    return [_reject(row) for row in workspace.lake.to_arrow(ordered).to_pylist()]


def count_open(workspace: Workspace) -> dict[str, int]:
    """Return how many refused lines each source has that were neither replayed nor deleted."""
    rows = standing(workspace)
    counted = rows.filter(rows.replayed_by.isnull()).group_by("source").agg(open=_.count())
    return {row["source"]: row["open"] for row in workspace.lake.to_arrow(counted).to_pylist()}


def standing(workspace: Workspace) -> ir.Table:
    """Return every refused line once, with why it was refused last.

    Columns: import_number and position, which make its id; source, file, line, input, column, reason, text; `broken`,
    the format could not split it; `refused_by`, the import that refused it last; `replayed_by`, the one with which it
    landed, NULL while it is open.
    """
    lake = workspace.lake
    rows = lake.table(REJECTS, lake.vector([REJECTS]))
    replays, landed = _replays(workspace)
    told = rows.mutate(refused_by=rows.import_number, broken=rows.input.isnull())
    firsts = told.anti_join(replays, [told.import_number == replays.number])
    place = ibis.row_number().over(group_by="import_number", order_by=[firsts[name] for name in _AS_THEY_STAND]) + 1
    first = firsts.mutate(position=place)
    if not workspace.lake.count(replays.limit(1)):
        return first.mutate(replayed_by=ibis.null("int64"))
    again = told.inner_join(replays, [told.import_number == replays.number]).drop("import_number", "number")
    again = again.rename(import_number="of").mutate(position=marked(again.text))
    split = again.filter(again.position.notnull())
    unsplit = _found_again(again.filter(again.position.isnull()), first.filter(_.broken))
    every = ibis.union(*(part.select(*first.columns) for part in (first, split, unsplit)))
    last = ibis.row_number().over(group_by=["import_number", "position"], order_by=ibis.desc("refused_by"))
    latest = every.mutate(_last=last).filter(_["_last"] == 0).drop("_last")
    beside = latest.left_join(landed, ["import_number", "position"])
    return beside.select(*first.columns, "replayed_by").mutate(text=_.text.re_replace(_MARKED, "{"))


def marked(text: Value) -> Value:
    """Return the position of a replayed line among those that its import refused, NULL where the text has no mark."""
    return text.re_extract(_MARKED, 2).try_cast("int64")


def _found_again(rows: ir.Table, broken: ir.Table) -> ir.Table:
    """Give lines that were broken again their position: they stand where they stood."""
    places = broken.select("import_number", "file", "line", place=broken.position)
    return rows.inner_join(places, ["import_number", "file", "line"]).mutate(position=_.place)


def _replays(workspace: Workspace) -> tuple[ir.Table, ir.Table]:
    """Return which imports replay which, and which lines have landed so."""
    imports = {"number": "bigint", "of": "bigint"}
    lines = {"import_number": "bigint", "position": "bigint", "replayed_by": "bigint"}
    mine = f"workspace = {workspace.number}"
    of = f"select number, replays as of from data_import where {mine} and replays is not null"
    closed = f"select number as import_number, position, replayed_by from replayed_reject where {mine}"
    with workspace.begin() as connection:
        replays, landed = read_columns(connection, of, imports), read_columns(connection, closed, lines)
    return ibis.memtable(replays), ibis.memtable(landed)


def expire_rejects(workspace: Workspace) -> int:
    """Delete the refused lines of imports older than the setting; return how many. Counts stay."""
    days = workspace.settings.reject_days
    oldest = workspace.clock.now() - timedelta(days=days)
    old = sa.and_(data_import.c.workspace == workspace.number, data_import.c.started_at < oldest)
    of_old = data_import.c.replays.in_(sa.select(data_import.c.number).where(old))
    query = sa.select(data_import.c.number).where(
        data_import.c.workspace == workspace.number, sa.or_(data_import.c.started_at < oldest, of_old)
    )
    with workspace.begin() as connection:
        numbers = list(connection.execute(query).scalars())
    if not numbers or REJECTS.name not in workspace.lake.vector([REJECTS]):
        return 0
    with workspace.lake.landing("expire rejects", [REJECTS]) as landing:
        deleted = landing.remove(REJECTS, ibis.memtable({"import_number": numbers}))
        workspace.lake.publish(landing)
    return deleted


def _reject(row: Mapping[str, Any]) -> Reject:
    return Reject(
        import_number=row["import_number"],
        source=row["source"],
        file=row["file"],
        line=row["line"],
        reason=reason_in_words(row["reason"], row["column"], row["input"]),
        column=row["column"],
        text=row["text"],
        position=row["position"],
        broken=row["broken"],
        replayed_by=row["replayed_by"],
    )


def reason_in_words(code: str, column: str | None = None, input_name: str | None = None) -> Text:
    """Return the reason that a stored code stands for; a code of a reader that is not ours speaks for itself."""
    if code == "missing" and column and ", " in column:
        return _TOO_LITTLE.format_with(column=column, input=input_name)
    if code in _CHECKED:
        return _CHECKED[code].format_with(column=column, input=input_name)
    if code.startswith("beyond "):
        most = f"{int(code.removeprefix('beyond ')):,}"
        return Text(f"{column} is larger than {most}, which cannot be right.", f"{column} 超过 {most}，不合常理。")
    if code.startswith("below "):
        least = f"{int(code.removeprefix('below ')):,}"
        return Text(f"{column} is smaller than {least}, which cannot be right.", f"{column} 小于 {least}，不合常理。")
    if code.startswith(HELD_BACK):
        return held_in_words(code, column)
    if code.startswith("not one of "):
        allowed = code.removeprefix("not one of ")
        return Text(f"{column} is not one of {allowed}.", f"{column} 不在允许的取值之内：{allowed}。")
    return _SPLIT.get(code, Text(f"The line cannot be read: {code}.", f"该行无法读取：{code}。"))
