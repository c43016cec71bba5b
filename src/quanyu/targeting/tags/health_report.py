"""Writes the health of tags and the tasks that follow as plain values, and says in words what stands out."""

from quanyu.foundation.text import Text
from quanyu.targeting.tags.health import Health, TagHealth
from quanyu.targeting.tags.tasks import DataTask


def describe_health(found: Health) -> dict[str, object]:
    """Return all of it as plain values; shares are None where there is nobody, drift where it cannot be said."""
    return {
        "run": str(found.run.number),
        "day": found.run.day,
        "as_of": found.run.as_of,
        "customers": found.customers,
        "compared_with": found.compared,
        "tags": [describe_tag(each) for each in found.tags],
    }


def describe_tag(each: TagHealth) -> dict[str, object]:
    return {
        "tag": each.tag.name,
        "title": both(each.tag.title),
        "family": each.tag.family,
        "known": each.known,
        "covered": rounded(each.covered),
        "covered_before": rounded(each.covered_before),
        "drift": rounded(each.drift),
        "fresh": each.fresh,
        "rows_read": each.cost.rows,
        "shared_by": each.cost.shared,
        "audiences": list(each.audiences),
        "rules": list(each.rules),
        "derived": list(each.derived),
        "last_used": each.last_used,
        "computable": each.standing.computable,
        "lacks": [both(lack.words) for lack in each.standing.lacks],
        "retire": each.retire,
        "findings": [both(words) for words in each.findings],
    }


def describe_task(task: DataTask) -> dict[str, object]:
    return {
        "kind": task.kind,
        "inputs": list(task.inputs),
        "source": task.source,
        "title": both(task.title),
        "customers": task.customers,
        "tags": list(task.tags),
        "owner": task.owner,
        "goal": task.goal,
        "words": both(task.words),
    }


def both(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
