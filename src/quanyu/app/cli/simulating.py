"""Commands that write a made-up company's files, and what its people do when messages reach them."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from quanyu.app.cli.groups import Group
from quanyu.app.cli.options import AsJson
from quanyu.app.cli.screen import Screen, both, table
from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.text import Text
from quanyu.simulator.arguments import Arguments, Dirt, Refused
from quanyu.simulator.company import ABOUT, described, simulate
from quanyu.simulator.realism import LARGEST_DIFFERENCE, LARGEST_DISTANCE, LARGEST_RATIO, Comparison, Row
from quanyu.simulator.realism import compare as compare_with
from quanyu.simulator.respond import respond as let_respond

_TOLD = {"people": Text("people", "客户"), "files": Text("files", "文件")}
_ROWS = {
    "records": Text("records of people", "客户记录"),
    "lines": Text("order lines", "订单行"),
    "events": Text("web, app and mini-program events", "网页、App 与小程序行为"),
    "messages": Text("messages", "消息"),
    "returns": Text("returned lines", "退货行"),
    "coupons": Text("coupons", "优惠券"),
}

app = typer.Typer(
    cls=Group,
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Write the files of a made-up retailer whose truth is known. 生成一家真相已知的虚构零售商的数据文件。",
)


@app.callback()
def company(
    context: typer.Context,
    customers: Annotated[int, typer.Option(metavar="N", help="How many people. 客户数。")] = 20_000,
    years: Annotated[int, typer.Option(metavar="Y", help="How many years. 年数。")] = 2,
    seed: Annotated[int, typer.Option(metavar="S", help="The same seed, the same company. 随机种子。")] = 1,
    until: Annotated[str, typer.Option(metavar="DATE", help="Its last day. 最后一天。")] = "2026-06-30",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for the files. 文件目录。")] = None,
    truth: Annotated[
        Path | None, typer.Option(metavar="DIR", show_default="DIR-truth", help="Folder for the truth. 真相目录。")
    ] = None,
    dirt: Annotated[
        list[str] | None, typer.Option(metavar="NAME=SHARE", help="How dirty, e.g. recycled=0.06. 脏数据比例。")
    ] = None,
    gzip: Annotated[bool, typer.Option("--gzip", help="Pack every file. 压缩所有文件。")] = False,
    processes: Annotated[int, typer.Option(metavar="N", min=1, max=64, help="Processes at work. 进程数。")] = 2,
    as_json: AsJson = False,
) -> None:
    if context.invoked_subcommand:
        return
    screen = Screen(as_json)
    with _in_words():
        folder = _wanted(out)
        arguments = Arguments(customers, years, seed, _day(until), _dirt(dirt or []))
        aside = truth or _beside(folder)
        written = simulate(arguments, folder, aside, processes, _progress(screen), packed=gzip)
    title = Text("{n} files, {s} MB, in {f}", "{n} 个文件，{s} MB，位于 {f}").format_with(
        n=f"{written.files:,}", s=f"{written.size / 1e6:,.0f}", f=folder
    )
    rows = [(_ROWS[name], count) for name, count in written.rows.items() if name in _ROWS]
    document = {"files": written.files, "bytes": written.size, "rows": written.rows}
    screen.answer(document, table(title, (Text("what", "内容"), Text("rows", "行数")), rows))


@app.command(help="Write what people do when messages reach them. 生成消息触达后客户的行为。")
def respond(
    messages: Annotated[
        Path, typer.Argument(metavar="MESSAGES", help="CSV of messages that were sent. 已发送消息的 CSV。")
    ],
    company: Annotated[Path, typer.Option(metavar="DIR", help="The company's folder. 公司目录。")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the responses. 响应目录。")],
    truth: Annotated[
        Path | None, typer.Option(metavar="DIR", show_default="DIR-truth", help="Folder for the truth. 真相目录。")
    ] = None,
    days: Annotated[int, typer.Option(metavar="N", help="Days that follow. 之后的天数。")] = 30,
    since: Annotated[int, typer.Option(metavar="N", help="Leave out so many of them. 略去前几天。")] = 0,
    processes: Annotated[int, typer.Option(metavar="N", min=1, max=64, help="Processes at work. 进程数。")] = 2,
    as_json: AsJson = False,
) -> None:
    screen = Screen(as_json)
    with _in_words():
        arguments = described(company / ABOUT)
        given = (arguments, messages, out, truth or _beside(out), days, processes, _progress(screen))
        found = let_respond(*given, since=since)
    title = Text("{n} messages, {r} of them arrived; {o} orders", "{n} 条消息，送达 {r} 条；{o} 笔订单").format_with(
        n=f"{found.messages:,}", r=f"{found.reached:,}", o=f"{found.orders:,}"
    )
    rows = sorted(found.events.items(), key=lambda each: -each[1])
    document = {"messages": found.messages, "reached": found.reached, "events": found.events, "orders": found.orders}
    screen.answer(document, table(title, (Text("event", "事件"), Text("messages", "消息数")), rows))


@app.command(help="Compare a made-up company with public data. 将虚构公司与公开数据对比。")
def compare(
    public: Annotated[Path, typer.Option(metavar="DIR", help="Folder of public data sets. 公开数据目录。")],
    customers: Annotated[int, typer.Option(metavar="N", help="How many people. 客户数。")] = 32_768,
    seed: Annotated[int, typer.Option(metavar="S", help="The same seed, the same company. 随机种子。")] = 1,
    as_json: AsJson = False,
) -> None:
    screen = Screen(as_json)
    with _in_words():
        found = compare_with(Arguments(customers, seed=seed), public)
    for name in found.missing:
        screen.note(Text(f"Left out: {name} is not in that folder.", f"已跳过：目录中没有 {name}。"))
    columns = (
        Text("measure", "指标"),
        Text("public data", "公开数据"),
        Text("simulated", "模拟"),
        Text("public", "公开"),
        Text("apart by", "差距"),
        Text("verdict", "结论"),
    )
    rows = [
        (
            Text(*row.name),
            row.data,
            *(_figures(row, side) for side in (row.simulated, row.public)),
            _apart(row),
            Text(*row.verdict),
        )
        for row in found.rows
    ]
    title = Text(f"{customers:,} people beside public data", f"{customers:,} 名客户与公开数据对比")
    screen.answer(_comparison(found), table(title, columns, rows), _bounds())


_APART = {"difference": "{:+.2f}", "distance": "KS {:.2f}", "ratio": "×{:.2f}"}


def _apart(row: Row) -> str:
    return _APART[row.by].format(row.value)


def _figures(row: Row, figures: dict[str, float]) -> str:
    """Write a share, a distribution or an effect in a few signs; effects in percentage points."""
    told = {name: f"{value:.3g}" for name, value in figures.items()}
    if "median" in told:
        return "{mean} ({p10} | {median} | {p90}; {cv})".format_map(told)
    if "share" in told:
        return f"{figures['share']:.1%}"
    unit = "%" if row.measure == "spent_lift" else " pp"
    told = {name: f"{100 * value:+.2f}{unit}" for name, value in figures.items()}
    return "{added} ({low} – {high})".format_map(told) if "added" in told else "{low} – {high}".format_map(told)


def _bounds() -> Text:
    told = {"d": LARGEST_DIFFERENCE, "k": LARGEST_DISTANCE, "r": LARGEST_RATIO}
    return Text(
        "Distributions: mean (10% | half | 90%; coefficient of variation). Alike: shares at most {d} apart, "
        "distributions at a Kolmogorov-Smirnov distance (KS) of at most {k}, rates within a factor of {r}; effects "
        "within it of either mail, counting in chance.",
        "分布写作：均值（10% | 中位 | 90%；变异系数）。相近：占比相差不超过 {d}，分布的 KS 距离不超过 {k}，"
        "比率在 {r} 倍以内；效果计入随机误差后与任一邮件相差在此倍数以内。",
    ).format_with(**told)


def _comparison(found: Comparison) -> dict[str, object]:
    rows = [
        {**asdict(row), "measure": {"key": row.measure, **both(Text(*row.name))}, "verdict": both(Text(*row.verdict))}
        for row in found.rows
    ]
    return {"customers": found.customers, "rows": rows, "missing": list(found.missing)}


@contextmanager
def _in_words() -> Generator[None]:
    """Say what the simulator refuses as every command says it."""
    try:
        yield
    except Refused as refused:
        faults = [Fault(en.partition(":")[0], Text(en, zh)) for en, zh in refused.faults]
        raise Invalid(Text("This cannot be simulated.", "无法按此模拟。"), faults=faults) from None


def _progress(screen: Screen):
    def tell(what: str, done: int, whole: int) -> None:
        if done == whole or done % max(whole // 10, 1) == 0:
            step = _TOLD[what]
            screen.note(Text(f"{step.en}: {done} of {whole}", f"{step.zh}：{done}/{whole}"))

    return tell


def _beside(folder: Path) -> Path:
    return folder.with_name(folder.name + "-truth")


def _wanted(out: Path | None) -> Path:
    if out is None:
        raise Refused([("out: no folder was given; name one with --out", "out：未给出目录；请用 --out 指定")])
    return out


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        en, zh = (
            f"until: {text} was given, a date such as 2026-06-30 is allowed",
            f"until：收到 {text}，应为 2026-06-30 这样的日期",
        )
        raise Refused([(en, zh)]) from None


def _dirt(given: list[str]) -> Dirt:
    """Read NAME=SHARE pairs; all faults at once."""
    known, found, faults = [f.name for f in fields(Dirt)], dict[str, float](), list[tuple[str, str]]()
    for pair in given:
        name, _, share = pair.partition("=")
        try:
            found[known[known.index(name)]] = float(share)
        except ValueError:
            allowed = ", ".join(known)
            en = f"dirt: {pair} was given, NAME=SHARE is wanted, the names are {allowed}"
            faults.append((en, f"dirt：收到 {pair}，应为 名称=比例，名称有 {allowed}"))
    if faults:
        raise Refused(faults)
    return replace(Dirt(), **found)
