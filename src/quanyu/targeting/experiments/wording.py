"""Says what an experiment found in sentences that need no statistics."""

import math
from collections.abc import Iterator

from quanyu.foundation.text import Text
from quanyu.targeting.experiments.explaining import titled
from quanyu.targeting.experiments.model import Analysis, Effect, Outcome
from quanyu.targeting.experiments.parts_wording import parts_in_words

_SURE = 0.05
# How a customer does what an outcome of this name counts; any other name is said as it is.
_DEEDS = {
    "visit": Text("visited", "到访"),
    "conversion": Text("bought", "购买"),
    "purchase": Text("bought", "购买"),
    "bought": Text("bought", "购买"),
    "open": Text("opened the message", "打开消息"),
    "click": Text("clicked", "点击"),
    "redeemed": Text("redeemed", "核销"),
    "unsubscribe": Text("unsubscribed", "退订"),
    "complaint": Text("complained", "投诉"),
}


def in_words(analysis: Analysis) -> list[Text]:
    """Return the sentences in the order to read them: who, whether the split can be trusted, then each effect."""
    return [
        *_say_who(analysis),
        *_say_split(analysis),
        *_say_looking(analysis),
        *_say_adjusted(analysis),
        *(sentence for outcome in analysis.outcomes for sentence in _say_gaps(outcome)),
        *(sentence for effect in analysis.effects for sentence in _say_effect(effect)),
        *_say_several(analysis),
        *(() if analysis.parts is None else parts_in_words(analysis.parts)),
    ]


def _say_who(analysis: Analysis) -> Iterator[Text]:
    sizes = [(titled(arm.name), f"{arm.customers:,}") for arm in analysis.arms]
    yield Text(
        "{rows} rows were read: {sizes}. “{control}” is the control.",
        "共读取 {rows} 行：{sizes}。对照组是“{control}”。",
    ).format_with(
        rows=f"{analysis.rows_read:,}",
        sizes=Text(
            ", ".join(f"{count} in “{name.en}”" for name, count in sizes),
            "，".join(f"“{name.zh}”{count} 位" for name, count in sizes),
        ),
        control=titled(analysis.control),
    )
    if analysis.rows_without_arm:
        yield Text("Rows that name no group, left out: {rows}.", "有 {rows} 行没有分组，未计入。").format_with(
            rows=f"{analysis.rows_without_arm:,}"
        )


def _say_split(analysis: Analysis) -> Iterator[Text]:
    ratio = analysis.sample_ratio
    if not ratio.alarm:
        return
    shares = [(titled(name), f"{share:.1%}") for name, share in ratio.expected.items()]
    planned = Text(
        ", ".join(f"“{name.en}” {share}" for name, share in shares),
        "，".join(f"“{name.zh}” {share}" for name, share in shares),
    )
    yield Text(
        "Warning: the group sizes do not fit the plan ({planned}); chance alone would do this less than once in "
        "1,000 tests. Something put customers into groups unevenly or lost some of them, so do not trust the effects "
        "below before you know what.",
        "警告：各组人数与计划（{planned}）不符，纯属偶然的可能不到千分之一。说明分组时不均匀，或者丢失了部分客户；"
        "在查明原因之前，请不要相信下面的效果。",
    ).format_with(planned=planned)
    if ratio.assumed_equal:
        yield Text(
            "No planned shares were given, so equal groups were assumed. If they were to differ, state the shares.",
            "没有给出计划比例，因此按各组相等计算。如果本来就不打算等分，请写明计划比例。",
        )


def _say_looking(analysis: Analysis) -> Iterator[Text]:
    if analysis.looking is not None:
        yield Text(
            "Look as often as you like: these limits are wider than those of one look at the end, and all of them "
            "together hold the truth in 95 of 100 tests.",
            "可以随时查看：这里的区间比只在结束时看一次的更宽，无论看多少次，100 次实验中有 95 次始终包含真实差异。",
        )


