"""Campaigns, plans and reports as plain values, the same for the command line and the API."""

from collections.abc import Iterable
from typing import Any

from quanyu.engagement.campaigns.approving import Approval
from quanyu.engagement.campaigns.guarding import Counted
from quanyu.engagement.campaigns.model import ACTS, Act
from quanyu.engagement.campaigns.planning import Plan, in_words
from quanyu.engagement.campaigns.reporting import Report
from quanyu.engagement.campaigns.standing import Detail, Standing
from quanyu.engagement.channels.model import LEFT_OUT
from quanyu.engagement.journeys.tracing import said
from quanyu.foundation.text import Text
from quanyu.targeting.experiments.report import as_json


def words(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def said_of(reasons: Iterable[str]) -> dict[str, Any]:
    """Return reasons in words: of those that a step tells, and those that delivery does."""
    return {word: words(LEFT_OUT.get(word) or said(word)) for word in sorted(set(reasons))}


def standing_as_json(found: Standing) -> dict[str, Any]:
    campaign = found.kept.campaign
    return {
        "campaign": campaign.name,
        "title": words(campaign.title),
        "version": found.kept.version,
        "author": found.kept.author,
        "state": found.state,
        "stages": len(campaign.stages),
        "released": len(found.out),
        "watched_until": found.watched_until,
        "customers": found.customers,
    }


def detail_as_json(found: Detail, acts: list[Act]) -> dict[str, Any]:
    stages = found.standing.out
    return {
        **standing_as_json(found.standing),
        "text": found.standing.kept.campaign.text,
        "shares": dict(found.standing.kept.shares),
        "out": [{"stage": s.stage, "released_at": s.released_at, "who": s.who, "customers": s.size} for s in stages],
        "approval": None if found.approval is None else approval_as_json(found.approval),
        "counted": counted_as_json(found.counted),
        "limits": dict(found.standing.kept.campaign.guards),
        "acts": [{"at": a.at, "who": a.who, "act": a.act, "said": words(ACTS[a.act]), "told": a.told} for a in acts],
    }


def approval_as_json(found: Approval) -> dict[str, Any]:
    changed = [
        {"place": f.place, "problem": words(f.problem), "received": f.received, "allowed": list(f.allowed)}
        for f in found.changed
    ]
    return {"who": found.who, "approved_at": found.approved_at, "customers": found.size, "changed": changed}


def counted_as_json(found: Counted) -> dict[str, Any]:
    return {"messages": found.messages, "answers": dict(found.answers)}


def plan_as_json(found: Plan) -> dict[str, Any]:
    sizing = found.sizing
    return {
        "campaign": found.campaign.name,
        "customers": found.customers,
        "testers": found.testers,
        "shares": dict(found.shares),
        "proposed": found.proposed,
        "arms": [
            {"arm": a.arm, "customers": a.customers, "by_account": dict(a.by_account), "undone": dict(a.undone)}
            for a in found.arms
        ],
        "reachable": dict(found.reachable),
        "stages": list(found.stages),
        "base": vars(found.base),
        "sizing": None if sizing is None else {**vars(sizing), "customers": sizing.customers, "enough": sizing.enough},
        "needs_approval": found.needs_approval,
        "words": [words(each) for each in in_words(found)],
        "said": said_of(word for arm in found.arms for word in arm.undone),
    }


def report_as_json(found: Report) -> dict[str, Any]:
    effects = found.effects
    return {
        "campaign": found.campaign,
        "days": effects.days,
        "preliminary": effects.preliminary,
        "settled_on": effects.settled_on,
        "customers": dict(found.customers),
        "handed": found.handed,
        "why_not": dict(found.why_not),
        "said": said_of(found.why_not),
        "counted": counted_as_json(found.counted),
        "verdict": words(found.verdict),
        "between": None if found.between is None else as_json(found.between),
        **as_json(effects.analysis),
    }
