"""Shows the effects of an analysis as tables on a terminal."""

from collections.abc import Iterator

from rich.table import Table

from quanyu.app.cli.screen import table
from quanyu.foundation.text import Text
from quanyu.targeting.experiments.model import Analysis, Effect


def tables_of(found: Analysis) -> Iterator[Table]:
    """Yield the table of effects, and one of the effects part by part where they were asked for."""
    yield table(Text("Effects", "效果"), COLUMNS, [_row(effect) for effect in found.effects])
    if found.parts is not None:
        title = Text(f"By {found.parts.by}", f"按 {found.parts.by}")
        rows = [(part.value, *_row(effect)) for part in found.parts.parts for effect in part.effects]
        yield table(title, (Text(found.parts.by, found.parts.by), *COLUMNS), rows)


COLUMNS = (
    Text("outcome", "结果"),
    Text("group", "组"),
    Text("group mean", "组均值"),
    Text("control mean", "对照均值"),
    Text("difference", "差异"),
    Text("95%", "95% 区间"),
    Text("unadjusted", "未校正"),
    Text("normal approx.", "正态近似"),
    Text("relative", "相对"),
    Text("p", "p 值"),
    Text("p (Holm)", "p (Holm)"),
    Text("power", "功效"),
    Text("detectable", "可检出"),
)


def _row(effect: Effect) -> tuple[object, ...]:
    scale = 100 if effect.kind == "rate" else 1
    unit = "%" if effect.kind == "rate" else ""

    def shown(value: float | None) -> str | None:
        return None if value is None else f"{value * scale:,.4f}{unit}"

    return (
        effect.outcome,
        effect.arm,
        shown(effect.arm_mean),
        shown(effect.control_mean),
        shown(effect.absolute),
        f"[{shown(effect.absolute_low) or '–'}, {shown(effect.absolute_high) or '–'}]",
        None if effect.removed is None else shown(effect.unadjusted),
        f"[{shown(effect.plain_low)}, {shown(effect.plain_high)}]",
        None if effect.relative is None else f"{effect.relative:+.1%}",
        None if effect.p_value is None else f"{effect.p_value:.3g}",
        None if effect.p_holm is None else f"{effect.p_holm:.3g}",
        None if effect.power is None else f"{effect.power:.0%}",
        shown(effect.detectable),
    )
