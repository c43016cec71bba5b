"""Accounts are kept once by name, their secrets sealed, and unknown ones are refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from tests.engagement.channels.test_definitions import HOOK

from quanyu.engagement.channels import accounts
from quanyu.engagement.channels.definitions import installed, read_account
from quanyu.foundation.errors import NotFound
from quanyu.foundation.workspace import Workspace


def test_an_account_comes_back_as_it_was_added(workspace: Workspace):
    account = read_account(HOOK, installed())
    assert accounts.add(workspace, account)
    assert accounts.account_of(workspace, "crm_hook", installed()) == account
    assert not accounts.add(workspace, account)
    other = replace(account, secrets={"secret": "another"})
    assert accounts.add(workspace, other)
    assert accounts.account_of(workspace, "crm_hook", installed()) == other
    assert [standing.name for standing in accounts.every(workspace)] == ["crm_hook"]


def test_secrets_do_not_stand_in_the_database(workspace: Workspace, ask: Callable[..., list[Any]]):
    accounts.add(workspace, read_account(HOOK, installed()))
    assert "c2VjcmV0" not in str(ask("select * from channel_account"))


def test_adding_it_again_lets_a_broken_account_send(workspace: Workspace, ask: Callable[..., list[Any]]):
    account = read_account(HOOK, installed())
    accounts.add(workspace, account)
    with workspace.begin() as connection:
        connection.execute(sa.text("update channel_account set broken = 'gone', failures = 7"))
    assert not accounts.add(workspace, account)
    assert ask("select broken, failures from channel_account") == [(None, 0)]


def test_an_unknown_account_is_refused_with_those_there_are(workspace: Workspace):
    accounts.add(workspace, read_account(HOOK, installed()))
    with pytest.raises(NotFound) as refused:
        accounts.account_of(workspace, "crm", installed())
    assert refused.value.allowed == ("crm_hook",)
