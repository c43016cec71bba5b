"""Says which journey wrote to a customer in the place of another, and what decided that."""

from collections.abc import Mapping
from typing import Any, cast

import sqlalchemy as sa

from quanyu.engagement.channels.accounts import every
from quanyu.engagement.journeys.definitions import newest, texts_of
from quanyu.engagement.journeys.model import RUNNING
from quanyu.engagement.journeys.policy import CAPPED_BY
from quanyu.engagement.journeys.precedence import Expectation, Place, expectations, figure, precedence
from quanyu.engagement.journeys.steps.send import SENT
from quanyu.engagement.journeys.tables import journey_move, journey_state
from quanyu.foundation.documents import read
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

_S = journey_state.c
_Texts = Mapping[tuple[str, int], str]


def who_came_first(ws: Workspace, connection: sa.Connection, row: "sa.Row[Any]", customer: int) -> Text | None:
    """Say which journey took the last place under a cap in the same tick, and why it came first; None: none did."""
    m = journey_move.c
    query = sa.select(m.journey, m.version, m.expected, m.outcome, m.members).where(
        m.workspace == ws.number, m.at == row.at, m.journey != row.journey, sa.func.starts_with(m.outcome, SENT)
    )
    others = [each for each in connection.execute(query) if customer in from_bytes(each.members)]
    texts = texts_of(ws, sorted({(each.journey, each.version) for each in (*others, row)}))
    mine = _placed(row, texts)
    places = [_placed(each, texts) for each in others if _counts(ws, row.outcome, each, texts)]
    before = [each for each in places if each[0] < mine[0]]
    if not before:
        return None
    first, expected, priority = max(before)
    told = {"journey": first[2], "priority": priority, "its": figure(expected), "ours": figure(mine[1])}
    return _decided(first, mine[0]).format_with(**told)


def _placed(row: Any, texts: _Texts) -> tuple[Place, float | None, str]:
    priority = priority_in(texts[row.journey, row.version])
    return precedence(priority, row.expected, row.journey), row.expected, priority


def _counts(ws: Workspace, capped: str, sent: Any, texts: _Texts) -> bool:
    """Say whether what was sent is counted by the cap that this outcome names."""
    _, _, counted = capped.removeprefix(CAPPED_BY).partition(":")
    kind, _, name = counted.partition(":")
    if kind == "channel":
        account = sent.outcome.removeprefix(SENT)
        return any(each.name == account and each.channel == name for each in every(ws))
    return kind != "purpose" or read(texts[sent.journey, sent.version]).value["purpose"] == name  # type: ignore[index]


def _decided(first: Place, mine: Place) -> Text:
    if first[0] != mine[0]:
        return Text("{journey} came first: its priority is {priority}", "{journey} 优先：其优先级为 {priority}")
    if first[1] != mine[1]:
        return Text(
            "{journey} came first: of its messages each is expected to bring {its}, of these {ours}",
            "{journey} 优先：其每条消息预期带来 {its}，本旅程 {ours}",
        )
    return Text(
        "{journey} came first by name: no difference in effect is shown", "{journey} 按名称在先：效果差别未得到验证"
    )


def priority_in(text: str) -> str:
    """Return the priority in a definition that was checked when it was kept."""
    return str(cast("Mapping[str, object]", read(text).value).get("priority", "marketing"))


def placed(ws: Workspace) -> list[tuple[str, str, Expectation | None]]:
    """Return the running journeys in the order in which they write: name, priority, what is known of their messages."""
    runs = sa.select(_S.journey).where(_S.workspace == ws.number, _S.state == RUNNING)
    with ws.begin() as connection:
        names = list(connection.execute(runs).scalars())
    versions, known = newest(ws), expectations(ws)
    texts = texts_of(ws, [(name, versions[name]) for name in names])
    priorities = {name: priority_in(text) for (name, _), text in texts.items()}
    found = [(name, priorities[name], known.get(name)) for name in names]
    return sorted(found, key=lambda each: precedence(each[1], None if each[2] is None else each[2].counts, each[0]))
