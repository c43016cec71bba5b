"""Commands about the rules that mend what comes in: check, try, use, and what they have changed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.groups import ListFirst
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import both, table
from quanyu.customers.quality.cleansing.publishing import Published, publish, published, withdraw
from quanyu.customers.quality.cleansing.rules import Rule, load_rules
from quanyu.customers.quality.cleansing.tracing import (
    Change,
    Effect,
    Refilled,
    count_changes,
    list_changes,
    list_refilled,
)
from quanyu.customers.quality.cleansing.trying import Tried, try_rules
from quanyu.foundation.text import Text

app = typer.Typer(
    cls=ListFirst,
    add_completion=False,
    rich_markup_mode=None,
    help="Rules that mend what comes in: try, use, trace. 清洗规则：试运行、启用、追溯。",
)
RulesFile = Annotated[Path, typer.Argument(metavar="FILE", help="Rules. 规则文件。")]


@app.command("list", help="List the rules in use and how often each has acted. 查看启用的规则及其作用次数。")
def list_(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        used = published(desk.workspace, desk.house.kinds)
        effects = count_changes(desk.workspace)
    rules = used.rules if used else ()
    document = {
        "number": str(used.number) if used else None,
        "published_at": used.published_at.isoformat() if used else None,
        "rules": [{**_describe(rule), "changes": _times(effects, rule.name)} for rule in rules],
        "effects": [vars(effect) for effect in effects],
    }
    desk.screen.answer(document, *_in_use(used, effects))


@app.command("try", help="Check a file and count what it would change; nothing is written. 检查并试运行规则。")
def try_(file: RulesFile, home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        rules = load_rules(file, desk.house.kinds)
        tried = try_rules(desk.workspace, rules, desk.house.kinds)
    told = [
        {**_describe(each.rule), "values": each.values, "samples": [vars(sample) for sample in each.samples]}
        for each in tried
    ]
    sound = Text(f"The file is sound: {len(rules)} rules.", f"文件无误：{len(rules)} 条规则。")
    desk.screen.answer({"rules": len(rules), "tried": told}, sound, _tried(tried))


@app.command("use", help="Let every import from now on obey these rules. 从现在起，导入时执行这些规则。")
def use(file: RulesFile, home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        rules = load_rules(file, desk.house.kinds)
        number = publish(desk.workspace, file.read_text(encoding="utf-8-sig"), desk.house.kinds)
    done = Text(
        f"{len(rules)} rules are used from now on; what has landed stays as it is.",
        f"已启用 {len(rules)} 条规则，对之后的导入生效，已写入的数据不变。",
    )
    desk.screen.answer({"number": str(number), "rules": len(rules)}, done)


@app.command("stop", help="Let imports obey no rules from now on. 停用清洗规则。")
def stop(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        number = withdraw(desk.workspace)
    desk.screen.answer({"number": str(number), "rules": 0}, Text("No rules are used from now on.", "已停用所有规则。"))


@app.command("changes", help="List each change with its rule, source and line. 逐条查看修改及其规则、来源与行号。")
def changes(
    *,
    import_number: Annotated[
        int | None, typer.Option("--import", metavar="N", help="One import only. 只看一次导入。")
    ] = None,
    rule: Annotated[str | None, typer.Option(metavar="R", help="One rule only. 只看一条规则。")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="At most so many. 最多行数。")] = 100,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = list_changes(desk.workspace, import_number, rule, limit)
        refilled = list_refilled(desk.workspace, rule, limit) if import_number is None else ()
    told = [{**vars(change), "import_number": str(change.import_number)} for change in found]
    given = [{**vars(r), "record": str(r.record), "from_record": str(r.from_record)} for r in refilled]
    parts = [_changes(found), *([_refilled(refilled)] if refilled else [])]
    desk.screen.answer({"changes": told, "refilled": given}, *parts)


def _describe(rule: Rule) -> dict[str, object]:
    return {
        "rule": rule.name,
        "kind": rule.kind,
        "input": rule.input,
        "source": rule.source,
        "does": rule.action,
        "reason": both(rule.reason),
    }


def _times(effects: Sequence[Effect], rule: str) -> int:
    return sum(effect.changes for effect in effects if effect.rule == rule)


def _in_use(used: Published | None, effects: Sequence[Effect]) -> list[Table | Text]:
    if used is None:
        return [
            Text(
                "No rules are in use; begin to use some: quanyu cleanse use FILE",
                "尚未启用规则；启用：quanyu cleanse use 规则文件",
            )
        ]
    columns = (
        Text("rule", "规则"),
        Text("input", "输入"),
        Text("source", "来源"),
        Text("does", "操作"),
        Text("has acted", "作用次数"),
        Text("why", "原因"),
    )
    rows = [
        (rule.name, f"{rule.kind}.{rule.input}", rule.source, rule.action, _times(effects, rule.name), rule.reason)
        for rule in used.rules
    ]
    since = f"{used.published_at:%Y-%m-%d %H:%M} UTC"
    title = Text(f"Rules in use since {since}", f"启用的规则（自 {since}）")
    return [table(title, columns, rows)]


def _tried(tried: Sequence[Tried]) -> Table:
    columns = (
        Text("rule", "规则"),
        Text("input", "输入"),
        Text("does", "操作"),
        Text("values", "值数"),
        Text("samples", "样例（脱敏）"),
        Text("why", "原因"),
    )
    rows = [
        (
            each.rule.name,
            f"{each.rule.kind}.{each.rule.input}",
            each.rule.action,
            each.values,
            ", ".join(f"{sample.raw} → {sample.value or '–'} ({sample.times:,})" for sample in each.samples),
            each.rule.reason,
        )
        for each in tried
    ]
    return table(Text("What the rules would change", "规则将修改的内容"), columns, rows)


def _changes(found: Sequence[Change]) -> Table:
    columns = (
        Text("import", "导入"),
        Text("source", "来源"),
        Text("row", "行"),
        Text("input", "输入"),
        Text("rule", "规则"),
        Text("does", "操作"),
        Text("came as", "原值"),
        Text("stands as", "现值"),
    )
    rows = [
        (
            f"{each.import_number}",
            each.source,
            f"{each.line}",
            f"{each.kind}.{each.input}",
            each.rule,
            each.action,
            each.raw,
            each.value,
        )
        for each in found
    ]
    return table(Text("What the rules have changed", "规则作出的修改"), columns, rows)


def _refilled(found: Sequence[Refilled]) -> Table:
    columns = (
        Text("source", "来源"),
        Text("record", "记录"),
        Text("input", "输入"),
        Text("rule", "规则"),
        Text("stands as", "现值"),
        Text("given by", "取自来源"),
        Text("its record", "取自记录"),
    )
    rows = [(r.source, f"{r.record}", r.input, r.rule, r.value, r.from_source, f"{r.from_record}") for r in found]
    return table(Text("What is refilled now", "当前补全的值"), columns, rows)
