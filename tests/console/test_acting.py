"""Journeys and campaigns at the console: faults at their steps, drafts that stay, a campaign planned."""

import re

import pytest
from tests.engagement.journeys.conftest import CONTENT

from quanyu.engagement.channels.accounts import add
from quanyu.engagement.channels.model import Account
from quanyu.engagement.content.definitions import apply
from quanyu.foundation import home as homes

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site(retailer, serve):
    """The company's site, with an account to send by, whose other end is away, and something to say."""
    home = homes.open_home(retailer)
    workspace = home.workspace()
    add(workspace, Account("texts", "webhook", "sms", {"url": "http://127.0.0.1:1/"}, {}))
    apply(workspace, CONTENT)
    home.close()
    return serve(retailer)


@pytest.fixture
def here(site, visit):
    found = visit(site, "en")
    found.sign_in()
    return found


def test_an_empty_step_is_told_at_its_place_and_a_draft_outlives_a_reload(here):
    page = here.page
    here.open("/journeys/new-journey")
    page.get_by_role("button", name="Add a step after start").click()
    page.get_by_text("Send a message").last.click()
    page.get_by_role("button", name="Check and save").click()
    page.locator(".error").wait_for()
    page.locator(".faulty").first.wait_for()
    assert here.faults() == []
    page.reload()
    page.locator(".step-card", has_text="Send a message").first.wait_for()
    page.get_by_role("button", name="Discard the draft").click()
    page.locator(".step-card", has_text="Send a message").wait_for(state="hidden")
    assert page.locator(".step-card").count() >= 1


def test_a_campaign_is_planned_step_by_step(here):
    page = here.page
    here.open("/campaigns/new-campaign?audience=best_customers")
    assert here.faults() == []
    page.get_by_role("button", name="Next").wait_for()
    assert re.search("Best customers", page.inner_text("main"))


def choose(page, label: str, typed: str) -> None:
    """Choose an option of a field by typing it, once it is there, and leave the field."""
    page.get_by_label(label, exact=True).last.fill(typed)
    page.locator(".ant-select-item-option", has_text=typed).first.wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('.ant-select-dropdown:not(.ant-select-dropdown-hidden)')")


def test_a_template_is_installed_started_paused_and_stopped(site, visit):
    here = visit(site, "zh")
    here.sign_in()
    page = here.page
    here.open("/journeys")
    assert here.faults() == []
    page.get_by_role("button", name="安装").first.click()
    choose(page, "账号", "texts")
    page.locator(".ant-modal").get_by_role("button", name="安装").click()
    page.wait_for_url(re.compile("/journeys/[a-z_]+$"))
    page.get_by_role("button", name="启动").click()
    page.locator(".pill", has_text="运行中").wait_for()
    page.locator(".step-card").first.wait_for()
    assert here.faults() == []
    page.get_by_role("button", name="暂停").click()
    page.locator(".pill", has_text="已暂停").wait_for()
    page.get_by_role("button", name="继续").click()
    page.locator(".pill", has_text="运行中").wait_for()
    page.get_by_role("button", name="停止").first.click()
    page.locator(".ant-popover").get_by_role("button", name="停止").click()
    page.locator(".pill", has_text="已停止").wait_for()
    assert here.told() == []


def test_a_campaign_is_put_in_force_let_out_stopped_and_resumed(here):
    page = here.page
    here.open("/campaigns/new-campaign?audience=best_customers")
    page.get_by_label("English title").fill("New")
    assert page.get_by_label(re.compile("^Name in files")).input_value() == "new"
    page.get_by_role("button", name="Next").click()
    page.get_by_role("checkbox", name="same promotion").uncheck()
    choose(page, "Content, personalised", "hello")
    choose(page, "Accounts", "texts")
    assert here.faults() == []
    page.get_by_role("button", name="Next").click()
    page.get_by_role("checkbox", name=re.compile("^Size the group")).uncheck()
    for _ in range(2):
        page.get_by_role("button", name="Next").click()
        assert here.faults() == []
    page.get_by_role("button", name="Put in force").click()
    page.get_by_role("heading", name="New", exact=True).wait_for()
    assert page.url.endswith("/campaigns/new"), "a name is no page of the console"
    page.get_by_role("button", name="Let out", exact=True).click()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.locator("header .pill", has_text="paused").wait_for()
    page.get_by_role("button", name="Resume", exact=True).click()
    page.locator("header .pill", has_text="running").wait_for()
    page.get_by_text("stage released").wait_for()
    assert here.faults() == []
    here.open("/")
    page.get_by_role("region", name="Running, with its lift so far").get_by_role("link", name="New").wait_for()
    assert here.told() == []
