"""Lists the lines that imports refused, with the reason in plain words."""

from collections.abc import Mapping
from typing import Any

import ibis

from quanyu.customers.ingest.model import Reject
from quanyu.customers.ingest.tables import REJECTS
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

# Codes of `checking`; {column} is the file's column, {input} what it is mapped to.
_CHECKED = {
    "missing": Text("{column} is empty, but {input} is needed.", "{column} 为空，而 {input} 必填。"),
    "not a number": Text("{column} is not a number.", "{column} 不是数字。"),
    "not a whole number": Text("{column} is not a whole number.", "{column} 不是整数。"),
    "not a date": Text("{column} is not a date.", "{column} 不是日期。"),
    "neither yes nor no": Text("{column} is neither yes nor no.", "{column} 既不是“是”也不是“否”。"),
    "not a time": Text("{column} is not a date and time.", "{column} 不是日期时间。"),
}

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


def list_rejects(workspace: Workspace, import_number: int | None = None, limit: int = 100) -> list[Reject]:
    """Return refused lines of one import or of all, the latest import first, then as they stand in the files."""
    rows = workspace.lake.table(REJECTS, workspace.lake.vector([REJECTS]))
    if import_number is not None:
        rows = rows.filter(rows.import_number == import_number)
    ordered = rows.order_by(ibis.desc("import_number"), "file", "line").limit(limit)
    return [_reject(row) for row in workspace.lake.to_arrow(ordered).to_pylist()]


def _reject(row: Mapping[str, Any]) -> Reject:
    return Reject(
        import_number=row["import_number"],
        source=row["source"],
        file=row["file"],
        line=row["line"],
        reason=reason_in_words(row["reason"], row["column"], row["input"]),
        column=row["column"],
        text=row["text"],
    )


def reason_in_words(code: str, column: str | None = None, input_name: str | None = None) -> Text:
    """Return the reason that a stored code stands for; a code of a reader that is not ours speaks for itself."""
    if code in _CHECKED:
        return _CHECKED[code].format_with(column=column, input=input_name)
    if code.startswith("beyond "):
        most = f"{int(code.removeprefix('beyond ')):,}"
        return Text(f"{column} is larger than {most}, which cannot be right.", f"{column} 超过 {most}，不合常理。")
    if code.startswith("below "):
        least = f"{int(code.removeprefix('below ')):,}"
        return Text(f"{column} is smaller than {least}, which cannot be right.", f"{column} 小于 {least}，不合常理。")
    if code.startswith("not one of "):
        allowed = code.removeprefix("not one of ")
        return Text(f"{column} is not one of {allowed}.", f"{column} 不在允许的取值之内：{allowed}。")
    return _SPLIT.get(code, Text(f"The line cannot be read: {code}.", f"该行无法读取：{code}。"))
