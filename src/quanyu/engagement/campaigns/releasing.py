"""Lets a campaign out in stages, each watched before the next, and stops and resumes it.

Whoever a stage brings in waits at the door of the campaign's journey, which takes nobody twice: the lot of a customer
is the same for all stages, so that the first percent stays in the first percent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from quanyu.engagement.campaigns.acts import record
from quanyu.engagement.campaigns.approving import refuse_unapproved
from quanyu.engagement.campaigns.compiling import compiled
from quanyu.engagement.campaigns.definitions import kept, newest
from quanyu.engagement.campaigns.guarding import Counted, Passed, count, passed
from quanyu.engagement.campaigns.model import AUTOMATIC, KEEPER, Kept, Released
from quanyu.engagement.campaigns.planning import addressed, stage_of
from quanyu.engagement.campaigns.tables import campaign_stage
from quanyu.engagement.content.definitions import stored as contents
from quanyu.engagement.journeys.definitions import apply as apply_journey
from quanyu.engagement.journeys.entering import has_come
from quanyu.engagement.journeys.model import RUNNING
from quanyu.engagement.journeys.states import admit, go_on, hold, state_of
from quanyu.foundation import failpoints
from quanyu.foundation.errors import Conflict, QuanyuError
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("campaigns.pinned", "campaigns.releasing", "campaigns.released")
BY_ITSELF = "campaign:watch"
"""Who acts where nobody does: the watch that goes on by itself, or stops."""
STAGE = "stage:"

_S = campaign_stage.c
_log = structlog.get_logger("quanyu.campaigns")


@dataclass(frozen=True)
class Let:
    """A stage that was let out."""

    stage: int
    released_at: datetime
    who: str
    size: int
    counted: Counted


def stages_of(ws: Workspace, connection: sa.Connection, name: str) -> list[Let]:
    """Return the stages that were let out, in their order."""
    query = sa.select(campaign_stage).where(_S.workspace == ws.number, _S.campaign == name).order_by(_S.stage)
    return [
        Let(row.stage, row.released_at, row.who, row.size, _counted(row.counted)) for row in connection.execute(query)
    ]


def _counted(written: Any) -> Counted:
    return Counted(int(written.get("messages", 0)), dict(written.get("answers", {})))


def release(ws: Workspace, name: str, who: str, stage: int | None = None, *, early: bool = False) -> Released:
    """Let the next stage out, or the one of this number (from 1); one that was let out is not let out again.

    Raises `Conflict` where the stage before is still watched (unless `early`), the campaign is stopped, no approval
    holds, or all stages are out.
    """
    with ws.locked(f"campaign:{name}"):
        found = kept(ws, name)
        with ws.begin() as connection:
            out = stages_of(ws, connection, name)
        if stage is not None and stage <= len(out):
            return Released(name, stage, out[stage - 1].size, changed=False)
        number = len(out) + 1
        _refuse_untimely(ws, found, out, number if stage is None else stage, early=early)
        to, versions = addressed(ws, found.campaign), contents(ws)
        refuse_unapproved(ws, found.campaign, versions, to.members.count())
        # What goes out is what was approved: contents are named with their versions, whatever is applied later.
        apply_journey(ws, compiled(found.campaign, found.shares, versions), KEEPER)
        failpoints.reach("campaigns.pinned")
        members = stage_of(found.campaign, to.members, found.campaign.stages[number - 1].share)
        with ws.begin() as connection:
            coming = members - has_come(ws, connection, name, STAGE, to.epoch)
            admit(ws, connection, name, f"{STAGE}{number}", to.epoch, coming)
            values = {"campaign": name, "stage": number, "version": found.version, "released_at": ws.clock.now()}
            row = {**values, "who": who, "size": coming.count(), "counted": _written(_before(out))}
            connection.execute(sa.insert(campaign_stage).values(workspace=ws.number, **row))
            told = {"stage": number, "customers": coming.count(), "version": found.version}
            record(ws, connection, name, who, "released", told)
            ws.publish(connection)
            failpoints.reach("campaigns.releasing")
        failpoints.reach("campaigns.released")
    return Released(name, number, coming.count(), changed=True)


def _before(out: Sequence[Let]) -> Counted:
    return out[-1].counted if out else Counted(0, {})


def _written(counted: Counted) -> dict[str, object]:
    return {"messages": counted.messages, "answers": dict(counted.answers)}


def _refuse_untimely(ws: Workspace, found: Kept, out: Sequence[Let], wanted: int, *, early: bool) -> None:
    stages = found.campaign.stages
    if len(out) >= len(stages) or wanted != len(out) + 1:
        raise Conflict(
            Text("There is no such stage to let out now.", "当前没有可放量的该阶段。"),
            received=f"stage {wanted}",
            allowed=[f"stage {len(out) + 1} of {len(stages)}"] if len(out) < len(stages) else ["all stages are out"],
        )
    over = watched_until(found, out)
    if over is not None and over > ws.clock.now() and not early:
        raise Conflict(
            Text("The stage before is still being watched.", "上一阶段仍在观察期内。"),
            remedy=Text("Wait, or let it out early: --early", "请等待，或提前放量：--early"),
            received=f"{ws.clock.now():%Y-%m-%d %H:%M}",
            allowed=[f"from {over:%Y-%m-%d %H:%M} UTC"],
        )


def watched_until(found: Kept, out: Sequence[Let]) -> datetime | None:
    """Return until when the last stage that was let out is watched; None where none was, or it was the last of all."""
    if not out or len(out) >= len(found.campaign.stages):
        return None
    return out[-1].released_at + found.campaign.stages[len(out) - 1].watch


def stop(ws: Workspace, name: str, who: str) -> None:
    """Hold everything of a campaign: nobody moves, and what is in the outbox does not go from a second after this."""
    kept(ws, name)
    with ws.begin() as connection:
        hold(ws, connection, name)
        record(ws, connection, name, who, "stopped")


def resume(ws: Workspace, name: str, who: str) -> None:
    """Let a campaign go on where it was held; guard rails look at what comes back from now on."""
    kept(ws, name)
    seen = count(ws, name)
    with ws.begin() as connection:
        go_on(ws, connection, name)
        last = sa.select(sa.func.max(_S.stage)).where(_S.workspace == ws.number, _S.campaign == name).scalar_subquery()
        mine = (_S.workspace == ws.number, _S.campaign == name, _S.stage == last)
        connection.execute(sa.update(campaign_stage).where(*mine).values(counted=_written(seen)))
        record(ws, connection, name, who, "resumed", _written(seen))
        ws.publish(connection)


def watch(ws: Workspace) -> list[Text]:
    """Look after all campaigns: stop one whose limits are passed, let the next stage of one out that is due."""
    done: list[Text] = []
    for name, found in newest(ws).items():
        with ws.begin() as connection:
            out = stages_of(ws, connection, name)
            running = bool(out) and state_of(ws, connection, name) == RUNNING
        if not running or _is_over(ws, found, out):
            continue
        over = passed(found.campaign, count(ws, name).since(out[-1].counted))
        if over:
            _stop_guarded(ws, name, over)
            text = Text("Campaign {name} was stopped: {why}.", "活动 {name} 已自动停止：{why}。")
            done.append(text.format_with(name=name, why=", ".join(said(each) for each in over)))
        elif _is_due(ws, found, out):
            done += _let_out(ws, name, len(out) + 1)
    return done


def _is_over(ws: Workspace, found: Kept, out: Sequence[Let]) -> bool:
    """Say whether all stages are out, and the days that its goal counts are over: nothing is left to be stopped."""
    days = timedelta(days=found.campaign.target.days)
    return len(out) >= len(found.campaign.stages) and out[-1].released_at + days < ws.clock.now()


def said(over: Passed) -> str:
    return f"{over.word} {over.answers}/{over.messages} > {over.limit:g}"


def _stop_guarded(ws: Workspace, name: str, over: Sequence[Passed]) -> None:
    with ws.begin() as connection:
        if state_of(ws, connection, name) == RUNNING:
            hold(ws, connection, name)
            record(ws, connection, name, BY_ITSELF, "guarded", {"passed": [vars(each) for each in over]})


def _is_due(ws: Workspace, found: Kept, out: Sequence[Let]) -> bool:
    over = watched_until(found, out)
    return over is not None and over <= ws.clock.now() and found.campaign.stages[len(out) - 1].then == AUTOMATIC


def _let_out(ws: Workspace, name: str, stage: int) -> list[Text]:
    try:
        done = release(ws, name, BY_ITSELF, stage)
    except QuanyuError as error:  # such as an approval that is void: it waits for somebody, and the others go on
        _log.warning("stage waits", campaign=name, stage=stage, error=str(error.problem.en))
        return []
    text = Text(
        "Campaign {name}: stage {stage} was let out to {customers:,} customers.",
        "活动 {name}：第 {stage} 阶段已放量，{customers:,} 位客户。",
    )
    return [text.format_with(name=name, stage=done.stage, customers=done.customers)]