def _say_adjusted(analysis: Analysis) -> Iterator[Text]:
    told = [(effect, effect.removed) for effect in analysis.effects if effect.removed is not None]
    if not told:
        return
    effect, removed = max(told, key=lambda each: each[1])
    columns = [titled(name) for name in analysis.before]
    yield Text(
        "What customers did before ({columns}) was allowed for: of the chance in “{outcome}” it took out {removed}, "
        "as if {times} times as many customers had taken part.",
        "已扣除分组前行为（{columns}）的影响：“{outcome}”的随机波动减少 {removed}，相当于参与客户是原来的 {times} 倍。",
    ).format_with(
        columns=Text(", ".join(f"“{each.en}”" for each in columns), "、".join(f"“{each.zh}”" for each in columns)),
        outcome=titled(effect.outcome),
        removed=f"{removed:.0%}",
        times=f"{1 / (1 - min(removed, 0.999)):.1f}",
    )


def _say_gaps(outcome: Outcome) -> Iterator[Text]:
    if outcome.missing:
        yield Text(
            "Customers without “{name}”, left out of this outcome only: {count}.",
            "有 {count} 位客户缺少“{name}”，只在这一项中未计入。",
        ).format_with(name=titled(outcome.name), count=f"{outcome.missing:,}")
    if outcome.negative:
        yield Text(
            "Customers whose “{name}” is negative, as after returns, kept: {count}.",
            "有 {count} 位客户的“{name}”为负（如退货），已计入。",
        ).format_with(name=titled(outcome.name), count=f"{outcome.negative:,}")


def _say_effect(effect: Effect) -> Iterator[Text]:
    if effect.absolute_low is None or effect.absolute_high is None:
        yield Text(
            "“{outcome}” does not vary in “{arm}” and “{control}”: nothing can be said about it.",
            "“{outcome}”在“{arm}”和“{control}”中没有任何差异，无法判断效果。",
        ).format_with(**_named(effect))
        return
    if not effect.certain:
        yield _say_open(effect, effect.absolute_low, effect.absolute_high)
    elif effect.kind == "rate":
        yield _say_rate(effect, effect.absolute_low, effect.absolute_high)
    else:
        yield _say_amount(effect, effect.absolute_low, effect.absolute_high)
    if effect.few:
        yield Text(
            "Careful: in “{arm}” or “{control}” fewer than 30 customers have “{outcome}” other than zero, or very few "
            "have most of it, so a few large amounts can still turn this result.",
            "注意：“{arm}”或“{control}”中“{outcome}”不为零的客户不足 30 位，或大部分来自极少数客户，"
            "少数大额就可能改变这个结果。",
        ).format_with(**_named(effect))


def _say_rate(effect: Effect, low: float, high: float) -> Text:
    more = effect.absolute > 0
    base = _base(effect)
    near, far = sorted((abs(low), abs(high)))
    had = Text("had “{outcome}”", "有“{outcome}”").format_with(outcome=titled(effect.outcome))
    return Text(
        "Of every {base} customers in “{arm}”, about {about} {more} {deed} than in “{control}” "
        "(95% sure: between {near} and {far}){relative}.",
        "“{arm}”每 {base} 位客户中，{deed}的比“{control}”约{more} {about} 位"
        "（95% 的把握：{near} 到 {far} 位）{relative}。",
    ).format_with(
        **_named(effect),
        base=f"{base:,}",
        about=_count(abs(effect.absolute) * base),
        near=_count(near * base),
        far=_count(far * base),
        more=Text("more", "多") if more else Text("fewer", "少"),
        deed=_DEEDS.get(effect.outcome.lower(), had),
        relative=_relative(effect),
    )


def _say_amount(effect: Effect, low: float, high: float) -> Text:
    more = effect.absolute > 0
    near, far = sorted((abs(low), abs(high)))
    return Text(
        "A customer in “{arm}” had on average {about} {more} “{outcome}” than one in “{control}” "
        "(95% sure: between {near} and {far}){relative}.",
        "“{arm}”的客户人均“{outcome}”比“{control}”{more} {about}（95% 的把握：{near} 到 {far}）{relative}。",
    ).format_with(
        **_named(effect),
        about=_amount(abs(effect.absolute)),
        near=_amount(near),
        far=_amount(far),
        more=Text("more", "多") if more else Text("less", "少"),
        relative=_relative(effect),
    )


