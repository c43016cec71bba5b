"""HTTP routes of channels: what comes back from receivers, and unsubscribing by the link in a message."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field

from quanyu.engagement.channels import accounts
from quanyu.engagement.channels.links import follow
from quanyu.engagement.channels.model import BROKEN, LEFT_OUT, Progress
from quanyu.engagement.channels.outbox import progress
from quanyu.engagement.channels.reading import WORDS
from quanyu.engagement.channels.receiving import Response, receive
from quanyu.foundation.access.doors import Answer, Asked, Number, Words, admitted
from quanyu.foundation.errors import NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

router = APIRouter(tags=["channels"])
Viewer = Annotated[Workspace, Depends(admitted("viewer"))]
Editor = Annotated[Workspace, Depends(admitted("marketer"))]
_UNSUBSCRIBED = "unsubscribed"


class WantedResponse(Asked):
    message_id: str = Field(description="The id with which the message was sent.", max_length=64)
    event: str = Field(description="delivered, opened, clicked, replied, unsubscribed, complained, bounced …")
    occurred_at: datetime | None = Field(None, description="When it happened; now if left out.")
    id: str | None = Field(None, description="Your own id of the response: told twice, it counts once.", max_length=150)


class WantedResponses(Asked):
    responses: list[WantedResponse] = Field(max_length=10_000)


class ReceivedAnswer(Answer):
    taken: int
    known: int = Field(description="Told before.")
    unknown: int = Field(description="About no message of this workspace, or no event there is.")


class BatchAnswer(Answer):
    number: Number
    key: str
    account: str
    state: str = Field(description="waiting, paused, cancelled, done or closed.")
    size: int
    accepted: int
    open: int
    reasons: dict[str, int] = Field(description="Who got nothing, by reason.")


class Batches(Answer):
    batches: list[BatchAnswer]
    said: dict[str, Words] = Field(description="The reasons in words.")


class AccountAnswer(Answer):
    account: str
    channel: str
    through: str
    changed_at: datetime
    failures: int = Field(description="Attempts that failed, one after the other.")
    held_until: datetime | None
    broken: str | None = Field(description="Why it may not send until it is added again.")
    broken_said: Words | None = Field(None, description="The same in words, where it is known.")


class Accounts(Answer):
    accounts: list[AccountAnswer]


@router.get("/channels/accounts", operation_id="list_accounts")
def list_accounts(ws: Viewer) -> Accounts:
    """List accounts, and whether they may send; of their settings nothing is told."""
    return Accounts(accounts=[_account(each) for each in accounts.every(ws)])


def _account(found: accounts.Standing) -> AccountAnswer:
    said = BROKEN.get(found.broken or "")
    told = {**vars(found), "account": found.name}
    return AccountAnswer.model_validate({**told, "broken_said": None if said is None else Words.model_validate(said)})


@router.get("/channels/batches")
def list_batches(ws: Viewer, key: str = "") -> Batches:
    """Say how far the last hundred batches are whose keys begin so."""
    found = progress(ws, key)
    words = {word for each in found for word in each.reasons}
    said = {word: Words.model_validate(LEFT_OUT.get(word, Text(word, word))) for word in sorted(words)}
    return Batches(batches=[_batch(p) for p in found], said=said)


def _batch(p: Progress) -> BatchAnswer:
    return BatchAnswer.model_validate({**vars(p), "number": str(p.number), "reasons": dict(p.reasons)})


@router.post("/channels/responses")
def take_responses(ws: Editor, wanted: WantedResponses) -> ReceivedAnswer:
    """Take in receipts, bounces and answers; each counts once."""
    told = [
        Response(each.message_id, WORDS.get(each.event.lower(), each.event), each.occurred_at, each.id)
        for each in wanted.responses
    ]
    return ReceivedAnswer(**vars(receive(ws, told)))


@router.get("/unsubscribe/{message_id}", response_class=HTMLResponse, include_in_schema=False)
def ask_unsubscribe(message_id: str) -> str:
    """Show a page that asks: programs that look at links must not unsubscribe anybody."""
    title = Text("Unsubscribe", "退订")
    return (
        f'<!doctype html><meta charset="utf-8"><title>{title.en} {title.zh}</title>'
        f'<form method="post"><button>{title.en} {title.zh}</button></form>'
    )


@router.post("/unsubscribe/{message_id}", operation_id="unsubscribe", response_class=HTMLResponse)
def unsubscribe(request: Request, message_id: str) -> str:
    """Unsubscribe whoever got this message, at once (RFC 8058): the id, which nobody can guess, is the permission."""
    home = request.app.state.home
    for name in home.workspaces():
        done = receive(home.workspace(name), [Response(message_id, _UNSUBSCRIBED)])
        if done.taken or done.known:
            return '<!doctype html><meta charset="utf-8">You are unsubscribed. 您已退订。'
    raise NotFound(Text("There is no such message.", "没有这条消息。"))


@router.get("/links/{message_id}/{name}", include_in_schema=False)
def follow_link(request: Request, message_id: str, name: str) -> RedirectResponse:
    """Lead on to where the content says, and count it: the id, which nobody can guess, says whose message it was."""
    home = request.app.state.home
    for workspace in home.workspaces():
        url = follow(home.workspace(workspace), message_id, name)
        if url is not None:
            return RedirectResponse(url, status_code=302, headers={"Cache-Control": "no-store"})
    raise NotFound(Text("There is no such link.", "没有这个链接。"))
