"""The review queue: what recognition leaves open, in patterns, the most at stake first; answered one by one or in bulk.

Nobody has to: who is not certain to be one person stays several.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.deciding import NOBODYS, SETTLED, TOGETHER, Decision, close_act, open_act
from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.profile import masked, sayings
from quanyu.customers.identity.tables import identity_question
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.ids import outside
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

EXPIRES = timedelta(days=180)
"""A question that nobody has answered so long is asked no more, until other records have its value."""
TOGETHER_AT_MOST = 20
"""Customers that one answer may make one: what more share is no person's."""
HOLDERS_AT_MOST = 200
ANSWERS = (TOGETHER, SETTLED, NOBODYS)

Worth = Callable[[Workspace, pa.Table], pa.Table]
"""Given questions with their records (question, record), returns what is at stake: question, worth (minor units)."""

_Q = identity_question.c


@dataclass(frozen=True)
class Question:
    """A value that several customers share and that does not join them; the value itself is never told."""

    number: int
    pattern: str
    type: str
    scope: str
    reason: str  # a word of `resolving.REASONS`
    differ: tuple[str, ...]  # words of `questions.DIFFER`
    sources: tuple[str, ...]
    records: int
    customers: int
    worth: int  # minor units
    asked_at: datetime


@dataclass(frozen=True)
class Pattern:
    """Questions that are alike; `share` is the part of all questions that it and those before it cover."""

    name: str
    type: str
    reason: str
    differ: tuple[str, ...]
    sources: tuple[str, ...]
    questions: int
    customers: int
    worth: int
    share: float


@dataclass(frozen=True)
class Holder:
    """A record that has the value in question, and the customer it belongs to now; its name is masked."""

    source: str
    record: int
    name: str | None  # 王**
    gender: str | None
    customer: str | None
    import_number: int | None  # that gave it the value


@dataclass(frozen=True)
class Queue:
    """What is open, the most at stake first; `expired` and `settled` count what is not asked any more."""

    patterns: tuple[Pattern, ...]
    questions: tuple[Question, ...]
    expired: int
    settled: int


def review(
    workspace: Workspace, worth: Worth, pattern: str | None = None, most: int = 20, *, settled: bool = False
) -> Queue:
    """Return the patterns of what is open, and the first `most` questions, of one pattern or of all.

    With `settled`, those are told that somebody has said stay as they are. Raises NotFound for a pattern that has no
    question.
    """
    given = _since(workspace) | {"settled": settled, "pattern": pattern, "most": most}
    with workspace.begin() as connection:
        counts = connection.execute(_COUNT, given).one()
        for statement in _LIST:
            connection.execute(statement, given)
        held = read_columns(connection, _HELD.format(workspace=workspace.number), _HELD_COLUMNS)
        if held.num_rows:
            copy_in(connection, "stake", worth(workspace, held))
        patterns = [_pattern(row) for row in connection.execute(_PATTERNS)]
        names = [each.name for each in patterns]
        if pattern is not None and pattern not in names:
            raise _no_such(pattern, names[:20])
        questions = [_question(row) for row in connection.execute(_FIRST, given)]
    return Queue(tuple(patterns), tuple(questions), counts.expired, counts.settled)


def _since(workspace: Workspace) -> dict[str, object]:
    return {"workspace": workspace.number, "since": workspace.clock.now() - EXPIRES}


def _words(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split("+")))


def _pattern(row: "sa.Row[Any]") -> Pattern:
    about = (row.type, row.reason, _words(row.differ), _words(row.sources))
    return Pattern(row.pattern, *about, row.questions, row.customers, row.worth, row.covered / row.whole)


def _question(row: "sa.Row[Any]") -> Question:
    about = (row.type, row.scope, row.reason, _words(row.differ), _words(row.sources), row.records, row.customers)
    return Question(row.number, row.pattern, *about, row.worth, row.asked_at)


def _no_such(pattern: str, names: Sequence[str] = ()) -> NotFound:
    return NotFound(
        Text("No open question is of this pattern.", "没有属于该模式的待审问题。"), received=pattern, allowed=names
    )


def holders(workspace: Workspace, number: int) -> tuple[Question, Sequence[Holder]]:
    """Return a question, whose worth is not asked, and who has its value: `HOLDERS_AT_MOST`. Raises NotFound."""
    about = {"workspace": workspace.number, "number": number, "most": HOLDERS_AT_MOST}
    with workspace.begin() as connection:
        row = connection.execute(_NUMBERED, about).one_or_none()
        if row is None:
            raise _unknown([number])
        held = connection.execute(_HOLDERS, about).all()
    told = {each.record: each.values for each in sayings(workspace, [each.record for each in held])}

    def said(record: int, attribute: str) -> str | None:
        value = told[record].get(attribute) if record in told else None
        return value and masked(attribute, value)

    return _question(row), [
        Holder(
            *(each.source, each.record, said(each.record, "name"), said(each.record, "gender")),
            *(each.one_id and outside("customer", each.one_id), each.import_number),
        )
        for each in held
    ]


