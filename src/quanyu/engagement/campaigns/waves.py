"""Drafts the next wave of a campaign from what became of this one: lists of customers, and a definition with them.

Who was left alone stays out of it, so that what the first wave changed can be measured to its end.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import yaml

from quanyu.customers.identity.people import read_people
from quanyu.engagement.campaigns.acts import record
from quanyu.engagement.campaigns.deeds import deeds, who
from quanyu.engagement.campaigns.definitions import kept
from quanyu.engagement.campaigns.model import (
    BY_HAND,
    NO_CONTACT,
    PERSONALISED,
    SAME_PROMOTION,
    Kept,
    Saying,
)
from quanyu.engagement.campaigns.planning import is_plannable, measured
from quanyu.engagement.campaigns.reached import Reached, reached
from quanyu.engagement.campaigns.reporting import compare, verdict, winner
from quanyu.engagement.channels.accounts import every
from quanyu.engagement.content.definitions import find
from quanyu.foundation.errors import Conflict
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import stored
from quanyu.targeting.audiences.lists import KeptList, keep

CONVERTED, READ, SILENT, NOT_REACHED = "converted", "read", "silent", "not_reached"
GROUPS = {
    CONVERTED: Text("bought", "已购买"),
    READ: Text("opened or clicked, and did not buy", "打开或点击但未购买"),
    SILENT: Text("got the message, and did nothing", "已收到但无反应"),
    NOT_REACHED: Text("got no message", "未收到"),
}
AGAIN = "again"
"""The list of all that the next wave is for."""

_NUMBERED = re.compile(r"(.*)_(\d+)")


@dataclass(frozen=True)
class Wave:
    """The definition that was drafted, and the lists that it names with how many customers each has."""

    name: str
    text: str
    lists: Mapping[str, int]
    why_not: Mapping[str, int]
    verdict: Text


def draft(ws: Workspace, name: str, who_asks: str) -> Wave:
    """Keep the groups of a campaign as lists, and draft the next wave; the same facts draft the same again.

    Raises Conflict where nobody was written to, or an audience has the name of a list.
    """
    standing = kept(ws, name)
    found, seen = standing.campaign, reached(ws, standing.campaign)
    if not seen.contacted:
        raise Conflict(
            Text("Nobody is in the campaign yet.", "活动尚未触达任何人。"),
            remedy=Text("Let a stage out: quanyu campaign release NAME", "请先放量：quanyu campaign release 名称"),
            received=name,
        )
    rows = deeds(ws, seen.assigned, found.target.days, name)
    between = compare(found, rows)
    groups = parted(seen, who(rows, "bought"), who(rows, "read"))
    lists = _keep(ws, name, groups, who_asks)
    why_not = {word: (those & groups[NOT_REACHED]).count() for word, those in sorted(seen.why_not.items())}
    why_not = {word: many for word, many in why_not.items() if many}
    said = verdict(found, between)
    following = _following(name)
    again = groups[READ] | groups[SILENT] | groups[NOT_REACHED]
    written = _written(ws, standing, following, winner(between), again)
    over = max(seen.assigned["day"].unique().to_pylist()) + timedelta(days=found.target.days)
    still = over if over >= ws.clock.today(ws.time_zone) else None
    return Wave(following, _remarks(name, lists, why_not, said, still) + written, lists, why_not, said)


def parted(seen: Reached, bought: OrdinalSet, read: OrdinalSet) -> dict[str, OrdinalSet]:
    """Part those who were to be written to: each is in one group."""
    rest, handed = seen.contacted, seen.handed
    groups: dict[str, OrdinalSet] = {}
    for group, those in ((CONVERTED, bought), (READ, read), (SILENT, handed), (NOT_REACHED, rest)):
        groups[group] = rest & those
        rest = rest - those
    return groups


def list_of(name: str, group: str) -> str:
    return f"{name[: 59 - len(group)]}_{group}"


def _keep(ws: Workspace, name: str, groups: Mapping[str, OrdinalSet], who_asks: str) -> dict[str, int]:
    again = groups[READ] | groups[SILENT] | groups[NOT_REACHED]
    lists = {list_of(name, group): members for group, members in (*groups.items(), (AGAIN, again))}
    people, now = read_people(ws), ws.clock.now()
    with ws.locked("audiences"):
        taken = sorted(set(lists) & set(stored(ws)))
        if taken:
            raise Conflict(
                Text("An audience with a rule has this name.", "已有同名的规则人群。"),
                received=", ".join(taken),
                allowed=["another name for that audience"],
            )
        with ws.begin() as connection:
            for named, members in lists.items():
                many = (members & people.alive).count()
                counts = {"read": many, "matched": many, **dict.fromkeys(_NONE, 0)}
                keep(ws, connection, KeptList(named, 0, "campaign", people.epoch, many, counts, who_asks, now), members)
            record(ws, connection, name, who_asks, "followed", {n: m.count() for n, m in lists.items()})
    return {named: (members & people.alive).count() for named, members in lists.items()}


_NONE = ("same_customer", "repeated", "invalid", "unknown")


def _following(name: str) -> str:
    numbered = _NUMBERED.fullmatch(name)
    root, number = (numbered[1], int(numbered[2]) + 1) if numbered else (name, 2)
    return f"{root[: 58 - len(str(number))]}_{number}"


def _written(ws: Workspace, standing: Kept, following: str, won: str | None, again: OrdinalSet) -> str:
    found = standing.campaign
    best = found.arms[won or found.sending[0].name].saying
    assert best is not None
    others = [arm.saying for arm in found.sending if arm.saying is not None and arm.saying.content != best.content]
    name, fresh = found.name, others[0] if others else best
    cases = [
        {"audience": list_of(name, READ), **_said(best)},
        {"audience": list_of(name, SILENT), **_said(fresh)},
        {"audience": list_of(name, NOT_REACHED), **_said(Saying(best.content, _otherwise(ws, best)))},
    ]
    alone = {} if is_plannable(found, measured(ws, found, again)) else {"share": standing.shares[NO_CONTACT]}
    document: dict[str, Any] = {
        "name": following,
        "title": {"en": f"{found.title.en}, next wave", "zh": f"{found.title.zh}（下一波）"},
        "owner": found.owner,
        "purpose": found.purpose,
        "priority": found.priority,
        "audience": list_of(name, AGAIN),
        "goal": {"outcome": found.target.outcome, "days": found.target.days, "lift": found.target.lift},
        "arms": {PERSONALISED: {**_said(best), "cases": cases}, SAME_PROMOTION: _said(best), NO_CONTACT: alone},
        "stages": [_stage(stage.share, stage.watch.total_seconds(), stage.then) for stage in found.stages],
        "guards": dict(found.guards),
    }
    if found.expires is not None:
        document["expires"] = {"minutes": int(found.expires.total_seconds() // 60)}
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)


def _said(saying: Saying) -> dict[str, Any]:
    return {"content": saying.content, "by": list(saying.by)}


def _stage(share: float, seconds: float, then: str) -> dict[str, Any]:
    watched = {"watch": {"minutes": int(seconds // 60)}} if seconds else {}
    return {"share": share, **watched, **({} if then == BY_HAND else {"then": then})}


def _otherwise(ws: Workspace, saying: Saying) -> tuple[str, ...]:
    """Return the accounts that were not tried, then those that were."""
    speaks = find(ws, saying.content)[0].channels
    untried = [account.name for account in every(ws) if account.channel in speaks and account.name not in saying.by]
    return (*untried, *saying.by)


def _remarks(name: str, lists: Mapping[str, int], why_not: Mapping[str, int], said: Text, still: date | None) -> str:
    """Return what the draft is made from, as remarks above it."""
    lines = [str(Text(f"What became of {name}:", f"{name} 的结果："))]
    lines += [f"  {list_of(name, group)}: {lists[list_of(name, group)]:,} ({title})" for group, title in GROUPS.items()]
    lines += [f"    {word}: {many:,}" for word, many in why_not.items()]
    lines.append(str(said))
    if still is not None:
        lines.append(str(Text(f"Preliminary: purchases count until {still}.", f"初步结果：购买统计至 {still}。")))
    return "".join(f"# {line}\n" for line in lines)
