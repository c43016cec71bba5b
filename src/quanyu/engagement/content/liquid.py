"""Liquid as contents may use it: bounded, strict about what is missing, and without a clock of its own."""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache

from liquid import BoundTemplate, Environment, FalsyStrictUndefined
from liquid.builtin.filters.misc import date as plain_date
from liquid.exceptions import (
    ContextDepthError,
    FilterArgumentError,
    LiquidError,
    LiquidSyntaxError,
    LocalNamespaceLimitError,
    LoopIterationLimitError,
    OutputStreamLimitError,
    UndefinedError,
)
from liquid.filter import with_environment

from quanyu.foundation.text import Text

LOOPS = 1_000
"""Rounds that all loops of one message may take together."""
OUTPUT = 1 << 20
"""Bytes that one part of a message may fill, whatever its channel allows."""
VARIABLES = 1 << 20
"""Bytes that a template's own variables may hold."""
MISSING, LOOPING, OVERFLOWING, UNFIT, NOT_LIQUID = "missing_value", "too_many_rounds", "overflow", "unfit", "syntax"
FAULTS = {
    MISSING: Text("A value is missing, and no default is given.", "缺少取值，且未给出默认值。"),
    LOOPING: Text(f"Its loops take more than {LOOPS:,} rounds.", f"循环超过 {LOOPS:,} 次。"),
    OVERFLOWING: Text(f"It fills more than {OUTPUT:,} bytes.", f"输出超过 {OUTPUT:,} 字节。"),
    UNFIT: Text("A filter cannot use this value.", "过滤器无法处理该值。"),
    NOT_LIQUID: Text("This is not Liquid.", "不是有效的 Liquid。"),
}
"""What can be wrong with a template, or with it for one person; none says a value of his."""

_READS_FILES = ("include", "render")


class _Bounded(Environment):
    loop_iteration_limit = LOOPS
    output_stream_limit = OUTPUT
    local_namespace_limit = VARIABLES
    context_depth_limit = 10


def environment(*, markup: bool) -> Environment:
    """Return the environment of plain parts, or of those whose values are escaped as HTML."""
    made = _Bounded(undefined=FalsyStrictUndefined, autoescape=markup)
    for tag in _READS_FILES:
        del made.tags[tag]  # a content stands by itself
    made.filters["date"] = _date
    return made


@with_environment
def _date(day: object, form: str, *, environment: Environment) -> str:
    """Write a date as `form` says; `now` is not one: a message tells of the run of tags that it was made from."""
    if not isinstance(day, dt.date) and str(day).strip().lower() in ("now", "today"):
        raise FilterArgumentError("there is no now: name a date", token=None)
    if isinstance(day, dt.date) and not isinstance(day, dt.datetime):
        day = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
    return plain_date(day, form, environment=environment)


@lru_cache(maxsize=4_096)
def compiled(source: str, *, markup: bool) -> BoundTemplate:
    """Return the template of a text; raises `LiquidSyntaxError`."""
    return _environments()[markup].from_string(source)


@lru_cache(maxsize=1)
def _environments() -> tuple[Environment, Environment]:
    return environment(markup=False), environment(markup=True)


def names_of(source: str, *, markup: bool) -> list[tuple[str, ...]]:
    """Return what a template asks for from outside, each once: ("tags", "points"), ("unsubscribe",)."""
    found = compiled(source, markup=markup).analyze().globals
    paths = [tuple(str(step) for step in each.segments) for told in found.values() for each in told]
    return list(dict.fromkeys(paths))


def fill(source: str, values: Mapping[str, object], *, markup: bool) -> str:
    """Return the text for one person; raises `LiquidError`."""
    return compiled(source, markup=markup).render(**values)


def fault_of(error: LiquidError) -> str:
    """Return which of `FAULTS` an error is."""
    match error:
        case LoopIterationLimitError() | ContextDepthError():
            return LOOPING
        case OutputStreamLimitError() | LocalNamespaceLimitError():
            return OVERFLOWING
        case UndefinedError():
            return MISSING
        case LiquidSyntaxError():
            return NOT_LIQUID
        case _:
            return UNFIT
