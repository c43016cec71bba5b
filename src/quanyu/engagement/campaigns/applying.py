"""Puts a campaign in force: its arms are sized and its journey is defined, but nobody is let in."""

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from quanyu.engagement.campaigns.acts import record
from quanyu.engagement.campaigns.compiling import compiled
from quanyu.engagement.campaigns.definitions import checked, kept_of
from quanyu.engagement.campaigns.model import KEEPER, NO_CONTACT, Applied, Campaign, Kept
from quanyu.engagement.campaigns.planning import addressed, measured, sized
from quanyu.engagement.campaigns.tables import campaign, campaign_stage
from quanyu.engagement.content.definitions import stored as contents
from quanyu.engagement.journeys.definitions import apply as apply_journey
from quanyu.foundation import failpoints
from quanyu.foundation.errors import Conflict
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("campaigns.compiled", "campaigns.applied")
_C, _S = campaign.c, campaign_stage.c


def apply(ws: Workspace, definition: Path | str, who: str) -> Applied:
    """Put a definition in force: a YAML or JSON file, or its text. The same definition again changes nothing.

    `who` becomes its author. Once a stage is let out, arms and their shares stay: what is compared must not change.
    """
    found = checked(ws, definition)
    with ws.locked(f"campaign:{found.name}"):
        last, begun = _last(ws, found.name)
        if last is not None and last.campaign.hash == found.hash:
            return Applied(found.name, last.version, changed=False)
        shares = _shares(ws, found, last if begun else None)
        apply_journey(ws, compiled(found, shares, contents(ws)), KEEPER)
        failpoints.reach("campaigns.compiled")
        version = 1 if last is None else last.version + 1
        values = {"name": found.name, "version": version, "text": found.text, "hash": found.hash, "author": who}
        with ws.begin() as connection:
            row = {**values, "applied_at": ws.clock.now(), "shares": dict(shares)}
            connection.execute(sa.insert(campaign).values(workspace=ws.number, **row))
            record(ws, connection, found.name, who, "applied", {"version": version, "hash": found.hash})
        failpoints.reach("campaigns.applied")
    return Applied(found.name, version, changed=True)


def _last(ws: Workspace, name: str) -> tuple[Kept | None, bool]:
    """Return the newest definition of a name, and whether a stage of the campaign was let out."""
    query = sa.select(campaign).where(_C.workspace == ws.number, _C.name == name)
    stages = sa.exists().where(_S.workspace == ws.number, _S.campaign == name)
    with ws.begin() as connection:
        row = connection.execute(query.order_by(_C.version.desc()).limit(1)).one_or_none()
        begun = bool(connection.execute(sa.select(stages)).scalar_one())
    return (None if row is None else kept_of(row)), begun


def _shares(ws: Workspace, found: Campaign, begun: Kept | None) -> Mapping[str, float]:
    if begun is None:
        given = {arm.name: arm.share for arm in found.arms.values() if arm.share is not None}
        if len(given) == len(found.arms):
            return given
        if NO_CONTACT in given:
            rest = (1 - given[NO_CONTACT]) / len(found.sending)
            return {**{arm.name: rest for arm in found.sending}, **given}
        members = addressed(ws, found).members
        return sized(found, measured(ws, found, members), members.count())[1]
    before = {name: (arm.share, begun.shares[name]) for name, arm in begun.campaign.arms.items()}
    now = {name: (arm.share, begun.shares.get(name)) for name, arm in found.arms.items()}
    if now != before or found.audience != begun.campaign.audience:
        raise Conflict(
            Text(
                "Customers are in the campaign already: its audience, its arms and their shares stay as they are.",
                "活动已开始放量：人群、分组及比例不可再改。",
            ),
            remedy=Text("Give the campaign another name, or leave them.", "请另取活动名称，或保持不变。"),
            received=", ".join(f"{name}: {share}" for name, (share, _) in now.items()),
            allowed=[f"{begun.campaign.audience}: {name} {share:.6g}" for name, share in begun.shares.items()],
        )
    return begun.shares
