"""An account that was removed is a reason for those it would have reached; everything else goes on."""

import pytest
import sqlalchemy as sa
from tests.engagement.conftest import MEMBERS, customers_of, member
from tests.engagement.journeys.conftest import batches, journey, outcomes

from quanyu.engagement.channels import accounts
from quanyu.engagement.channels.model import Account
from quanyu.engagement.channels.tables import channel_account
from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.states import bring, standings, start
from quanyu.engagement.journeys.ticking import tick
from quanyu.engagement.journeys.tracing import said
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace

BY_TEXTS = "{step: hello, send: {content: hello, by: [texts, mails]}}"
BY_MAILS = "{step: hello, send: {content: hello, by: [mails]}}"
TELL = "{step: tell, webhook: {account: crm, fields: [tags.frequency]}}"
TELL_OR = "{step: tell, webhook: {account: crm, fields: [tags.frequency], failed: lost}}"
LOST = "{step: lost, wait: {days: 1}}"


def remove(ws: Workspace, name: str) -> None:
    with ws.begin() as connection:
        mine = (channel_account.c.workspace == ws.number, channel_account.c.name == name)
        connection.execute(sa.delete(channel_account).where(*mine))


def run(ws: Workspace, *texts: str) -> None:
    for text in texts:
        name = apply(ws, text).name
        start(ws, name)
        bring(ws, name, "all", OrdinalSet.first(MEMBERS))


def test_the_other_accounts_and_journeys_go_on_and_who_is_left_has_a_reason(stage: Workspace):
    run(stage, journey("{call: {}}", BY_TEXTS), journey("{call: {}}", BY_MAILS).replace("play", "other"))
    remove(stage, "texts")
    assert [done.journey for done in tick(stage)] == ["other", "play"]
    everybody = set(customers_of(stage, range(MEMBERS)))
    mails = set(customers_of(stage, [i for i in range(MEMBERS) if member(i)[6]]))
    told = outcomes(stage)
    capped = told.get(("hello", "capped:1/1"), set())
    assert told.get(("hello", "sent:mails"), set()) | capped == mails
    assert told["hello", "account_gone:texts"] == everybody - mails
    assert ("hello", "unreachable") not in told
    assert batches(stage) == [("mails", mails)]
    assert said("account_gone:texts").en == "no message: the account texts is gone"
    assert {s.journey: s.gone_accounts for s in standings(stage)} == {"other": [], "play": ["texts"]}


@pytest.mark.parametrize(("steps", "then"), [((TELL,), "ended"), ((TELL_OR, LOST), "lost")])
def test_of_whom_a_receiver_would_be_told_who_is_gone(stage: Workspace, steps: tuple[str, ...], then: str):
    accounts.add(stage, Account("crm", "webhook", "", {"url": "http://127.0.0.1:1/"}, {"secret": "s"}))
    run(stage, journey("{call: {}}", *steps))
    remove(stage, "crm")
    tick(stage)
    told, everybody = outcomes(stage), set(customers_of(stage, range(MEMBERS)))
    assert told["tell", "account_gone:crm"] == everybody
    assert told["start" if then == "ended" else then, "ended" if then == "ended" else "waits"] == everybody
    assert batches(stage) == []
    assert standings(stage, "play")[0].gone_accounts == ["crm"]
