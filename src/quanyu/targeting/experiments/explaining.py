"""The columns of the table of effects: what each is called, what it means, and how its values are written."""

from collections.abc import Iterator
from dataclasses import dataclass

from quanyu.foundation.text import Text
from quanyu.targeting.experiments.model import Analysis, Effect

ALL = Text("all", "全部")
_NAMES = {
    "bought": Text("bought", "购买"),
    "spent": Text("spent", "净消费额"),
    "unsubscribe": Text("unsubscribed", "退订"),
    "complaint": Text("complained", "投诉"),
    "profit": Text("contribution after costs", "扣除成本后的贡献"),
    "entered": Text("entered", "进入旅程"),
    "control": Text("control", "对照组"),
    "rest": Text("all others", "其余客户"),
    "personalised": Text("personalised", "个性化"),
    "same_promotion": Text("same promotion for all", "统一促销"),
    "no_contact": Text("no contact", "不触达"),
    "spent_before": Text("spent in the year before", "此前一年消费"),
    "orders_before": Text("orders in the year before", "此前一年订单"),
}


@dataclass(frozen=True)
class Heading:
    name: str
    title: Text
    meaning: Text


_WORDS = (
    (
        "part",
        ("part", "分组"),
        ("Customers with this value; `all` is everybody.", "该取值的客户；“全部”为所有人。"),
    ),
    (
        "outcome",
        ("outcome", "结果"),
        ("What was counted.", "统计的指标。"),
    ),
    (
        "arm",
        ("group", "组"),
        ("Compared with the control.", "与对照组比较的组。"),
    ),
    (
        "arm_customers",
        ("customers", "人数"),
        ("Assigned to the group, reached or not.", "分入该组的客户，无论是否触达。"),
    ),
    (
        "control_customers",
        ("control customers", "对照人数"),
        ("Left alone by lot.", "随机留出的客户。"),
    ),
    (
        "arm_mean",
        ("group mean", "组均值"),
        ("As it was; rates are fractions.", "观测均值；比率为小数。"),
    ),
    (
        "control_mean",
        ("control mean", "对照均值"),
        ("As it was; rates are fractions.", "观测均值；比率为小数。"),
    ),
    (
        "absolute",
        ("difference", "差异"),
        (
            "Group minus control per customer, allowing for what was done before.",
            "人均差异（组减对照），已扣除事前行为。",
        ),
    ),
    (
        "absolute_low",
        ("95% from", "95% 下限"),
        ("Lower end of the 95% interval.", "95% 区间下限。"),
    ),
    (
        "absolute_high",
        ("95% to", "95% 上限"),
        ("Upper end of the 95% interval.", "95% 区间上限。"),
    ),
    (
        "unadjusted",
        ("unadjusted", "未校正"),
        ("Difference of the two means as they were.", "两组观测均值之差。"),
    ),
    (
        "removed",
        ("variance removed", "方差减少"),
        ("Share of the chance that what was done before took out.", "事前行为解释掉的随机波动比例。"),
    ),
    (
        "relative",
        ("relative", "相对"),
        ("The difference against the control.", "相对对照组的变化。"),
    ),
    (
        "relative_low",
        ("relative from", "相对下限"),
        ("Lower end of its 95% interval.", "相对变化的 95% 下限。"),
    ),
    (
        "relative_high",
        ("relative to", "相对上限"),
        ("Upper end of its 95% interval.", "相对变化的 95% 上限。"),
    ),
    (
        "p_value",
        ("p", "p 值"),
        ("How often chance alone gives as much.", "纯属偶然时出现这么大差异的概率。"),
    ),
    (
        "p_holm",
        ("p (Holm)", "p (Holm)"),
        ("The same, counting in all comparisons.", "按全部比较次数校正后的 p 值。"),
    ),
    (
        "detectable",
        ("detectable", "可检出"),
        ("Difference that four of five such tests find.", "五次实验中有四次能发现的差异。"),
    ),
    (
        "few",
        ("few", "偏少"),
        ("A few large amounts can turn the result.", "少数大额可能改变结果。"),
    ),
)
HEADINGS = tuple(Heading(name, Text(*title), Text(*meaning)) for name, title, meaning in _WORDS)


def titled(name: str) -> Text:
    """Return how an outcome or a group is called; names of files as they are."""
    return _NAMES.get(name, Text(name, name))


def rows(found: Analysis) -> Iterator[tuple[Text, Effect]]:
    """Yield the effects among all customers, then those part by part."""
    for effect in found.effects:
        yield ALL, effect
    for part in found.parts.parts if found.parts is not None else ():
        for effect in part.effects:
            yield Text(part.value, part.value), effect


def cells(found: Analysis) -> Iterator[dict[str, str]]:
    """Yield rows of the table as they are read, by the names of HEADINGS."""
    for part, effect in rows(found):
        yield {heading.name: _written(heading.name, part, effect) for heading in HEADINGS}


def _written(name: str, part: Text, effect: Effect) -> str:
    if name == "part":
        return str(part)
    value = getattr(effect, name)
    if name in ("outcome", "arm"):
        return str(titled(value))
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(Text("yes", "是")) if value else ""
    if isinstance(value, int):
        return f"{value:,}"
    if name.startswith("relative") or name == "removed":
        return f"{value:+.1%}" if name != "removed" else f"{value:.0%}"
    if name.startswith("p_"):
        return f"{value:.3g}"
    return f"{value * 100:.4f}%" if effect.kind == "rate" else f"{value:,.4f}"
