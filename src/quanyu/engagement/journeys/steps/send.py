"""Send: a message of a content, by the first of these accounts whose channel reaches the customer now.

    send: {content: welcome, by: [texts, mails], expires: {hours: 12}, next: later, unsent: call}
    send: {content: welcome, version: 3, by: [texts]}    # this version, whatever is put in force later
    send: {content: welcome, by: [texts, mails], fallback_after: {hours: 4}}
    send: {content: welcome, by: [texts, mails], prefer: {answers: {texts: sms_response_rate}, worth: 2.5}}

Who gets none, and why, is told as outcomes; with quiet hours that put off, they stand here until those are over.
With `fallback_after` whoever has another account before him stands here for so long: a message that is not delivered
by then is withdrawn, as far as it has not gone, and it is the turn of the next account. What is unknown has gone.
With `prefer` each customer has an order of accounts of his own: that by which he answers most comes first, by what one
answer is `worth` less the price of a message, see preferring.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from quanyu.engagement.channels.fates import Fate, fate
from quanyu.engagement.channels.model import Batch
from quanyu.engagement.journeys.model import Send, Step
from quanyu.engagement.journeys.preferring import read_preference
from quanyu.engagement.journeys.reader import UNITS, Reader
from quanyu.engagement.journeys.steps.spec import Awaited, Here, Outcome, StepKind
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text

SENT = "sent:"
"""Begins the outcome of those for whom a message went to the outbox; the account follows."""
DELIVERED, UNDELIVERED, WITHDRAWN, UNKNOWN = "delivered:", "undelivered:", "withdrawn:", "unknown:"
"""Begin what is told of a message after its time; the account follows."""
LOOK_AGAIN = timedelta(seconds=10)
"""After which it is asked anew what became of messages that were under way when their time was over."""


def read(reader: Reader, raw: object, path: Path) -> Step | None:
    keys = ("content", "version", "by", "expires", "fallback_after", "prefer", "next", "unsent")
    given = reader.mapping(raw, path, ("content", "by"), keys)
    listed = reader.reading.list(given["by"], (*path, "by")) if "by" in given else []
    for place, account in enumerate(listed):
        if not isinstance(account, str) or account in listed[:place]:
            problem = Text("Here stands an account, once.", "此处应为账号，且不重复。")
            reader.reading.fault((*path, "by", place), problem, account, "the name of an account")
    expires, after = _duration(reader, given, "expires", path), _duration(reader, given, "fallback_after", path)
    if "fallback_after" in given and (len(listed) < 2 or not after):
        problem = Text("There is nothing to fall back on.", "没有可切换的下一渠道或时长。")
        allowed = ("two accounts or more in `by`", "hours: 4")
        reader.reading.fault((*path, "fallback_after"), problem, given["fallback_after"], *allowed)
    content, onward = reader.word(given, "content", path), reader.target(given, "next", path)
    unsent = reader.target(given, "unsent", path, onward)
    version = reader.whole(given, "version", path, 1, 1 << 31)
    by = tuple(str(account) for account in listed)
    prefer = read_preference(reader, given["prefer"], (*path, "prefer"), by) if "prefer" in given else None
    return Send(content, by, expires, onward, unsent, version, after, prefer)


def _duration(reader: Reader, given: Mapping[str, object], key: str, path: Path) -> timedelta | None:
    where = (*path, key)
    return reader.duration(reader.mapping(given[key], where, (), UNITS), where) if key in given else None


def leads_to(step: Send) -> tuple[str, ...]:
    return step.next, step.unsent


def run(step: Send, here: Here, members: OrdinalSet, resumed: bool, due: datetime | None) -> Sequence[Outcome]:
    outcomes, by_account, version = list[Outcome](), dict[tuple[str, ...], OrdinalSet](), step.version
    turns = [_Turn(step.by, members)] if members else []
    for awaited in here.awaited:
        tried, found = tried_by(awaited.key), fate(here.ws, awaited.key, awaited.members)
        outcomes += _told(step, here, awaited, tried[-1], found)
        turns.append(_Turn(step.after(tried), found.unsent | found.undelivered, awaited.key))
    for turn in turns:
        chosen = here.sending.choose(here, step, turn.by, turn.members, replacing=turn.instead_of is not None)
        version = chosen.content_version
        for account, whom in chosen.by_account.items():
            went = (*turn.tried, account) if step.prefer is not None else (account,)
            by_account[went] = by_account.get(went, OrdinalSet.empty()) | whom
        outcomes += [Outcome(reason, whom, step.unsent) for reason, whom in chosen.reasons.items()]
        for resumes, whom in chosen.waiting.items():
            outcomes.append(Outcome("quiet", whom, due=resumes, awaits=turn.instead_of))
    here.batches += [_batch(step, here, went, whom, version) for went, whom in by_account.items()]
    return [_sent(step, here, went, whom) for went, whom in by_account.items()] + outcomes


@dataclass(frozen=True)
class _Turn:
    """Some whom these accounts may write to, the first of them that can; they were to hear by a batch before."""

    by: tuple[str, ...]
    members: OrdinalSet
    instead_of: str | None = None

    @property
    def tried(self) -> tuple[str, ...]:
        return () if self.instead_of is None else tried_by(self.instead_of)


def tried_by(key: str) -> tuple[str, ...]:
    """Return the accounts that were tried for those of a batch of this key, the last one its own."""
    return tuple(key.split("/")[Here.KEY_PARTS :])


def _batch(step: Send, here: Here, went: tuple[str, ...], whom: OrdinalSet, version: int | None) -> Batch:
    return Batch(
        key="/".join((here.key, *went)),
        account=went[-1],
        content=step.content,
        content_version=version or 0,
        purpose=here.journey.purpose,
        campaign=here.journey.name,
        members=whom,
        epoch=here.epoch,
        due_at=here.at,
        expires_at=None if step.expires is None else here.at + step.expires,
    )


def _sent(step: Send, here: Here, went: tuple[str, ...], whom: OrdinalSet) -> Outcome:
    """Tell to whom a message goes out; who has another account before him waits for how it ends."""
    word = f"{SENT}{went[-1]}"
    if step.fallback_after is None or not step.after(went):
        return Outcome(word, whom, step.next)
    return Outcome(word, whom, due=here.at + step.fallback_after, awaits="/".join((here.key, *went)))


def _told(step: Send, here: Here, awaited: Awaited, account: str, found: Fate) -> Iterator[Outcome]:
    yield Outcome(f"{DELIVERED}{account}", found.delivered, step.next)
    yield Outcome(f"{UNKNOWN}{account}", found.unknown, step.next)
    yield Outcome(f"{WITHDRAWN}{account}", found.unsent)
    yield Outcome(f"{UNDELIVERED}{account}", found.undelivered)
    yield Outcome("", found.under_way, due=here.at + LOOK_AGAIN, awaits=awaited.key)


KINDS = (StepKind("send", Text("Send a message", "发送消息"), Send, read, leads_to, run),)
