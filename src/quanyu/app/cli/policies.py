"""Commands about the identity policy: what joins records into one customer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.exporting import operator
from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import Screen, table
from quanyu.customers.identity.comparing import Difference, compare
from quanyu.customers.identity.policies import apply_policy, policy_of
from quanyu.customers.identity.policy import Policy, TypeRule, default_policy, golden_of, load_policy
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.resolving import REASON_TITLES
from quanyu.foundation.text import Text

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What joins records into one customer. 识别策略。",
)
PRESENT, RETAIL = "present", "retail"
File = Annotated[Path, typer.Argument(metavar="FILE", help="A policy, as `show --yaml` writes it. 策略文件。")]
Named = Annotated[str, typer.Argument(metavar="POLICY", help="A file, present, or retail. 文件、现行或默认策略。")]


@app.command("check", help="Name every fault of a policy. 检查策略文件。")
def check(file: File, as_json: AsJson = False) -> None:
    policy, screen = load_policy(file), Screen(as_json)
    screen.answer(_document(policy), *_shown(policy))


@app.command("show", help="Show the policy that holds. 查看现行策略。")
def show(
    as_yaml: Annotated[bool, typer.Option("--yaml", help="As a file. 输出为文件。")] = False,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk, desk.workspace.begin() as connection:
        policy = policy_of(desk.workspace, connection)
    if as_yaml and not as_json:
        typer.echo(policy.text, nl=False)
    else:
        desk.screen.answer(_document(policy), *_shown(policy))


@app.command("apply", help="Let a policy hold, and recognise everybody by it. 启用策略并重新识别。")
def apply(
    file: File,
    author: Annotated[str | None, typer.Option(metavar="NAME", help="Who decides; you if left out. 操作人。")] = None,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    policy = load_policy(file)
    with at_desk(home, workspace, as_json=as_json) as desk:
        apply_policy(desk.workspace, policy, author or operator())
        done = recognise(desk.workspace)
    counts = {"created": done.created, "merged": done.merged, "parted": done.parted, "customers": done.customers}
    told = Text(
        f"{done.merged:,} customers merged, {done.created:,} opened, {done.parted:,} parted from others; "
        f"{done.customers:,} now.",
        f"合并 {done.merged:,} 位客户，新建 {done.created:,} 位，拆分 {done.parted:,} 位；现有 {done.customers:,} 位。",
    )
    desk.screen.answer({"policy": policy.name, **counts}, told)


@app.command("diff", help="Show who would be merged and parted under another policy. 对比两个策略。")
def diff(
    before: Named, after: Named, home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        with desk.workspace.begin() as connection:
            present = policy_of(desk.workspace, connection)
        one, other = (_named(name, present) for name in (before, after))
        found = compare(desk.workspace, one, other)
    desk.screen.answer(_differs(found), *_difference(found))


def _named(name: str, present: Policy) -> Policy:
    if name == PRESENT:
        return present
    return default_policy() if name == RETAIL else load_policy(Path(name))


def _document(policy: Policy) -> dict[str, object]:
    rules = {name: vars(rule) for name, rule in policy.types.items()}
    golden = {
        name: {"by": list(rule.by), "trusted": list(rule.trusted), "with": rule.beside}
        for name, rule in golden_of(policy).told.items()
    }
    return {
        "policy": policy.name,
        "types": rules,
        "otherwise": vars(policy.otherwise),
        "profile": golden,
        "brands": vars(policy.brands),
    }


def _shown(policy: Policy) -> Iterator[RenderableType | Text]:
    columns = (
        *(Text("type", "类型"), Text("strength", "强度"), Text("scope", "范围"), Text("rank", "等级")),
        *(Text("records", "记录上限"), Text("customers", "客户上限"), Text("single", "唯一")),
        *(Text("days", "有效天数"), Text("unless", "除非")),
    )
    rows = [_row(name, rule) for name, rule in policy.types.items()]
    yield table(policy.title, columns, [*rows, _row(str(Text("any other", "其他")), policy.otherwise)])
    columns = (
        *(Text("attribute", "属性"), Text("by", "规则")),
        *(Text("most trusted first", "来源次序"), Text("goes with", "随")),
    )
    golden = golden_of(policy).told.items()
    chosen = [(name, ", ".join(rule.by), ", ".join(rule.trusted), rule.beside or "") for name, rule in golden]
    yield table(Text("Which value speaks", "取值规则"), columns, chosen)
    if policy.brands.of:
        apart = Text("Brands, kept apart", "品牌（互不合并）")
        title = Text("Brands", "品牌") if policy.brands.merge_across else apart
        rows = [(name, ", ".join(sources)) for name, sources in policy.brands.of.items()]
        yield table(title, (Text("brand", "品牌"), Text("sources", "来源")), rows)


def _row(name: str, rule: TypeRule) -> tuple[object, ...]:
    single = str(Text("yes", "是")) if rule.single else ""
    limits = (rule.records or "", rule.customers or "")
    return name, rule.strength, rule.scope, rule.rank, *limits, single, rule.valid_for or "", ", ".join(rule.unless)


def _differs(found: Difference) -> dict[str, object]:
    counts = {name: value for name, value in vars(found).items() if name != "samples"}
    return {**counts, "samples": [vars(sample) for sample in found.samples]}


def _difference(found: Difference) -> Iterator[RenderableType | Text]:
    yield Text(
        f"{found.before:,} customers become {found.after:,}: {found.merges:,} merged from several, "
        f"{found.splits:,} parted into several, {found.records:,} records concerned. Nothing was changed.",
        f"客户数由 {found.before:,} 变为 {found.after:,}：{found.merges:,} 位由多位合并，{found.splits:,} 位被拆分，"
        f"涉及 {found.records:,} 条记录。未作任何更改。",
    )
    if not found.samples:
        return
    kinds = {"merge": Text("merged", "合并"), "split": Text("parted", "拆分")}
    columns = (
        *(Text("what", "变化"), Text("customers", "客户数"), Text("through", "依据")),
        *(Text("what the other policy says", "另一策略的判断"), Text("records", "记录序号")),
    )
    rows = [
        (str(kinds[each.kind]), each.customers, each.type, str(REASON_TITLES[each.reason]), _listed(each.records))
        for each in found.samples
    ]
    yield table(Text("Samples", "示例"), columns, rows)


def _listed(records: tuple[int, ...]) -> str:
    return ", ".join(str(record) for record in records)
