"""Puts what a survey found into words, what matters most first."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from quanyu.customers.quality.drifting import GREAT
from quanyu.customers.quality.flaws import WORDS
from quanyu.customers.quality.model import Drift, FieldSurvey, Finding, PartSurvey, Survey, share
from quanyu.foundation.text import Text

STALE_DAYS = 35
OFTEN, MANY_VALUES = 0.05, 100  # of a field with so many values, one should not stand in so many rows
OUTLYING = 0.02
SHARED = 0.05
FILL_FELL = 0.10
WEIGHTS = {
    "digits lost": 5.0,
    "fill fell": 4.0,
    "refused": 3.0,
    "flaw": 2.0,
    "missing days": 2.0,
    "shared": 2.0,
    "one value": 1.5,
    "drift": 1.0,
    "new codes": 1.0,
    "not linked": 1.0,
    "outliers": 0.5,
    "missing": 0.3,
    "stale": 0.2,
}


def find(survey: Survey) -> list[Finding]:
    """Return what somebody should look at: rows concerned, times how much one such row matters."""
    several = sum(part.links is not None and part.links.identified > 0 for part in survey.parts) > 1
    found = [
        finding
        for part in survey.parts
        for finding in (
            *_of_part(part, survey.as_of, linkable=several),
            *_fallen(part),
            *(each for field in part.fields for each in _of_field(part, field)),
        )
    ]
    return sorted(found, key=lambda f: (-f.weight, f.source, f.kind, f.field or "", f.about))


def _finding(
    part: PartSurvey, field: FieldSurvey | None, about: str, rows: int, words: Text, *, matters: float = 1.0
) -> Finding:
    where = Text(f"{part.source}, {part.title.en}: ", f"{part.source}·{part.title.zh}：")
    told = Text(where.en + words.en, where.zh + words.zh)
    weight = rows * WEIGHTS[about] * matters
    return Finding(weight, part.kind, part.source, None if field is None else field.field, about, rows, told)


def _of_part(part: PartSurvey, as_of: datetime, *, linkable: bool) -> Iterator[Finding]:
    links, days, age = part.links, part.days, part.age(as_of)
    if linkable and links is not None and links.linked < links.records:
        alone = links.records - links.linked
        words = _counted(
            alone, links.records, "of records share no identifier with another source", "的记录与其他来源没有共同标识"
        )
        yield _finding(part, None, "not linked", alone, words)
    if days is not None and days.missing:
        named = ", ".join(day.isoformat() for day in days.missing[-5:])
        more = "… " if len(days.missing) > 5 else ""
        usual = sum(rows for _, rows in days.totals) // max(1, len(days.totals))
        words = Text(
            f"no rows on {len(days.missing)} days ({more}{named})", f"{len(days.missing)} 天没有数据（{more}{named}）"
        )
        yield _finding(part, None, "missing days", usual * len(days.missing), words)
    if age is not None and age > STALE_DAYS:
        words = Text(f"nothing newer than {age:,.0f} days", f"最近 {age:,.0f} 天没有新数据")
        yield _finding(part, None, "stale", part.rows, words)


def _of_field(part: PartSurvey, field: FieldSurvey) -> Iterator[Finding]:
    yield from _unbelieved(part, field)
    yield from _drifted(part, field)
    en, zh = field.title
    if 0 < field.filled < field.rows:
        words = _counted(field.missing, field.rows, f"lack {en}", f"缺少{zh}")
        matters = min(1.0, 2 * (field.fill or 0))  # what hardly any row has is a field for few
        yield _finding(part, field, "missing", field.missing, words, matters=matters)
    if field.shared is not None and field.shared > SHARED * field.filled:
        words = _counted(
            field.shared,
            field.filled,
            f"of values of {en} stand at another record of the source too",
            f"的{zh}在本来源内重复",
        )
        yield _finding(part, field, "shared", field.shared, words)
    often = None if field.type == "text" else field.frequent  # many live in one city, and look at one page
    if often is not None and field.distinct > MANY_VALUES and often.rows > OFTEN * field.filled:
        shown = Text("", "") if often.value is None else Text(f" ({often.value})", f"（{often.value}）")
        words = _counted(often.rows, field.filled, f"of {en} are one value{shown.en}", f"的{zh}是同一个值{shown.zh}")
        yield _finding(part, field, "one value", often.rows, words)
    outliers = None if field.spread is None else field.spread.outliers
    if outliers is not None and outliers > OUTLYING * field.filled:
        words = _counted(outliers, field.filled, f"of {en} lie far from the rest", f"的{zh}为离群值")
        yield _finding(part, field, "outliers", outliers, words)


def _unbelieved(part: PartSurvey, field: FieldSurvey) -> Iterator[Finding]:
    en, zh = field.title
    for flaw in field.flaws:
        words, about = WORDS[flaw.name], "digits lost" if flaw.name == "digits lost" else "flaw"
        told = _counted(flaw.rows, field.filled, f"of {en} {words.en}", f"的{zh}{words.zh}")
        yield _finding(part, field, about, flaw.rows, told)
    given = field.filled + sum(flaw.rows for flaw in field.refused)
    for flaw in field.refused:
        words = WORDS.get(flaw.name, Text(f"are refused ({flaw.name})", f"被拒绝（{flaw.name}）"))
        told = _counted(flaw.rows, given, f"of {en} {words.en}", f"的{zh}{words.zh}")
        after = Text(
            f"{told.en}; these {flaw.rows:,} records cannot be linked by it",
            f"{told.zh}，这 {flaw.rows:,} 条记录无法以此关联",
        )
        yield _finding(part, field, "refused", flaw.rows, after)


def _fallen(part: PartSurvey) -> Iterator[Finding]:
    """Tell together which fields the latest import fills less than those before it: they often fall as one."""
    together: dict[tuple[int, str, str], list[tuple[FieldSurvey, Drift]]] = defaultdict(list)
    for field in part.fields:
        drift = field.drift
        if drift is not None and drift.fill_change < -FILL_FELL:
            latest = f"{share(drift.latest_filled, drift.latest_rows) or 0:.0%}"
            before = f"{share(drift.before_filled, drift.before_rows) or 0:.0%}"
            together[drift.import_number, latest, before].append((field, drift))
    for (number, latest, before), fallen in together.items():
        en = ", ".join(field.title.en for field, _ in fallen)
        zh = "、".join(field.title.zh for field, _ in fallen)
        words = Text(
            f"import {number} fills {latest} of {en}, those before it {before}",
            f"第 {number} 次导入的{zh}填充率为 {latest}，此前为 {before}",
        )
        lost = max(drift.latest_rows - drift.latest_filled for _, drift in fallen)
        yield _finding(part, fallen[0][0] if len(fallen) == 1 else None, "fill fell", lost, words)


def _drifted(part: PartSurvey, field: FieldSurvey) -> Iterator[Finding]:
    drift, (en, zh) = field.drift, field.title
    if drift is None:
        return
    if drift.shift is not None and drift.shift > GREAT:
        words = Text(
            f"{en} of import {drift.import_number} is distributed unlike before (stability index {drift.shift:.2f})",
            f"第 {drift.import_number} 次导入的{zh}分布与此前不同（稳定性指数 {drift.shift:.2f}）",
        )
        yield _finding(part, field, "drift", drift.latest_rows, words)
    for names, words in ((drift.appeared, _APPEARED), (drift.vanished, _VANISHED)):
        if names:
            told = words.format_with(number=drift.import_number, en=en, zh=zh, codes=", ".join(names[:10]))
            yield _finding(part, field, "new codes", drift.latest_rows, told)


_APPEARED = Text("import {number} brings new codes of {en}: {codes}", "第 {number} 次导入的{zh}出现新代码：{codes}")
_VANISHED = Text("import {number} has no {en} of {codes}", "第 {number} 次导入的{zh}不再有：{codes}")


def _counted(rows: int, whole: int, en: str, zh: str) -> Text:
    part = percent(share(rows, whole))
    return Text(f"{part} {en} ({rows:,})", f"{part}{zh}（{rows:,} 条）")


def percent(value: float | None) -> str:
    """Return a share in percent, with as many digits as it takes not to say 0 or 100 of what is not."""
    if value is None:
        return "–"
    digits = next((n for n in (0, 1, 2) if value in {0, 1} or 0 < round(value * 100, n) < 100), 3)
    return f"{value:.{digits}%}"
