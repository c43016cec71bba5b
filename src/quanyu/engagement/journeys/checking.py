"""What is wrong with a journey as a whole: ways that lead nowhere, and what it names that is not there."""

from collections.abc import Iterator, Mapping, Sequence

from quanyu.customers.identity.people import read_people
from quanyu.engagement.channels.accounts import Standing, account_of, every
from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.notifying import PRIVATE, is_permitted
from quanyu.engagement.content.definitions import find
from quanyu.engagement.content.definitions import stored as contents
from quanyu.engagement.journeys.model import (
    END,
    Give,
    Goal,
    Journey,
    OfAudience,
    OfCalendar,
    OfSchedule,
    Post,
    Send,
    Step,
)
from quanyu.engagement.journeys.reachability import reachable as reachable_by
from quanyu.engagement.journeys.steps.kinds import kind_of
from quanyu.foundation.definitions import Reading, near
from quanyu.foundation.documents import Document, Path
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import stored as audiences
from quanyu.targeting.audiences.lists import lists
from quanyu.targeting.audiences.snapshots import members_of, taken
from quanyu.targeting.tags.giving import Gift
from quanyu.targeting.tags.giving import check as check_gift


def check_paths(reading: Reading, steps: Mapping[str, Step], names: Sequence[str], goal: Goal | None) -> None:
    """Add a fault for each step to which no way leads, and for each way that comes back to itself without a wait."""
    reached = reachable(steps, [names[0], *([goal.then] if goal is not None else [])])
    for place, name in enumerate(names):
        if name not in reached:
            problem = Text("No way leads to this step.", "没有路径到达该步骤。")
            reading.fault(("steps", place), problem, name, "a step that leads here")
    for name in _circling(steps):
        problem = Text("This way comes back to itself without a wait.", "该路径不经等待又回到自身。")
        reading.fault(("steps", names.index(name)), problem, name, "a wait on the way")


def reachable(steps: Mapping[str, Step], begin: Sequence[str]) -> set[str]:
    """Return the steps to which ways lead from these, themselves included."""
    reached, waiting = set[str](), list(begin)
    while waiting:
        name = waiting.pop()
        if name not in reached and name != END:
            reached.add(name)
            waiting += kind_of(steps[name]).leads_to(steps[name])
    return reached


def _circling(steps: Mapping[str, Step]) -> Iterator[str]:
    """Yield steps that can be reached from themselves within one tick, the first of each circle."""
    try:
        order(steps)
    except _Circle as circle:
        yield circle.step


class _Circle(Exception):
    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step


def order(steps: Mapping[str, Step]) -> list[str]:
    """Return the steps so that who moves on in a tick only moves forward: waits do not count as ways."""
    placed: list[str] = []
    done, under_way = set[str](), set[str]()
    for start in steps:
        stack = [(start, iter(()) if start in done else iter(_onward(steps, start)))]
        if start in done:
            continue
        under_way.add(start)
        while stack:
            name, ways = stack[-1]
            following = next(ways, None)
            if following is None:
                stack.pop()
                under_way.discard(name)
                done.add(name)
                placed.append(name)
            elif following in under_way:
                raise _Circle(following)
            elif following not in done:
                under_way.add(following)
                stack.append((following, iter(_onward(steps, following))))
    return placed[::-1]


def _onward(steps: Mapping[str, Step], name: str) -> list[str]:
    kind = kind_of(steps[name])
    return [] if kind.waits else [to for to in kind.leads_to(steps[name]) if to != END]


TAKEN = ("kinds", "templates")
"""What stands in an address where the name of a journey does: one that is called so could not be asked for."""


