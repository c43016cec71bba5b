"""Reads definitions of campaigns, checks them whole, and keeps every version with the journey that it compiles to.

name: spring_coffee
title: {en: Spring coffee, zh: 春季咖啡}
owner: wang.fang
purpose: marketing
audience: coffee_lovers
goal: {outcome: bought, days: 14, lift: 0.1}       # a tenth more than among those left alone; or spent
arms:
  personalised:
    content: coffee_for_you
    by: [wecom, texts]                             # the first whose channel reaches the customer
    cases: [{audience: vip, content: coffee_for_vip, by: [wecom]}]
  same_promotion: {content: coffee, by: [wecom, texts]}
  no_contact: {}                                   # sized from power; or {share: 0.1}
stages:
  - {share: 0.01, watch: {hours: 24}, then: automatic}
  - {share: 1}
guards: {unsubscribed: 0.01, complained: 0.001, bounced: 0.05}
expires: {hours: 12}
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from quanyu.engagement.campaigns.model import Campaign, Kept
from quanyu.engagement.campaigns.reading import CampaignReader
from quanyu.engagement.campaigns.tables import campaign
from quanyu.engagement.channels.accounts import every
from quanyu.engagement.content.definitions import find
from quanyu.engagement.content.definitions import stored as contents
from quanyu.foundation.definitions import Reading, near
from quanyu.foundation.documents import Document, read
from quanyu.foundation.documents import Path as Place
from quanyu.foundation.documents import text_of as document_text
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import stored as audiences
from quanyu.targeting.audiences.lists import lists

UNUSABLE = Text("The campaign cannot be used.", "该活动无法使用。")
_C = campaign.c


def parse(document: Document, text: str) -> Campaign:
    """Return the checked definition; raises `Invalid` with every fault and its line."""
    reader = CampaignReader(Reading(document))
    parts = reader.read()
    reader.reading.refuse_faults(UNUSABLE)
    if parts is None:
        raise Invalid(UNUSABLE)
    return Campaign(**parts, text=text, hash=hashlib.sha256(text.encode()).hexdigest())


def checked(ws: Workspace, definition: Path | str) -> Campaign:
    """Read a definition, a file or its text, and check that all it names is there; raises `Invalid`."""
    text = document_text(definition)
    document = read(text)
    found = parse(document, text)
    check_surroundings(ws, document, found)
    return found


def check_surroundings(ws: Workspace, document: Document, found: Campaign) -> None:
    """Refuse a campaign that names audiences, contents or accounts which are not there, or do not fit together."""
    reading, people = Reading(document), [*audiences(ws), *lists(ws)]
    for where, name in _audiences(document):
        if name not in people:
            reading.fault(where, Text("There is no such audience.", "没有这个人群。"), name, *near(name, people))
    known, channels = contents(ws), {account.name: account.channel for account in every(ws)}
    for where, content, by in _sayings(document):
        if content not in known:
            problem = Text("There is no such content.", "没有这个内容。")
            reading.fault((*where, "content"), problem, content, *near(content, list(known)))
        for place, account in enumerate(by):
            at = (*where, "by", place)
            if account not in channels:
                problem = Text("There is no such account.", "没有这个账号。")
                reading.fault(at, problem, account, *near(account, list(channels)))
            elif content in known and channels[account] not in (told := find(ws, content)[0].channels):
                problem = Text("The content says nothing for this account's channel.", "该内容没有此账号渠道的版本。")
                reading.fault(at, problem, account, *told)
    reading.refuse_faults(UNUSABLE)


def _audiences(document: Document) -> Iterator[tuple[Place, str]]:
    told = cast("dict[str, Any]", document.value)
    yield ("audience",), told["audience"]
    for arm, given in told["arms"].items():
        for place, case in enumerate((given or {}).get("cases", ())):
            yield ("arms", arm, "cases", place, "audience"), case["audience"]


def _sayings(document: Document) -> Iterator[tuple[Place, str, list[str]]]:
    for arm, given in cast("dict[str, Any]", document.value)["arms"].items():
        told = given or {}
        if "content" in told:
            yield ("arms", arm), told["content"], told["by"]
        for place, case in enumerate(told.get("cases", ())):
            yield ("arms", arm, "cases", place), case["content"], case.get("by", told.get("by", []))


def newest(ws: Workspace) -> dict[str, Kept]:
    """Return the campaigns in force by name."""
    query = sa.select(campaign).where(_C.workspace == ws.number).ext(distinct_on(_C.name))
    with ws.begin() as connection:
        rows = connection.execute(query.order_by(_C.name, _C.version.desc())).all()
    return {row.name: kept_of(row) for row in rows}


def kept(ws: Workspace, name: str, version: int | None = None) -> Kept:
    """Return a campaign, in the newest version unless one is named; raises `NotFound`."""
    query = sa.select(campaign).where(_C.workspace == ws.number, _C.name == name)
    if version is not None:
        query = query.where(_C.version == version)
    with ws.begin() as connection:
        row = connection.execute(query.order_by(_C.version.desc()).limit(1)).one_or_none()
    if row is None:
        problem = Text("There is no such campaign.", "没有这个活动。")
        remedy = Text("List them: quanyu campaign list", "请查看：quanyu campaign list")
        raise NotFound(problem, remedy=remedy, received=name[:60], allowed=near(name, list(newest(ws))))
    return kept_of(row)


def kept_of(row: Any) -> Kept:
    shares = cast("Mapping[str, float]", row.shares)
    return Kept(parse(read(row.text), row.text), row.version, row.author, row.applied_at, shares)
