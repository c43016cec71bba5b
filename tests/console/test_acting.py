"""Journeys and campaigns at the console: faults at their steps, drafts that stay, a campaign planned."""

import json
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
    for name, channel in (("texts", "sms"), ("mails", "email")):
        add(workspace, Account(name, "webhook", channel, {"url": "http://127.0.0.1:1/"}, {}))
    apply(workspace, CONTENT)
    home.close()
    return serve(retailer)


def test_an_empty_step_is_told_at_its_place_and_a_draft_outlives_a_reload(here):
    page, say = here.page, here.say
    here.open("/journeys/new-journey")
    page.get_by_role("button", name=say("Add a step after start", "在 start 之后添加步骤")).click()
    page.get_by_text(say("Send a message", "发送消息")).last.click()
    page.get_by_role("button", name=say("Check and save", "检查并保存")).click()
    page.locator(".error").wait_for()
    page.locator(".faulty").first.wait_for()
    assert here.faults() == []
    page.reload()
    page.locator(".step-card", has_text=say("Send a message", "发送消息")).first.wait_for()
    page.get_by_role("button", name=say("Discard the draft", "放弃草稿")).click()
    page.locator(".step-card", has_text=say("Send a message", "发送消息")).wait_for(state="hidden")
    assert page.locator(".step-card").count() >= 1


def test_a_message_goes_first_where_each_answers_most_and_then_by_the_next_account(here):
    page, say = here.page, here.say
    here.open("/journeys/new-journey")
    page.get_by_role("button", name=say("Add a step after start", "在 start 之后添加步骤")).click()
    page.get_by_text(say("Send a message", "发送消息")).last.click()
    choose(page, say("Content", "内容"), "hello")
    assert page.get_by_role("checkbox", name=say("Where each answers most", "优先使用客户响应最多")).count() == 0
    for account in ("texts", "mails"):
        page.get_by_role("combobox", name=say("Accounts", "账号")).fill(account)
        page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.get_by_role("checkbox", name=say("Where each answers most", "优先使用客户响应最多")).check()
    page.get_by_role("combobox", name=say("How often he answers by texts", "客户在 texts 的响应率")).fill(
        "sms_response_rate"
    )
    page.locator(".ant-select-item-option", has_text="sms_response_rate").wait_for()
    page.keyboard.press("Enter")
    page.get_by_label(say("Worth of an answer", "响应价值")).fill("2.5")
    page.get_by_label(say("Hours until the next account", "换下一账号前的小时数")).fill("4")
    page.keyboard.press("Tab")
    assert here.faults() == []
    page.get_by_role("button", name=say("As text", "文本编辑")).click()
    written = json.loads(page.get_by_label(say("Settings as JSON", "设置（JSON）")).input_value())
    assert written == {
        "content": "hello",
        "by": ["texts", "mails"],
        "prefer": {"answers": {"texts": "sms_response_rate"}, "worth": 2.5},
        "fallback_after": {"hours": 4},
    }
    assert here.told() == []


def test_a_campaign_is_planned_step_by_step(here):
    page, say = here.page, here.say
    here.open("/campaigns/new-campaign?audience=best_customers")
    assert here.faults() == []
    page.get_by_role("button", name=say("Next", "下一步")).wait_for()
    assert re.search(here.say("Best customers", "高价值客户"), page.inner_text("main"))


def choose(page, label: str, typed: str) -> None:
    """Choose an option of a field by typing it, once it is there, and leave the field."""
    page.get_by_label(label, exact=True).last.fill(typed)
    page.locator(".ant-select-item-option", has_text=typed).first.wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('.ant-select-dropdown:not(.ant-select-dropdown-hidden)')")


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.scale)])
def test_a_template_is_installed_started_paused_and_stopped(here):
    page, say = here.page, here.say
    here.open("/journeys")
    assert here.faults() == []
    page.get_by_role("button", name=say("Install", "安装")).first.click()
    choose(page, say("Accounts", "账号"), "texts")
    page.locator(".ant-modal").get_by_role("button", name=say("Install", "安装")).click()
    page.wait_for_url(re.compile("/journeys/[a-z_]+$"))
    page.locator(".step-card").first.wait_for()
    page.get_by_role("button", name=say("Start", "启动"), exact=True).click()
    page.locator(".pill", has_text=say("running", "运行中")).wait_for()
    assert here.faults() == []
    page.get_by_role("button", name=say("Pause", "暂停")).click()
    page.locator(".pill", has_text=say("paused", "已暂停")).wait_for()
    page.get_by_role("button", name=say("Resume", "继续")).click()
    page.locator(".pill", has_text=say("running", "运行中")).wait_for()
    page.get_by_role("button", name=say("Stop", "停止")).first.click()
    page.locator(".ant-popover").get_by_role("button", name=say("Stop", "停止")).click()
    page.locator(".pill", has_text=say("stopped", "已停止")).wait_for()
    assert here.told() == []


def test_a_campaign_is_put_in_force_let_out_stopped_and_resumed(here):
    page, say = here.page, here.say
    title = say("New", "New2")
    here.open("/campaigns/new-campaign?audience=best_customers")
    page.get_by_label(say("English title", "英文名称")).fill(title)
    assert page.get_by_label(re.compile(say("^Name in files", "^标识"))).input_value() == title.lower()
    page.get_by_role("button", name=say("Next", "下一步")).click()
    page.get_by_role("checkbox", name=say("same promotion", "统一促销")).uncheck()
    choose(page, say("Content, personalised", "个性化内容"), "hello")
    choose(page, say("Accounts", "账号"), "texts")
    assert here.faults() == []
    page.get_by_role("button", name=say("Next", "下一步")).click()
    page.get_by_role("checkbox", name=re.compile(say("^Size the group", "^按统计功效"))).uncheck()
    for _ in range(2):
        page.get_by_role("button", name=say("Next", "下一步")).click()
        assert here.faults() == []
    page.get_by_role("button", name=say("Put in force", "应用")).click()
    page.get_by_role("heading", name=title, exact=True).wait_for()
    assert page.url.endswith(f"/campaigns/{title.lower()}"), "a name is no page of the console"
    page.get_by_role("button", name=say("Let out", "放量"), exact=True).click()
    page.get_by_role("button", name=say("Stop", "停止"), exact=True).click()
    page.locator("header .pill", has_text=say("paused", "已暂停")).wait_for()
    page.get_by_role("button", name=say("Resume", "继续"), exact=True).click()
    page.locator("header .pill", has_text=say("running", "运行中")).wait_for()
    page.get_by_role("cell", name=say("stage released", "阶段放量")).wait_for()
    assert here.faults() == []
    here.open("/")
    page.get_by_role("region", name=say("Running, with its lift so far", "进行中的活动与旅程：增量")).get_by_role(
        "link", name=title
    ).wait_for()
    assert here.told() == []
