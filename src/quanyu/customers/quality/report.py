"""Writes a survey as a document: plain values for JSON, for keeping, and for telling what has changed since."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, cast

from quanyu.customers.quality.findings import percent
from quanyu.customers.quality.goals import OF_FIELDS, Reached
from quanyu.customers.quality.model import Days, FieldSurvey, Finding, PartSurvey, Survey
from quanyu.foundation.text import Text

NOTABLE = 0.005  # of a share: what has changed by less has not changed
SHOWN_FINDINGS = 200


@dataclass(frozen=True)
class Change:
    """How a share has moved since the survey that was kept last."""

    kind: str
    source: str
    field: str
    measure: str
    before: float
    now: float
    words: Text


def document(
    survey: Survey, findings: Sequence[Finding], goals: Sequence[Reached], changes: Sequence[Change]
) -> dict[str, object]:
    """Return all of it as plain values; shares are None where there are no rows to share."""
    return {
        "as_of": survey.as_of.isoformat(),
        "time_zone": survey.time_zone,
        "tables": {name: pinned.version for name, pinned in survey.vector.items()},
        "kinds": [_part(part, survey.as_of) for part in survey.parts],
        "no_data": list(survey.absent),
        "findings": [_finding(finding) for finding in findings[:SHOWN_FINDINGS]],
        "goals": [_goal(reached) for reached in goals],
        "changes": [{**asdict(change), "words": _both(change.words)} for change in changes],
    }


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _part(part: PartSurvey, as_of: datetime) -> dict[str, object]:
    age = part.age(as_of)
    return {
        "kind": part.kind,
        "title": _both(part.title),
        "source": part.source,
        "rows": part.rows,
        "imports": part.imports,
        "latest_import": str(part.latest_import),
        "latest": _written(part.latest),
        "days_old": None if age is None else round(age, 2),
        "links": None if part.links is None else {**asdict(part.links), "share": _rounded(part.links.share)},
        "days": None if part.days is None else _days(part.days),
        "fields": [_field(field) for field in part.fields],
    }


def _days(days: Days) -> dict[str, object]:
    return {
        "first": days.first.isoformat(),
        "last": days.last.isoformat(),
        "earlier": days.earlier,
        "undated": days.undated,
        "missing": [day.isoformat() for day in days.missing],
        "totals": {day.isoformat(): rows for day, rows in days.totals},
    }


def _field(field: FieldSurvey) -> dict[str, object]:
    """Leave out what a field does not have: an empty figure is not a figure."""
    drift = field.drift
    told: dict[str, object] = {
        "field": field.field,
        "title": _both(field.title),
        "type": field.type,
        "rows": field.rows,
        "filled": field.filled,
        "refilled": field.refilled,
        "missing": field.missing,
        "fill": _rounded(field.fill),
        "distinct": field.distinct,
        "unique": _rounded(field.uniqueness),
        "invalid": field.invalid,
        "valid": _rounded(field.validity),
        "private": field.private,
        "flaws": {flaw.name: flaw.rows for flaw in field.flaws},
    }
    if field.refused:
        told["refused"] = {flaw.name: flaw.rows for flaw in field.refused}
    if field.shared is not None:
        told["shared"] = field.shared
    if field.spread is not None:
        told["spread"] = {
            name: value if value is None else round(value, 6) for name, value in vars(field.spread).items()
        }
    if field.frequent is not None:
        told["frequent"] = vars(field.frequent)
    if drift is not None:
        told["drift"] = {
            **vars(drift),
            "import_number": str(drift.import_number),
            "fill_change": _rounded(drift.fill_change),
            "shift": _rounded(drift.shift),
        }
    return told


def _finding(finding: Finding) -> dict[str, object]:
    return {**asdict(finding), "weight": round(finding.weight, 1), "words": _both(finding.words)}


def _goal(reached: Reached) -> dict[str, object]:
    return {
        **asdict(reached.goal),
        "source": reached.source,
        "actual": _rounded(reached.actual),
        "met": reached.met,
        "lacking": reached.lacking,
        "words": _both(reached.words),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _written(moment: date | datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def compare(survey: Survey, kept: Mapping[str, Any] | None) -> list[Change]:
    """Return the shares that have changed since the document that was kept, the greatest change first."""
    if kept is None:
        return []
    found = [change for part in survey.parts for change in _changes(part, _fields_of(kept, part))]
    return sorted(found, key=lambda c: -abs(c.now - c.before))


def _fields_of(kept: Mapping[str, Any], part: PartSurvey) -> Mapping[str, Mapping[str, Any]]:
    same = (
        k
        for k in cast("list[Mapping[str, Any]]", kept["kinds"])
        if (k["kind"], k["source"]) == (part.kind, part.source)
    )
    return {field["field"]: field for each in same for field in each["fields"]}


def _changes(part: PartSurvey, before: Mapping[str, Mapping[str, Any]]) -> Iterator[Change]:
    for field in part.fields:
        was = before.get(field.field, {})
        for measure, now in (("fill", field.fill), ("valid", field.validity)):
            then = was.get(measure)
            if then is not None and now is not None and abs(now - then) >= NOTABLE:
                moved, name = f"{percent(then)} → {percent(now)}", OF_FIELDS[measure]
                words = Text(
                    f"{part.source}, {part.title.en}: {field.title.en} {name.en} {moved}",
                    f"{part.source}·{part.title.zh}：{field.title.zh}{name.zh} {moved}",
                )
                yield Change(part.kind, part.source, field.field, measure, then, now, words)
