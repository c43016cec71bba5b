"""A report on effects as sentences, as a document for programs, as a page and as a workbook."""

from collections.abc import Iterator
from dataclasses import asdict

from quanyu.engagement.journeys.effects import Report
from quanyu.foundation.text import Text
from quanyu.targeting.experiments.page import draw_analysis
from quanyu.targeting.experiments.paying import Payback, paid_in_words
from quanyu.targeting.experiments.report import as_json
from quanyu.targeting.experiments.workbook import write_workbook

GLOBAL = "global_control"
_FIGURES = (
    ("margin", Text("margin brought", "带来毛利")),
    ("cost", Text("all costs", "全部成本")),
    ("fixed", Text("of which software", "其中软件费用")),
    ("profit", Text("profit", "净得")),
    ("profit_low", Text("profit, 95% from", "净得 95% 下限")),
    ("profit_high", Text("profit, 95% to", "净得 95% 上限")),
    ("ratio", Text("margin by cost (ROI)", "毛利 / 成本（ROI）")),
    ("ratio_low", Text("ROI, 95% from", "ROI 95% 下限")),
    ("ratio_high", Text("ROI, 95% to", "ROI 95% 上限")),
)


def first_words(found: Report) -> Iterator[Text]:
    """Yield what to know of a report before its effects: how final it is, what counts, and whether it paid."""
    if found.preliminary:
        yield Text(
            f"Preliminary: purchases and returns count until {found.settled_on}.",
            f"初步结果：购买与退货统计至 {found.settled_on}。",
        )
    yield Text(
        f"Everybody assigned from {found.first_day} to {found.last_day} counts, reached or not, for {found.days} days.",
        f"统计 {found.first_day} 至 {found.last_day} 分组的全部客户（无论是否触达），各 {found.days} 天。",
    )
    yield found.terms.said
    for each in found.paid:
        yield paid_in_words(each, found.currency)
    if not found.paid:
        yield Text(
            "Whether it paid is not said: no margin is set. Set one: quanyu experiment terms apply FILE",
            "未设定毛利率，无法判断是否盈利。请设定：quanyu experiment terms apply 文件",
        )
    if found.place is not None:
        yield Text(
            f"Where a cap leaves room for one message, this is how the journey takes its turn: {found.place.en}.",
            f"频次上限只容一条消息时，本旅程的先后：{found.place.zh}。",
        )
    if found.by_past is False:
        yield Text(
            "No run of tags from before is kept: the values are today’s, which may follow from what is measured.",
            "分组之前的标签结果已不保留：此处为当前取值，可能受所衡量的活动影响。",
        )


def describe(found: Report) -> dict[str, object]:
    """Return a report as plain values."""
    return {
        "journey": found.journey,
        "days": found.days,
        "preliminary": found.preliminary,
        "assigned": [found.first_day, found.last_day],
        "settled_on": found.settled_on,
        "returns": {**found.terms.returns, "other": found.terms.other_returns},
        "paid": [asdict(each) for each in found.paid],
        "first_words": [{"en": each.en, "zh": each.zh} for each in first_words(found)],
        **as_json(found.analysis),
    }


def title_of(found: Report) -> Text:
    if found.journey == GLOBAL:
        return Text("What marketing as a whole changed", "整体营销的效果")
    return Text(f"What the journey {found.journey} changed", f"旅程 {found.journey} 的效果")


def draw(found: Report) -> str:
    """Return the page."""
    beneath = Text(
        f"{found.first_day} – {found.last_day}, {found.days} days each, settled on {found.settled_on}",
        f"{found.first_day} – {found.last_day}，各统计 {found.days} 天，{found.settled_on} 后为最终结果",
    )
    return draw_analysis(found.analysis, title_of(found), beneath, tuple(first_words(found)))


def write(found: Report) -> bytes:
    """Return the workbook."""
    figures = [figure for each in found.paid for figure in _figures(each)]
    return write_workbook(found.analysis, title_of(found), tuple(first_words(found)), figures)


def _figures(each: Payback) -> Iterator[tuple[Text, object]]:
    for name, title in _FIGURES:
        yield Text(f"{each.arm}: {title.en}", f"{each.arm}：{title.zh}"), getattr(each, name)