def check_surroundings(ws: Workspace, document: Document, journey: Journey) -> None:
    """Refuse a journey that names audiences, contents, accounts or tags which are not there, or do not fit together."""
    reading = Reading(document)
    _check_name(reading, journey.name)
    trigger, people = journey.trigger, [*audiences(ws), *lists(ws)]
    if isinstance(trigger, OfAudience | OfCalendar | OfSchedule) and trigger.audience not in people:
        allowed = near(trigger.audience, people)
        reading.fault(("start",), Text("There is no such audience.", "没有这个人群。"), trigger.audience, *allowed)
    known, by_name = contents(ws), {account.name: account for account in every(ws)}
    for place, (_name, step) in enumerate(journey.steps.items()):
        where = ("steps", place)
        if isinstance(step, Give):
            try:
                check_gift(ws, Gift(step.tag, step.value, "journey"))
            except Invalid as wrong:
                reading.faults += [
                    type(f)(document.place(where), f.problem, f.received, f.allowed) for f in wrong.faults
                ]
        if isinstance(step, Post):
            _check_endpoint(ws, reading, step, (*where, "webhook"), by_name)
        if not isinstance(step, Send):
            continue
        if step.version is not None and step.version > known.get(step.content, step.version):
            problem = Text("The content has no such version.", "该内容没有这个版本。")
            reading.fault((*where, "send", "version"), problem, step.version, f"1 … {known[step.content]}")
        if step.content not in known:
            allowed = near(step.content, list(known))
            reading.fault(
                (*where, "send", "content"), Text("There is no such content.", "没有这个内容。"), step.content, *allowed
            )
        for i, account in enumerate(step.by):
            if account not in by_name:
                problem = Text("There is no such account.", "没有这个账号。")
                reading.fault((*where, "send", "by", i), problem, account, *near(account, list(by_name)))
            elif step.content in known:
                content, _ = find(ws, step.content)
                if by_name[account].channel not in content.channels:
                    problem = Text(
                        "The content says nothing for the channel of this account.", "该内容没有此账号渠道的版本。"
                    )
                    reading.fault((*where, "send", "by", i), problem, account, *content.channels)
    _check_reach(ws, reading, journey, {name: account.channel for name, account in by_name.items()})
    reading.refuse_faults(Text("The journey cannot be used.", "该旅程无法使用。"))


def _check_name(reading: Reading, name: str) -> None:
    if name in TAKEN:
        problem = Text("This name is taken by something else.", "该名称已有其他用途。")
        reading.fault(("name",), problem, name, f"any other than {', '.join(TAKEN)}")


def _check_endpoint(ws: Workspace, reading: Reading, step: Post, where: Path, by_name: Mapping[str, Standing]) -> None:
    endpoints = [name for name, account in by_name.items() if not account.channel]
    if step.account not in endpoints:
        problem = Text("There is no account that is told of customers.", "没有可接收客户信息的账号。")
        allowed = near(step.account, endpoints) or ("an account through: webhook, without a channel",)
        reading.fault((*where, "account"), problem, step.account, *allowed)
    elif not is_permitted(account_of(ws, step.account, installed()), step.fields):
        problem = Text("The receiver may not know who customers are.", "该接收方无权获得客户身份信息。")
        private = [name for name in step.fields if name.startswith(PRIVATE)]
        reading.fault((*where, "fields"), problem, ", ".join(private), "private: true in the account's settings")


def _check_reach(ws: Workspace, reading: Reading, journey: Journey, channels: Mapping[str, str]) -> None:
    """Add a fault for each account whose channel reaches nobody of those for whom the journey is, if they are known."""
    whom = _meant(ws, journey)
    if not whom:
        return
    people = read_people(ws)
    asked = {channels[a] for step in journey.steps.values() if isinstance(step, Send) for a in step.by if a in channels}
    reached = {channel: bool(whom & reachable_by(ws, people, channel, journey.purpose)) for channel in sorted(asked)}
    for place, step in enumerate(journey.steps.values()):
        for i, account in enumerate(step.by if isinstance(step, Send) else ()):
            if account in channels and not reached[channels[account]]:
                problem = Text("This account reaches nobody in the audience now.", "该账号目前触达不到人群中的任何人。")
                others = [name for name, channel in channels.items() if reached.get(channel)]
                reading.fault(("steps", place, "send", "by", i), problem, account, *others)


def _meant(ws: Workspace, journey: Journey) -> OrdinalSet:
    """Return who is in the audience of the journey's trigger by its last snapshot; nobody where that is not known."""
    trigger = journey.trigger
    if not isinstance(trigger, OfAudience | OfCalendar | OfSchedule) or (
        isinstance(trigger, OfAudience) and trigger.left
    ):
        return OrdinalSet.empty()
    snapshot = taken(ws, [trigger.audience]).get(trigger.audience)
    if snapshot is None or snapshot.epoch != read_people(ws).epoch:
        return OrdinalSet.empty()
    return members_of(ws, snapshot)
