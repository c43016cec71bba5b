"""Webhook: a receiver of yours is told of whoever comes here, with the fields that the step names.

    webhook: {account: crm, fields: [tags.frequency, entry.order]}
    webhook: {account: crm, fields: [customer.name], failed: by_hand, within: {hours: 6}}

The account goes through a webhook and has no channel; `settings.batch` says how many customers a request tells of. Who
comes goes on at once; with `failed` they stand here until the receiver has been told, at most `within` (a day), and
whoever could not be told of goes there. Of whom nobody knows counts as told. Where the account is gone nobody is told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from quanyu.engagement.channels.fates import fate
from quanyu.engagement.channels.model import Batch
from quanyu.engagement.content.variables import CUSTOMER, ENTRY, OF_CUSTOMER, TAGS
from quanyu.engagement.journeys.contexts import is_name
from quanyu.engagement.journeys.model import Post, Step
from quanyu.engagement.journeys.reader import UNITS, Reader
from quanyu.engagement.journeys.steps.send import LOOK_AGAIN, tried_by
from quanyu.engagement.journeys.steps.spec import ACCOUNT_GONE, Awaited, Here, Outcome, StepKind
from quanyu.foundation.definitions import near
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text

POSTS, POSTED, FAILED = "posts:", "posted:", "failed:"
"""Begin what is told of whom a receiver is told of; the account follows."""
MOST_FIELDS = 100
_DAY = timedelta(days=1)


def read(reader: Reader, raw: object, path: Path) -> Step | None:
    given = reader.mapping(raw, path, ("account",), ("account", "fields", "next", "failed", "within"))
    fields = _fields(reader, given, path)
    account, onward = reader.word(given, "account", path), reader.target(given, "next", path)
    failed = reader.target(given, "failed", path) if "failed" in given else None
    where = (*path, "within")
    within = reader.duration(reader.mapping(given["within"], where, (), UNITS), where) if "within" in given else _DAY
    if "within" in given and (failed is None or not within):
        problem = Text("This is the longest wait before `failed`.", "这是转入 `failed` 之前的最长等待。")
        reader.reading.fault(where, problem, given["within"], "failed: a step", "hours: 6")
    return Post(account, fields, onward, failed, within or _DAY)


def _fields(reader: Reader, given: dict[str, object], path: Path) -> tuple[str, ...]:
    listed = reader.reading.list(given["fields"], (*path, "fields")) if "fields" in given else []
    tags = [f"{TAGS}.{askable.name}" for askable in reader.askables]
    known = {*tags, *(f"{CUSTOMER}.{name}" for name in OF_CUSTOMER)}
    for place, name in enumerate(listed):
        entry = isinstance(name, str) and name.startswith(f"{ENTRY}.") and is_name(name.removeprefix(f"{ENTRY}."))
        if (name not in known and not entry) or name in listed[:place] or place >= MOST_FIELDS:
            problem = Text("This is no field of a customer, or stands here twice.", "不是客户字段，或重复。")
            allowed = near(str(name), [*known, f"{ENTRY}.order"])
            reader.reading.fault((*path, "fields", place), problem, name, *allowed)
    return tuple(str(name) for name in listed)


def leads_to(step: Post) -> tuple[str, ...]:
    return (step.next,) if step.failed is None else (step.next, step.failed)


def run(step: Post, here: Here, members: OrdinalSet, resumed: bool, due: datetime | None) -> Sequence[Outcome]:
    outcomes = [each for awaited in here.awaited for each in _ended(step, here, awaited)]
    if not here.sending.has(step.account):
        return [*outcomes, Outcome(f"{ACCOUNT_GONE}{step.account}", members, step.failed or step.next)]
    key, word = f"{here.key}/{step.account}", f"{POSTS}{step.account}"
    here.batches.append(
        Batch(
            key=key,
            account=step.account,
            content=here.name,
            content_version=here.version,
            purpose=here.journey.purpose,
            campaign=here.journey.name,
            members=members,
            epoch=here.epoch,
            due_at=here.at,
            fields=step.fields,
        )
    )
    if step.failed is None:
        return [*outcomes, Outcome(word, members, step.next)]
    return [*outcomes, Outcome(word, members, due=here.at + step.within, watched=True, awaits=key)]


def _ended(step: Post, here: Here, awaited: Awaited) -> Sequence[Outcome]:
    (account,), found = tried_by(awaited.key), fate(here.ws, awaited.key, awaited.members)
    again = awaited.due if awaited.due > here.at else here.at + LOOK_AGAIN
    return (
        Outcome(f"{POSTED}{account}", found.delivered | found.unknown, step.next),
        Outcome(f"{FAILED}{account}", found.unsent | found.undelivered, step.failed),
        Outcome("", found.under_way, due=again, watched=True, awaits=awaited.key),
    )


KINDS = (StepKind("webhook", Text("Tell a receiver", "推送到 Webhook"), Post, read, leads_to, run),)
