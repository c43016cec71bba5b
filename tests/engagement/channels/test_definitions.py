"""An account's definition is read whole, and all its faults are named at once, without its secrets."""

from datetime import date

import pytest

from quanyu.engagement.channels.definitions import installed, load_account, read_account
from quanyu.engagement.channels.model import Rate
from quanyu.engagement.channels.spec import Quota
from quanyu.foundation.errors import Invalid, NotFound

HOOK = """
name: crm_hook
through: webhook
channel: sms
settings: {url: "https://crm.example/messages", secret: whsec_c2VjcmV0, batch: 100, requests: 4, idempotent: true}
rate: {per_second: 0.5, burst: 20}
quotas:
  - {most: 100000, per: day, since: 2026-01-01, until: 2026-06-30, why: contract}
"""


def test_a_definition_says_all_there_is_to_know():
    account = read_account(HOOK, installed())
    assert (account.name, account.through, account.channel) == ("crm_hook", "webhook", "sms")
    assert (account.batch, account.requests, account.idempotent) == (100, 4, True)
    assert account.rate == Rate(0.5, 20)
    assert account.quotas == (Quota(100_000, "day", date(2026, 1, 1), date(2026, 6, 30), "contract"),)
    assert account.settings["timeout"] == 30
    assert account.secrets == {"secret": "whsec_c2VjcmV0"}


def test_what_is_left_to_the_account_is_careful_when_it_says_nothing():
    account = read_account(HOOK.replace(", batch: 100, requests: 4, idempotent: true", ""), installed())
    assert (account.batch, account.requests, account.idempotent) == (1, 1, False)


def test_a_secret_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOOK_SECRET", "s3cret")
    assert read_account(HOOK.replace("whsec_c2VjcmV0", "env:HOOK_SECRET"), installed()).secrets == {"secret": "s3cret"}
    monkeypatch.delenv("HOOK_SECRET")
    with pytest.raises(Invalid) as refused:
        read_account(HOOK.replace("whsec_c2VjcmV0", "env:HOOK_SECRET"), installed())
    assert [fault.place for fault in refused.value.faults] == ["line 5: settings.secret"]


FAULTY = """
name: CRM
through: webhook
channel: pigeon
settings: {url: "ftp://crm.example", timeout: 0, batch: true, colour: red}
rate: {per_second: 0, burst: 0}
quotas:
  - {most: -1, per: week, since: 2026-07-01, until: 2026-06-30}
  - {most: 1, per: day, since: today}
"""


def test_all_faults_are_named_at_once():
    with pytest.raises(Invalid) as refused:
        read_account(FAULTY, installed())
    places = {fault.place.partition(": ")[2] for fault in refused.value.faults}
    assert {
        "name",
        "channel",
        "settings.url",
        "settings.timeout",
        "settings.batch",
        "settings.colour",
        "settings.secret",
        "rate.per_second",
        "quotas[0].most",
        "quotas[0].per",
        "quotas[1].since",
    } <= places


def test_an_unknown_channel_names_those_that_are_installed():
    with pytest.raises(Invalid) as refused:
        read_account(HOOK.replace("through: webhook", "through: webhok"), installed())
    assert "webhook" in refused.value.faults[0].allowed


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(NotFound):
        load_account(tmp_path / "none.yaml")
