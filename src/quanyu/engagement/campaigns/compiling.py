"""A campaign as the journey that it is: a lot, and for each arm the message that it gets.

Everything that holds for journeys holds for it so: caps, lights, quiet hours, versions, why somebody got nothing.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from quanyu.engagement.campaigns.model import NO_CONTACT, Arm, Campaign, Saying
from quanyu.engagement.journeys.model import END

LOT = "lot"
"""The step that parts customers into arms; who goes from it to the end is left alone."""


def compiled(found: Campaign, shares: Mapping[str, float], versions: Mapping[str, int]) -> str:
    """Return the journey: whom a stage brings in is parted by lot, and gets these versions of the contents."""
    split = {arm.name: shares[arm.name] for arm in found.sending} | {END: shares[NO_CONTACT]}
    steps: list[dict[str, Any]] = [{"step": LOT, "split": split}]
    for arm in found.sending:
        steps += _steps(found, arm, versions)
    journey = {
        "name": found.name,
        "title": {"en": found.title.en, "zh": found.title.zh},
        "purpose": found.purpose,
        "priority": found.priority,
        "start": {"call": {}},
        "steps": steps,
    }
    return yaml.safe_dump(journey, allow_unicode=True, sort_keys=False, width=120)


def sends(arm: Arm) -> dict[str, Saying]:
    """Return the steps of an arm that send, with what they say."""
    if arm.saying is None:
        return {}
    if not arm.cases:
        return {arm.name: arm.saying}
    cases = {f"{arm.name}_{place}": saying for place, (_, saying) in enumerate(arm.cases, 1)}
    return {**cases, f"{arm.name}_else": arm.saying}


def _steps(found: Campaign, arm: Arm, versions: Mapping[str, int]) -> list[dict[str, Any]]:
    steps = sends(arm)
    sending = [{"step": step, "send": _send(found, saying, versions)} for step, saying in steps.items()]
    if not arm.cases:
        return sending
    cases = [{"when": {"audience": name}, "then": to} for (name, _), to in zip(arm.cases, steps, strict=False)]
    return [{"step": arm.name, "branch": {"cases": cases, "otherwise": list(steps)[-1]}}, *sending]


def _send(found: Campaign, saying: Saying, versions: Mapping[str, int]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "content": saying.content,
        "version": versions[saying.content],
        "by": list(saying.by),
        "next": END,
    }
    if found.expires is not None:
        told["expires"] = {"minutes": int(found.expires.total_seconds() // 60)}
    return told
