"""The club with contents, accounts, audiences and a campaign, so that stages can be played through."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.conftest import copied
from tests.engagement.channels.world import render
from tests.engagement.journeys.conftest import CONTENT, MORNING, at, audience, furnish_stage

from quanyu.engagement.campaigns.applying import apply
from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.content.definitions import apply as apply_content
from quanyu.engagement.journeys import policy
from quanyu.foundation import home as homes
from quanyu.foundation.database import launcher
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.refreshing import refresh

__all__ = ["MORNING", "at", "audience"]

CAMPAIGN = """name: spring
title: {en: Spring, zh: 春季}
owner: wang.fang
purpose: marketing
audience: everybody
goal: {outcome: bought, days: 14, lift: 0.2}
arms:
  personalised: {content: for_you, by: [texts, mails]}
  same_promotion: {content: hello, by: [texts, mails]}
  no_contact: {share: 0.2}
stages:
  - {share: 0.3, watch: {hours: 24}, then: automatic}
  - {share: 0.6, watch: {hours: 2}}
  - {share: 1}
"""
AUTHOR, OTHER = "token:zhang.wei", "token:li.na"
NAMED = "{{ customer.name | default: '会员' }}您好"
UNLIMITED = "caps: [{most: 100, days: 1}]\n"


def furnish_spring(ws: Workspace) -> None:
    """Put everything in force that the campaign names, and no caps or quiet hours."""
    furnish_stage(ws)
    apply_content(ws, CONTENT.replace("name: hello", "name: for_you").replace("您好", NAMED))
    audience(ws, "everybody", "{tag: frequency, is: is_known}")
    audience(ws, "staff", '{tag: frequency, is: "=", value: 3}')
    policy.apply(ws, UNLIMITED)
    refresh(ws)


@pytest.fixture(scope="session")
def spring_home(
    server: launcher.Address, club_home: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    with copied(server, club_home, tmp_path_factory.mktemp("spring")) as settings:
        home = homes.open_home(settings)
        furnish_spring(home.workspace())
        home.close()
        yield settings


@pytest.fixture
def furnished(request: pytest.FixtureRequest) -> Settings | None:
    return request.getfixturevalue("spring_home") if "spring" in request.fixturenames else None


@pytest.fixture
def spring(workspace: Workspace) -> Workspace:
    return workspace


@pytest.fixture
def applied(spring: Workspace) -> Workspace:
    apply(spring, CAMPAIGN, AUTHOR)
    return spring


def later(ws: Workspace, **after: float) -> None:
    at(ws, MORNING + timedelta(**after))


def deliver(ws: Workspace) -> None:
    with Delivery(ws, installed(), render) as delivery:
        delivery.deliver(10.0)
