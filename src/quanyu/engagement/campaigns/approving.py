"""Somebody else approves a campaign that is large; what he saw is what goes out, or his approval is void.

An approval is bound to the hash of the definition, the versions of its contents, and the definitions of its audiences.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from quanyu.engagement.campaigns.acts import record
from quanyu.engagement.campaigns.definitions import kept
from quanyu.engagement.campaigns.model import Campaign, Kept
from quanyu.engagement.campaigns.planning import addressed
from quanyu.engagement.campaigns.tables import campaign_approval
from quanyu.engagement.content.definitions import stored as contents
from quanyu.engagement.journeys.policy import in_force
from quanyu.foundation.errors import Conflict, Fault
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import askables, inlined, stored
from quanyu.targeting.audiences.lists import lists
from quanyu.targeting.fields.model import InAudience
from quanyu.targeting.tags.packs import standing

_C = campaign_approval.c
Bound = Mapping[str, Mapping[str, str]]
"""What was approved, by kind and name: definition, content, audience."""

_CHANGED = {
    "definition": Text("The definition is not the one that was approved.", "定义已不是获批准的版本。"),
    "content": Text("The content has another version than the one approved.", "内容版本与批准时不同。"),
    "audience": Text("The audience is defined otherwise than when approved.", "人群定义与批准时不同。"),
}


@dataclass(frozen=True)
class Approval:
    """Who approved what, and when; `changed` names what has become other since: then it holds no longer."""

    who: str
    approved_at: datetime
    size: int
    changed: tuple[Fault, ...]


def bound(ws: Workspace, found: Campaign, versions: Mapping[str, int]) -> Bound:
    """Return what an approval given now would be bound to, contents by these versions of theirs."""
    asked, pasted, defined = askables(ws), lists(ws), stored(ws)
    told: dict[str, str] = {}
    for name in found.audiences:
        if name in defined:
            whole = inlined(ws, InAudience(name), asked)
            told[name] = hashlib.sha256(repr(whole).encode()).hexdigest()[:12]
        elif name in pasted:
            told[name] = f"list {pasted[name].version}"
    return {
        "definition": {found.name: found.hash[:12]},
        "content": {name: str(versions.get(name, 0)) for name in found.contents},
        "audience": told,
    }


def approve(ws: Workspace, name: str, who: str) -> Kept:
    """Approve a campaign as it stands; raises `Conflict` where `who` wrote or owns it."""
    with ws.locked(f"campaign:{name}"):
        found = kept(ws, name)
        if who == found.author or who.partition(":")[2] == found.campaign.owner:
            raise Conflict(
                Text("Nobody approves his own campaign.", "不能批准自己的活动。"),
                remedy=Text(
                    "Let somebody else approve it: quanyu campaign approve NAME --token TOKEN",
                    "请由他人批准：quanyu campaign approve 名称 --token 令牌",
                ),
                received=who,
                allowed=[f"another account than {found.author} and {found.campaign.owner}"],
            )
        to, size = bound(ws, found.campaign, contents(ws)), addressed(ws, found.campaign).members.count()
        values = {"campaign": name, "bound": to, "size": size, "who": who, "approved_at": ws.clock.now()}
        with ws.begin() as connection:
            connection.execute(sa.insert(campaign_approval).values(workspace=ws.number, **values))
            record(ws, connection, name, who, "approved", {"version": found.version, "bound": to, "size": size})
    return found


def approval_of(ws: Workspace, found: Campaign, versions: Mapping[str, int]) -> Approval | None:
    """Return the last approval of a campaign, and what is not as it was approved."""
    query = sa.select(campaign_approval).where(_C.workspace == ws.number, _C.campaign == found.name)
    with ws.begin() as connection:
        row = connection.execute(query.order_by(_C.number.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return Approval(row.who, row.approved_at, row.size, tuple(_differences(row.bound, bound(ws, found, versions))))


def _differences(then: Bound, now: Bound) -> list[Fault]:
    faults: list[Fault] = []
    for kind, problem in _CHANGED.items():
        before, after = then.get(kind, {}), now[kind]
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                place = f"{kind} {name}"
                faults.append(
                    Fault(place, problem, after.get(name, "gone"), (f"approved: {before.get(name, 'none')}",))
                )
    return faults


def needs_approval(ws: Workspace, customers: int) -> int | None:
    """Return the number above which campaigns are approved, where so many customers are above it."""
    above = in_force(ws, standing(ws).askables).approval_above
    return above if above is not None and customers > above else None


def refuse_unapproved(ws: Workspace, found: Campaign, versions: Mapping[str, int], customers: int) -> None:
    """Raise `Conflict` where a campaign to so many customers has no approval that holds, and say what changed."""
    above = needs_approval(ws, customers)
    if above is None:
        return
    given = approval_of(ws, found, versions)
    if given is not None and not given.changed:
        return
    problem = (
        Text("A campaign of this size needs somebody's approval.", "该规模的活动需要他人批准。")
        if given is None
        else Text("The campaign was changed after it was approved: the approval is void.", "批准后有改动，批准已失效。")
    )
    raise Conflict(
        problem,
        remedy=Text(
            "Let somebody else approve it: quanyu campaign approve NAME", "请由他人批准：quanyu campaign approve 名称"
        ),
        received=f"{customers:,} customers",
        allowed=[f"at most {above:,} without approval"],
        faults=() if given is None else given.changed,
    )
