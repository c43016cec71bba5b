"""Hand waiting facts to their subscribers: oldest fact first, lowest room first, each at least once."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from quanyu.foundation import failpoints
from quanyu.foundation.bus.model import Fact
from quanyu.foundation.bus.tables import fact, fact_delivery

if TYPE_CHECKING:
    from quanyu.foundation.room import Room, Subscription
    from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("bus.handled",)
MOST_ATTEMPTS = 5
_log = structlog.get_logger("quanyu.bus")


def drain(workspace: "Workspace", rooms: Sequence["Room"]) -> int:
    """Handle all waiting facts; return how many were handled by every subscriber.

    A subscriber that fails is tried again at the next drain, at most `MOST_ATTEMPTS` times; until then the higher
    rooms wait for this fact. One process drains a workspace at a time.
    """
    by_fact: dict[str, list[Subscription]] = {}
    for room in rooms:
        for subscription in room.subscriptions:
            by_fact.setdefault(subscription.fact.name, []).append(subscription)
    handled, tried = 0, 0
    with workspace.locked("bus"):
        while (waiting := _next(workspace, tried)) is not None:
            number, name, body = waiting
            tried = number
            handled += _hand_over(workspace, number, body, by_fact.get(name, []))
    return handled


def _next(workspace: "Workspace", after: int) -> tuple[int, str, Mapping[str, object]] | None:
    with workspace.begin() as connection:
        row = connection.execute(
            sa.select(fact.c.number, fact.c.name, fact.c.body)
            .where(fact.c.workspace == workspace.number, ~fact.c.handled, fact.c.number > after)
            .order_by(fact.c.number)
            .limit(1)
        ).one_or_none()
    return None if row is None else (row.number, row.name, row.body)


def _hand_over(
    workspace: "Workspace", number: int, body: Mapping[str, object], subscriptions: Sequence["Subscription"]
) -> bool:
    done = _handled_by(workspace, number)
    for subscription in subscriptions:
        if subscription.name not in done and not _run(workspace, number, body, subscription):
            return False
    with workspace.begin() as connection:
        connection.execute(
            sa.update(fact).where(fact.c.workspace == workspace.number, fact.c.number == number).values(handled=True)
        )
    return True


def _run(workspace: "Workspace", number: int, body: Mapping[str, object], subscription: "Subscription") -> bool:
    """Run one handler; return whether the rooms above may go on: it succeeded, or was given up."""
    error = None
    try:
        happened: Fact = msgspec.convert(body, subscription.fact)
        subscription.handler(workspace, happened)
    except Exception as caught:  # noqa: BLE001  whatever it is, it is noted and tried again
        error = type(caught).__name__
        _log.warning("handler failed", subscriber=subscription.name, fact=number, error=error)
    failpoints.reach("bus.handled")
    return _note(workspace, number, subscription.name, error)


def _note(workspace: "Workspace", number: int, subscriber: str, error: str | None) -> bool:
    at = workspace.clock.now() if error is None else None
    row = insert(fact_delivery).values(
        workspace=workspace.number, number=number, subscriber=subscriber, attempts=1, handled_at=at, error=error
    )
    row = row.on_conflict_do_update(
        index_elements=["workspace", "number", "subscriber"],
        set_={"attempts": fact_delivery.c.attempts + 1, "handled_at": at, "error": error},
    ).returning(fact_delivery.c.attempts)
    with workspace.begin() as connection:
        attempts = connection.execute(row).scalar_one()
    return error is None or attempts >= MOST_ATTEMPTS


def _handled_by(workspace: "Workspace", number: int) -> set[str]:
    with workspace.begin() as connection:
        return set(
            connection.execute(
                sa.select(fact_delivery.c.subscriber).where(
                    fact_delivery.c.workspace == workspace.number,
                    fact_delivery.c.number == number,
                    sa.or_(fact_delivery.c.handled_at.is_not(None), fact_delivery.c.attempts >= MOST_ATTEMPTS),
                )
            ).scalars()
        )
