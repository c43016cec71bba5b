"""Goals of quality: read from a file with all its faults at once, and held against what a survey found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from math import ceil
from pathlib import Path

from quanyu.customers.quality.columns import surveyed
from quanyu.customers.quality.findings import percent
from quanyu.customers.quality.model import FieldSurvey, PartSurvey, Survey
from quanyu.foundation import documents
from quanyu.foundation.definitions import Reading, near
from quanyu.foundation.errors import NotFound
from quanyu.foundation.kinds import Kind
from quanyu.foundation.text import Text

EVERY = "*"
OF_FIELDS = {"fill": Text("filled", "填充率"), "valid": Text("valid", "有效率"), "unique": Text("unique", "唯一率")}
OF_PARTS = {
    "linked": Text("linked to another source", "可与其他来源关联"),
    "fresh": Text("days since the newest data", "距最新数据天数"),
    "missing_days": Text("days without rows", "缺失天数"),
}
MEASURES = {**OF_FIELDS, **OF_PARTS}
IN_DAYS = {"fresh", "missing_days"}


@dataclass(frozen=True)
class Goal:
    """What somebody wants of a field, or of a kind as a whole; `source` may be every one."""

    kind: str
    field: str | None
    measure: str
    source: str = EVERY
    at_least: float | None = None
    at_most: float | None = None
    owner: str | None = None


@dataclass(frozen=True)
class Reached:
    """A goal against what is; `met` is None where there are no data to say, `lacking` counts rows that would do."""

    goal: Goal
    source: str
    title: Text
    actual: float | None
    met: bool | None
    lacking: int | None
    words: Text


def load_goals(path: Path, kinds: Sequence[Kind]) -> tuple[Goal, ...]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        unread = Text("The file of goals cannot be read as UTF-8 text.", "目标文件无法按 UTF-8 文本读取。")
        raise NotFound(unread, received=f"{path.name} ({type(problem).__name__})") from problem
    return read_goals(text, kinds)


def retail_goals(kinds: Sequence[Kind]) -> tuple[Goal, ...]:
    """Return the goals that are shipped for a retailer."""
    return read_goals((files("quanyu.customers.quality") / "packs" / "retail.yaml").read_text("utf-8"), kinds)


def read_goals(text: str, kinds: Sequence[Kind]) -> tuple[Goal, ...]:
    reading = Reading(documents.read(text))
    by_name = {kind.name: kind for kind in kinds if surveyed(kind)}
    given = reading.mapping(reading.document.value, (), ("goals",), ("goals",))
    entries = reading.list(given["goals"], ("goals",)) if "goals" in given else []
    goals = [_goal(reading, raw, ("goals", place), by_name) for place, raw in enumerate(entries)]
    reading.refuse_faults(Text("These goals cannot be used.", "无法使用这些目标。"))
    return tuple(goal for goal in goals if goal is not None)


_KEYS = ("source", "kind", "field", "measure", "at_least", "at_most", "owner")


def _goal(reading: Reading, raw: object, path: documents.Path, kinds: Mapping[str, Kind]) -> Goal | None:
    given = reading.mapping(raw, path, ("kind", "measure"), _KEYS)
    kind = reading.choice(given, "kind", path, tuple(kinds))
    measure = reading.choice(given, "measure", path, tuple(MEASURES))
    field = reading.word(given, "field", path)
    if measure in OF_FIELDS and "field" not in given:
        reading.fault(
            (*path, "field"),
            Text("This measure needs a field.", "该指标需要字段。"),
            None,
            *_inputs(kinds.get(kind or "")),
        )
    if measure in OF_PARTS and "field" in given:
        reading.fault((*path, "field"), Text("This measure takes no field.", "该指标不需要字段。"), field)
    found = kinds.get(kind or "")
    if field and found and not found.takes_identifiers and field not in _inputs(found):
        unknown = Text("The kind has no such input.", "该类型没有此输入。")
        reading.fault((*path, "field"), unknown, field, *near(field, _inputs(found)))
    bounds = {name: _bound(reading, given, name, path, measure) for name in ("at_least", "at_most")}
    if not {"at_least", "at_most"} & given.keys():
        reading.fault(path, Text("A goal needs a bound.", "目标需要界限。"), None, "at_least", "at_most")
    source, owner = reading.word(given, "source", path), reading.word(given, "owner", path)
    if not kind or not measure:
        return None
    return Goal(kind, field, measure, source or EVERY, bounds["at_least"], bounds["at_most"], owner)


def _inputs(kind: Kind | None) -> tuple[str, ...]:
    return () if kind is None else tuple(given.name for given in kind.inputs)


def _bound(
    reading: Reading, given: Mapping[str, object], name: str, path: documents.Path, measure: str | None
) -> float | None:
    """Read 0.95, 95% or, of what is told in days, 3."""
    if name not in given:
        return None
    raw = given[name]
    days = measure in IN_DAYS
    try:
        written = str(raw).strip()
        found = float(Decimal(written.removesuffix("%")) / (100 if written.endswith("%") else 1))
    except InvalidOperation:
        found = -1.0
    if isinstance(raw, bool) or not 0 <= found <= (100_000 if days else 1):
        wanted = Text("Here stands a number of days.", "此处应为天数。") if days else _SHARE
        return reading.fault((*path, name), wanted, raw, *(("2",) if days else ("0.95", "95%")))
    return found


_SHARE = Text("Here stands a share between 0 and 1, or a percentage.", "此处应为 0 到 1 之间的比例或百分比。")


def hold_against(goals: Sequence[Goal], survey: Survey) -> list[Reached]:
    """Return each goal for each source that it speaks of, those that are not met first."""
    found = [reached for goal in goals for reached in _hold_everywhere(goal, survey)]
    rank = {False: 0, None: 1, True: 2}
    return sorted(found, key=lambda r: (rank[r.met], -(r.lacking or 0)))


def _hold_everywhere(goal: Goal, survey: Survey) -> list[Reached]:
    """Hold a goal against its sources; those that do not tell are named together."""
    if goal.source != EVERY:
        return [_hold(goal, goal.source, survey) or _untold(goal, [goal.source], survey)]
    sources = [part.source for part in survey.parts if part.kind == goal.kind]
    held = {source: _hold(goal, source, survey) for source in sources}
    silent = [source for source in sources if held[source] is None]
    told = [reached for reached in held.values() if reached is not None]
    return [*told, _untold(goal, silent or [EVERY], survey)] if silent or not sources else told


def _untold(goal: Goal, sources: Sequence[str], survey: Survey) -> Reached:
    part = next((part for part in survey.parts if part.kind == goal.kind), None)
    subject, names = _subject(goal, part, _field(goal, part)), ", ".join(sources)
    words = Text(f"{subject.en}: incomplete, no data from {names}", f"{subject.zh}：数据不完整，未提供：{names}")
    return Reached(goal, names, subject, None, None, None, words)


def _field(goal: Goal, part: PartSurvey | None) -> FieldSurvey | None:
    return None if part is None else next((f for f in part.fields if f.field == goal.field), None)


def _hold(goal: Goal, source: str, survey: Survey) -> Reached | None:
    part = survey.find(goal.kind, source)
    field = _field(goal, part)
    actual = None if part is None else _actual(goal, part, field, survey)
    if part is None or actual is None:
        return None
    subject = _subject(goal, part, field)
    met = (goal.at_least is None or actual >= goal.at_least) and (goal.at_most is None or actual <= goal.at_most)
    lacking = None if met else _lacking(goal, part, field)
    return Reached(goal, source, subject, actual, met, lacking, _words(goal, source, subject, actual, met, lacking))


def _subject(goal: Goal, part: PartSurvey | None, field: FieldSurvey | None) -> Text:
    """Say what is measured, such as "Birthday filled"."""
    named = Text(goal.kind, goal.kind) if part is None else part.title
    if goal.field is not None:
        inner = Text(goal.field, goal.field) if field is None else field.title
        named = Text(f"{named.en}, {inner.en}", f"{named.zh}·{inner.zh}")
    measure = MEASURES[goal.measure]
    return Text(f"{named.en}: {measure.en}", f"{named.zh}：{measure.zh}")


def _actual(goal: Goal, part: PartSurvey, field: FieldSurvey | None, survey: Survey) -> float | None:
    if goal.measure in OF_FIELDS:
        if field is None or not (field.filled or field.refused):
            return None  # nobody has delivered it: that is incomplete, not zero
        return {"fill": field.fill, "valid": field.validity, "unique": field.uniqueness}[goal.measure]
    if goal.measure == "linked":
        return None if part.links is None else part.links.share
    if goal.measure == "fresh":
        return part.age(survey.as_of)
    return None if part.days is None else float(len(part.days.missing))


def _lacking(goal: Goal, part: PartSurvey, field: FieldSurvey | None) -> int | None:
    """Return how many rows would have to be filled, mended or linked."""
    if goal.at_least is None:
        return None
    if goal.measure == "linked" and part.links is not None:
        return ceil(goal.at_least * part.links.records) - part.links.linked
    if field is None or goal.measure not in OF_FIELDS:
        return None
    of, have = {
        "fill": (field.rows, field.filled),
        "valid": (field.filled, field.filled - field.invalid),
        "unique": (field.filled, field.distinct),
    }[goal.measure]
    return max(1, ceil(round(goal.at_least * of - have, 6)))


_TODO = {
    "fill": Text("fill {n:,}", "补齐 {n:,} 条"),
    "valid": Text("mend {n:,}", "修正 {n:,} 条"),
    "unique": Text("tell apart {n:,}", "去重 {n:,} 条"),
    "linked": Text("link {n:,}", "关联 {n:,} 条"),
}


def figure(goal: Goal, value: float) -> str:
    """Write a value as the goal's measure is told, with as many digits as it takes not to look on the other side."""
    if goal.measure in IN_DAYS:
        return f"{value:,.1f}".removesuffix(".0")
    bounds = [bound for bound in (goal.at_least, goal.at_most) if bound is not None and bound != value]
    for digits in range(4):
        shown = round(value, digits + 2)
        if all((shown > bound) == (value > bound) and shown != bound for bound in bounds):
            return max(percent(value), f"{value:.{digits}%}", key=len)
    return percent(value)


def aim(goal: Goal) -> str:
    least = "" if goal.at_least is None else f"≥ {figure(goal, goal.at_least)}"
    most = "" if goal.at_most is None else f"≤ {figure(goal, goal.at_most)}"
    return f"{least} {most}".strip()


def todo(goal: Goal, lacking: int | None) -> Text:
    """Say what would have to be done to so many rows; nothing where no number is known."""
    return Text("", "") if lacking is None else _TODO[goal.measure].format_with(n=lacking)


def _words(goal: Goal, source: str, subject: Text, actual: float, met: bool, lacking: int | None) -> Text:
    wanted, found, work = aim(goal), figure(goal, actual), todo(goal, lacking)
    state = Text("reached", "达成") if met else Text("not reached", "未达成")
    more = Text(f"; {work.en}", f"；{work.zh}") if work.en else work
    return Text(
        f"{source}: {subject.en} {found}, goal {wanted}: {state.en}{more.en}",
        f"{source}：{subject.zh} {found}，目标 {wanted}：{state.zh}{more.zh}",
    )
