"""Send: a message of a content, by the first of these accounts whose channel reaches the customer now.

    send: {content: welcome, by: [texts, mails], expires: {hours: 12}, next: later, unsent: call}
    send: {content: welcome, version: 3, by: [texts]}    # this version, whatever is put in force later

Who gets none, and why, is told as outcomes; with quiet hours that put off, they stand here until those are over.
"""

from collections.abc import Sequence
from datetime import datetime

from quanyu.engagement.channels.model import Batch
from quanyu.engagement.journeys.model import Send, Step
from quanyu.engagement.journeys.reader import UNITS, Reader
from quanyu.engagement.journeys.steps.spec import Here, Outcome, StepKind
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text

SENT = "sent:"
"""Begins the outcome of those for whom a message went to the outbox; the account follows."""


def read(reader: Reader, raw: object, path: Path) -> Step | None:
    keys = ("content", "version", "by", "expires", "next", "unsent")
    given = reader.mapping(raw, path, ("content", "by"), keys)
    listed = reader.reading.list(given["by"], (*path, "by")) if "by" in given else []
    for place, account in enumerate(listed):
        if not isinstance(account, str) or account in listed[:place]:
            problem = Text("Here stands an account, once.", "此处应为账号，且不重复。")
            reader.reading.fault((*path, "by", place), problem, account, "the name of an account")
    where = (*path, "expires")
    expires = reader.duration(reader.mapping(given["expires"], where, (), UNITS), where) if "expires" in given else None
    content, onward = reader.word(given, "content", path), reader.target(given, "next", path)
    unsent = reader.target(given, "unsent", path, onward)
    version = reader.whole(given, "version", path, 1, 1 << 31)
    return Send(content, tuple(str(account) for account in listed), expires, onward, unsent, version)


def leads_to(step: Send) -> tuple[str, ...]:
    return step.next, step.unsent


def run(step: Send, here: Here, members: OrdinalSet, resumed: bool, due: datetime | None) -> Sequence[Outcome]:
    chosen = here.sending.choose(here, step.content, step.version, step.by, members)
    here.batches += [
        Batch(
            key=f"{here.key}/{account}",
            account=account,
            content=step.content,
            content_version=chosen.content_version,
            purpose=here.journey.purpose,
            campaign=here.journey.name,
            members=whom,
            epoch=here.epoch,
            due_at=here.at,
            expires_at=None if step.expires is None else here.at + step.expires,
        )
        for account, whom in chosen.by_account.items()
    ]
    sent = [Outcome(f"{SENT}{account}", whom, step.next) for account, whom in chosen.by_account.items()]
    unsent = [Outcome(reason, whom, step.unsent) for reason, whom in chosen.reasons.items()]
    return *sent, *unsent, Outcome("quiet", chosen.waiting, due=chosen.resumes)


KINDS = (StepKind("send", Text("Send a message", "发送消息"), Send, read, leads_to, run),)
