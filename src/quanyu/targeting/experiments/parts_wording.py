"""Says what an effect is part by part of the customers, and above all where nothing can be told."""

from collections.abc import Iterator

from quanyu.foundation.text import Text
from quanyu.targeting.experiments.explaining import titled
from quanyu.targeting.experiments.model import Difference, Effect, Part, Parts

_SURE = 0.05


def parts_in_words(parts: Parts) -> Iterator[Text]:
    """Yield for each outcome and arm whether its effect differs between parts, then what is sure of single parts."""
    for each in parts.differences:
        yield _say_difference(parts, each)
    if parts.small:
        yield Text(
            "By “{by}”, too few customers to look at: {names}.", "按“{by}”查看时人数过少、未分析：{names_zh}。"
        ).format_with(by=parts.by, names=", ".join(parts.small), names_zh="、".join(parts.small))


def _say_difference(parts: Parts, each: Difference) -> Text:
    mine = [(part, _of(part, each)) for part in parts.parts]
    told = sorted(((e.absolute, part.value) for part, e in mine if e is not None), reverse=True)
    sure = [part.value for part, e in mine if e is not None and e.certain and (e.p_holm or 0) < _SURE]
    named = Text(", ".join(f"“{v}”" for v in sure), "、".join(f"“{v}”" for v in sure))
    alone = Text(f" Sure by itself: {named.en}.", f"单独看可以确定的：{named.zh}。") if sure else Text("", "")
    values = {
        "by": parts.by,
        "outcome": titled(each.outcome),
        "arm": titled(each.arm),
        "alone": alone.en,
        "alone_zh": alone.zh,
    }
    if each.p_holm is None:
        return Text(
            "By “{by}” there is one part only in which “{arm}” can be looked at.",
            "按“{by}”只有一个分组可供分析“{arm}”。",
        ).format_with(by=parts.by, arm=titled(each.arm))
    if each.p_holm >= _SURE:
        return Text(
            "By “{by}”: whether “{arm}” changes “{outcome}” more for some than for others, this test cannot tell. What "
            "looks larger in one part may be chance.{alone}",
            "按“{by}”看：无法判断“{arm}”对“{outcome}”的效果在不同客户间是否有差别，某组看起来更大可能只是偶然。{alone_zh}",
        ).format_with(**values)
    return Text(
        "By “{by}”: “{arm}” changes “{outcome}” more for some than for others, most in “{most}”, least in "
        "“{least}”.{alone}",
        "按“{by}”看：“{arm}”对“{outcome}”的效果因客户而异，“{most}”最大，“{least}”最小。{alone_zh}",
    ).format_with(most=told[0][1], least=told[-1][1], **values)


def _of(part: Part, each: Difference) -> Effect | None:
    return next((e for e in part.effects if (e.outcome, e.arm) == (each.outcome, each.arm)), None)