def answer(
    workspace: Workspace, verdict: str, decision: Decision, numbers: Sequence[int] = (), pattern: str | None = None
) -> tuple[int, int]:
    """Answer questions by number, or all open ones of a pattern; return the number of the act, and how many.

    `together`: who has the value is one person. `nobodys`: the value is no person's. `settled`: it stays as it is, and
    is asked again when other records have it. Raises Invalid, NotFound, and Conflict where one person would be made of
    too many.
    """
    if verdict not in ANSWERS:
        raise Invalid(Text("This is no answer.", "不是可用的答复。"), received=verdict, allowed=list(ANSWERS))
    with workspace.begin() as connection:
        lock_people(workspace, connection)
        found = _named(workspace, connection, numbers, pattern)
        if verdict == TOGETHER:
            _refuse_crowds(connection, workspace, found)
        act = open_act(workspace, connection, verdict, decision)
        about = {"workspace": workspace.number, "act": act, "numbers": found}
        connection.execute({TOGETHER: _TOGETHER, NOBODYS: _NOBODYS, SETTLED: _SETTLED}[verdict], about)
        close_act(workspace, connection, act)
    return act, len(found)


def _named(workspace: Workspace, connection: sa.Connection, numbers: Sequence[int], pattern: str | None) -> list[int]:
    given = _since(workspace) | {"numbers": list(numbers), "pattern": pattern}
    found = list(connection.execute(_NAMED, given).scalars())
    missing = sorted(set(numbers) - set(found))
    if missing or not (numbers or pattern):
        raise _unknown(missing)
    if not found:
        raise _no_such(str(pattern))
    return found


def _unknown(numbers: Sequence[int]) -> NotFound:
    return NotFound(
        Text("There is no such question; it may have been answered.", "没有该问题，可能已有答复。"),
        remedy=Text("What is open: quanyu identity questions", "待审问题：quanyu identity questions"),
        received=", ".join(map(str, numbers[:20])),
    )


def _refuse_crowds(connection: sa.Connection, workspace: Workspace, numbers: Sequence[int]) -> None:
    query = sa.select(_Q.number).where(
        _Q.workspace == workspace.number, _Q.number.in_(numbers), _Q.customers > TOGETHER_AT_MOST
    )
    crowds = connection.execute(query.order_by(_Q.number)).scalars().all()
    if crowds:
        raise Conflict(
            Text(
                f"More than {TOGETHER_AT_MOST} customers share a value; no person is so many.",
                f"共用同一标识的客户超过 {TOGETHER_AT_MOST} 位，不可能是一人。",
            ),
            remedy=Text("Answer these apart from the others: nobodys", "请将这些问题单独答复为 nobodys"),
            received=", ".join(map(str, crowds[:20])),
        )


_PATTERN = "concat(type, '/', reason, '/', coalesce(nullif(differ, ''), '-'), '/', sources)"
_OPENED = """workspace = :workspace and (settled is not null) = :settled and (asked_at > :since or :settled)"""
_LIST = (
    sa.text("create temporary table stake (question bigint primary key, worth bigint) on commit drop"),
    sa.text(
        f"""create temporary table listed on commit drop as
            select *, {_PATTERN} as pattern from identity_question where {_OPENED}"""
    ),
)
_COUNT = sa.text(
    """select count(*) filter (where settled is null and asked_at <= :since) as expired, count(settled) as settled
       from identity_question where workspace = :workspace"""
)
_HELD_COLUMNS = {"question": "bigint", "record": "bigint"}
_HELD = """select q.number as question, i.record from listed q
           join identifier i using (workspace, type, scope, value_hash) where q.workspace = {workspace}"""
_PATTERNS = sa.text(
    """select *, (sum(questions) over (order by place))::bigint as covered,
              (sum(questions) over ())::bigint as whole from (
         select pattern, min(type) as type, min(reason) as reason, min(differ) as differ, min(sources) as sources,
                count(*) as questions, sum(customers)::bigint as customers, coalesce(sum(worth), 0)::bigint as worth,
                row_number() over (order by coalesce(sum(worth), 0) desc, count(*) desc, pattern) as place
         from listed left join stake on question = number group by pattern) p
       order by place"""
)
_FIRST = sa.text(
    """select listed.*, coalesce(worth, 0) as worth from listed left join stake on question = number
       where cast(:pattern as text) is null or pattern = :pattern
       order by coalesce(worth, 0) desc, customers desc, number limit :most"""
)
_NAMED = sa.text(
    f"""select number from identity_question
        where workspace = :workspace and (number = any(:numbers) or ({_PATTERN} = :pattern and settled is null
                                                                     and asked_at > :since))
        for update"""
)
_NUMBERED = sa.text(
    f"select *, {_PATTERN} as pattern, 0 as worth from identity_question "
    "where workspace = :workspace and number = :number"
)
_HOLDERS = sa.text(
    """select r.source, i.record, i.import_number, c.one_id
       from identity_question q
       join identifier i using (workspace, type, scope, value_hash)
       join record r on r.workspace = q.workspace and r.record = i.record and not r.follows
       left join record_customer m on m.workspace = q.workspace and m.record = i.record
       left join customer c on c.workspace = q.workspace and c.customer = m.customer
       where q.workspace = :workspace and q.number = :number
       order by m.customer, r.source, i.record limit :most"""
)
_TOGETHER = sa.text(
    """insert into identity_decision (workspace, act, place, type, scope, value_hash, record, question)
       select q.workspace, :act, row_number() over (order by q.number, i.record), q.type, q.scope, q.value_hash,
              i.record, q.number
       from identity_question q
       join identifier i using (workspace, type, scope, value_hash)
       join record r on r.workspace = q.workspace and r.record = i.record and not r.follows
       where q.workspace = :workspace and q.number = any(:numbers)"""
)
_NOBODYS = sa.text(
    """insert into identity_decision (workspace, act, place, type, scope, value_hash)
       select workspace, :act, row_number() over (order by number), type, scope, value_hash
       from identity_question where workspace = :workspace and number = any(:numbers)"""
)
_SETTLED = sa.text(
    "update identity_question set settled = :act where workspace = :workspace and number = any(:numbers)"
)
