"""Sends a campaign to testers: each gets what every arm says, once for each version, and counts nowhere."""

from dataclasses import dataclass

from quanyu.customers.identity.people import read_people
from quanyu.engagement.campaigns.acts import record
from quanyu.engagement.campaigns.compiling import sends
from quanyu.engagement.campaigns.definitions import kept
from quanyu.engagement.campaigns.model import Kept, Saying
from quanyu.engagement.channels.accounts import every
from quanyu.engagement.channels.model import Batch
from quanyu.engagement.channels.outbox import enqueue, progress
from quanyu.engagement.content.definitions import stored as contents
from quanyu.engagement.journeys.reachability import reachable
from quanyu.engagement.journeys.testers import find_testers
from quanyu.foundation.errors import Conflict
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

TESTED = "/test/"
"""Stands after the name of a campaign in the keys of batches to testers."""
OF_TEST = "#test"
"""Ends the campaign that messages to testers are told of under: no figure of the campaign has them."""

_MOST = 100_000  # batches to testers of one campaign


@dataclass(frozen=True)
class Tested:
    """How many testers there are, how many messages went into the outbox, and how many of them were there already."""

    testers: int
    messages: int
    before: int


def try_out(ws: Workspace, name: str, who: str) -> Tested:
    """Send every saying of a campaign to all testers whom its accounts reach; the same version again sends nothing."""
    found, testing = kept(ws, name), find_testers(ws)
    if not testing:
        raise Conflict(
            Text("There are no testers.", "没有测试人员。"),
            remedy=Text(
                "Name an audience or list of them in the contact policy: testers: NAME",
                "请在触达策略中指定测试人群或名单：testers: 名称",
            ),
            received=name,
        )
    batches = _batches(ws, found, testing)
    there = {each.key for each in progress(ws, f"{name}{TESTED}", _MOST)}
    messages = sum(batch.members.count() for batch in batches)
    before = sum(batch.members.count() for batch in batches if batch.key in there)
    with ws.begin() as connection:
        enqueue(ws, connection, batches)
        if messages > before:
            record(ws, connection, name, who, "tested", {"version": found.version, "messages": messages - before})
        ws.publish(connection)
    return Tested(testing.count(), messages - before, before)


def _batches(ws: Workspace, found: Kept, testing: OrdinalSet) -> list[Batch]:
    versions, people = contents(ws), read_people(ws)
    channels = {account.name: account.channel for account in every(ws)}
    batches: list[Batch] = []
    for step, saying in _sayings(found).items():
        rest, version = testing & people.alive, versions[saying.content]
        for account in saying.by:
            reached = rest & reachable(ws, people, channels[account], found.campaign.purpose)
            rest = rest - reached
            if reached:
                key = f"{found.campaign.name}{TESTED}{found.version}/{step}/{version}/{account}"
                about = (account, saying.content, version, found.campaign.purpose, f"{found.campaign.name}{OF_TEST}")
                batches.append(Batch(key, *about, reached, people.epoch, ws.clock.now()))
    return batches


def _sayings(found: Kept) -> dict[str, Saying]:
    return {step: saying for arm in found.campaign.sending for step, saying in sends(arm).items()}