def _say_open(effect: Effect, low: float, high: float) -> Text:
    base = _base(effect) if effect.kind == "rate" else 1

    def show(value: float) -> str:
        sign = "−" if value < 0 else "+"
        return sign + (_count(abs(value) * base) if effect.kind == "rate" else _amount(abs(value)))

    what = Text("{low} to {high}", "{low} 到 {high}").format_with(low=show(low), high=show(high))
    per = (
        Text(f"per {base:,} customers", f"每 {base:,} 位客户")
        if effect.kind == "rate"
        else Text("per customer", "每位客户")
    )
    return Text(
        "“{outcome}”: this test cannot tell “{arm}” from “{control}”. The true difference may be anything from {what} "
        "{per} (95% sure).{size}",
        "“{outcome}”：这次实验无法判断“{arm}”与“{control}”有没有差别，"
        "真实差异可能是{per} {what} 之间的任何值（95% 的把握）。{size}",
    ).format_with(**_named(effect), what=what, per=per, size=_say_size(effect, base))


def _say_size(effect: Effect, base: int) -> Text:
    if effect.detectable is None:
        return Text("", "")
    seen = _count(effect.detectable * base) if effect.kind == "rate" else _amount(effect.detectable)
    found = Text(
        " Groups of this size show a difference of {seen} or more in four of five tests.",
        "这样的人数，在五次实验中有四次能发现 {seen} 或更大的差异。",
    ).format_with(seen=seen)
    if effect.absolute == 0:
        return found
    people = effect.arm_customers + effect.control_customers
    needed = people * (effect.detectable / abs(effect.absolute)) ** 2
    more = Text(
        " To tell a difference as small as the one seen, about {needed} customers in both groups together are needed.",
        "要判断像这次看到的这么小的差异，两组合计约需要 {needed} 位客户。",
    ).format_with(needed=_rounded(needed))
    return Text(found.en + more.en, found.zh + more.zh)


def _say_several(analysis: Analysis) -> Iterator[Text]:
    if len(analysis.effects) < 2:
        return
    hints = [e for e in analysis.effects if e.certain and e.p_holm is not None and e.p_holm >= _SURE]
    if not hints:
        return
    told = [Text("“{outcome}”: “{arm}”", "“{outcome}”: “{arm}”").format_with(**_named(each)) for each in hints]
    yield Text(
        "{count} comparisons were made at once, and where nothing changed one in twenty still looks like a change. "
        "Counting that in (Holm), these are hints, not proofs: {names}.",
        "这里同时做了 {count} 项比较；即使毫无效果，每二十项中也会有一项看起来有效。"
        "把这一点算进去（Holm 校正），下列结果只是线索，不是证明：{names}。",
    ).format_with(
        count=len(analysis.effects),
        names=Text("; ".join(each.en for each in told), "；".join(each.zh for each in told)),
    )


def _named(effect: Effect) -> dict[str, Text]:
    """Return how what is compared is called."""
    return {name: titled(getattr(effect, name)) for name in ("outcome", "arm", "control")}


def _relative(effect: Effect) -> Text:
    if effect.relative is None:
        return Text("", "")
    low, high = effect.relative_low, effect.relative_high
    lift = f"{effect.relative:+.0%}"
    if low is None or high is None:
        return Text(f", {lift}", f"，相对 {lift}")
    return Text(f", {lift} ({low:+.0%} to {high:+.0%})", f"，相对 {lift}（{low:+.0%} 到 {high:+.0%}）")


def _base(effect: Effect) -> int:
    """Return out of how many customers to count, so that the numbers are at least about one."""
    size = max(abs(v) for v in (effect.absolute, effect.absolute_low or 0.0, effect.absolute_high or 0.0))
    return next((base for base in (1_000, 10_000, 100_000) if size * base >= 2), 1_000_000)


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _amount(value: float) -> str:
    if value == 0 or value >= 0.1:
        return f"{value:,.2f}"
    return f"{value:.2g}"


def _rounded(people: float) -> str:
    """Write a size with two leading digits: more would promise a precision that it does not have."""
    step = 10 ** max(0, math.floor(math.log10(people)) - 1)
    return f"{math.ceil(people / step) * step:,}"
