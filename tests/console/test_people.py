"""Customers at the console: found by four digits, seen whole, unmasked with a reason; merges reviewed by keys."""

import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site(retailer, serve):
    return serve(retailer)


def open_one(here) -> str:
    """Open a customer of an audience by clicks; return his id."""
    say = here.say
    here.open("/audiences/best_customers")
    here.page.get_by_role("tab", name=say("People", "客户样例")).click()
    here.page.locator("a[href^='/customers/cus_']").first.click()
    here.page.get_by_role("tab", name=say("Who he is", "基本信息")).wait_for()
    return here.page.url.split("/customers/")[1].split("?")[0]


def test_a_customer_is_seen_whole_with_private_values_masked(here):
    say = here.say
    open_one(here)
    for tab in (
        say("Tags", "标签"),
        say("Timeline", "时间线"),
        say("Orders", "订单"),
        re.compile(say("^Records", "^记录")),
    ):
        here.page.get_by_role("tab", name=tab).click()
        here.page.wait_for_load_state("networkidle")
        assert here.page.locator(".error").count() == 0
        assert here.faults() == [], tab
    text = here.page.inner_text("main")
    assert not re.search(r"\b1[3-9]\d{9}\b", text), "no whole phone"
    assert here.told() == []


def test_private_values_are_shown_for_a_reason_which_the_audit_log_keeps(here):
    say = here.say
    one_id = open_one(here)
    here.page.get_by_role("button", name=say("Unmask…", "查看明文……")).click()
    here.page.get_by_label(say("Reason", "原因")).fill(say("complaint 4711", "投诉 4711"))
    here.page.get_by_role("button", name=say("Show", "查看"), exact=True).click()
    here.page.locator(".clear").first.wait_for()
    assert "*" not in here.page.locator(".clear").first.inner_text()
    here.page.get_by_role("button", name=say("Mask again", "恢复遮蔽")).click()
    assert here.page.locator(".clear").count() == 0
    here.open("/settings")
    here.page.get_by_role("tab", name=say("Audit log", "审计日志")).click()
    row = here.page.locator("tr", has_text=say("complaint 4711", "投诉 4711")).first
    row.wait_for()
    assert one_id in row.inner_text()


def test_a_viewer_cannot_ask_to_see_them(site, visit, language):
    here = visit(site, language)
    here.sign_in("bo")
    open_one(here)
    assert here.page.get_by_role("button", name=here.say("Unmask…", "查看明文……")).count() == 0


def test_somebody_is_found_by_four_digits_which_no_address_holds(here):
    open_one(here)
    masked = re.search(r"1\d\d\*{4}(\d{4})", here.page.inner_text("main"))
    assert masked, "a customer with a phone"
    here.open("/customers")
    field = here.page.get_by_role("main").get_by_role("textbox").first
    field.fill(masked[1])
    field.press("Enter")
    here.page.locator("a[href^='/customers/cus_']").first.wait_for()
    assert masked[1] not in here.page.url
    assert masked[1] not in logged(here.site.log)


def logged(log: Path) -> str:
    """Return what a log says, without ids of requests and times, which may hold any four digits."""
    lines = [json.loads(line) if line.startswith("{") else {"said": line} for line in log.read_text().splitlines()]
    return json.dumps(
        [{k: v for k, v in line.items() if k not in ("request", "time", "milliseconds")} for line in lines]
    )


LEFT = "Number((document.querySelector('main').innerText.match(/\\d+(?= left)|(?<=剩余 )\\d+/) || [0])[0])"


def test_a_question_is_answered_and_taken_back_by_keys(here):
    page, say = here.page, here.say
    here.open("/review")
    page.get_by_text(re.compile(say("Question 1 of", "第 1 / "))).wait_for()
    assert here.faults() == []
    before = page.evaluate(LEFT)
    page.keyboard.press("s")
    page.wait_for_function(f"() => {LEFT} < {before}")
    page.wait_for_function("() => !document.querySelector('main').innerText.match(/saving|保存中/)")
    page.keyboard.press("u")
    page.wait_for_function(f"() => {LEFT} === {before}")
    page.get_by_role("tab", name=say("Decisions", "决定日志")).click()
    page.get_by_text(re.compile(say("taken back by", "已撤销"))).first.wait_for()
    assert here.told() == []


def test_an_answer_that_is_being_saved_is_taken_back_as_soon_as_it_is(here):
    page = here.page
    here.open("/review")
    page.get_by_text(re.compile(here.say("Question 1 of", "第 1 / "))).wait_for()
    before, held = page.evaluate(LEFT), []

    def hold(route) -> None:
        held.append(route)

    page.route("**/identity/answers", hold)
    with page.expect_request("**/identity/answers"):
        page.keyboard.press("n")
    page.wait_for_function(f"() => {LEFT} < {before}")
    page.keyboard.press("u")
    page.wait_for_function(f"() => {LEFT} === {before}")
    assert len(held) == 1
    with page.expect_response("**/identity/decisions/withdrawals") as withdrawn:
        held[0].continue_()
    assert withdrawn.value.status == 200
    page.wait_for_function("() => !document.querySelector('main').innerText.match(/saving|保存中/)")
    assert page.evaluate(LEFT) == before
    page.unroute("**/identity/answers")
    page.keyboard.press("s")
    page.wait_for_function(f"() => {LEFT} < {before}")
    page.wait_for_function("() => !document.querySelector('main').innerText.match(/saving|保存中/)")
    assert page.locator(".error").all_inner_texts() == [], "it can be answered otherwise"
    assert here.told() == []


def test_records_are_cut_apart_and_put_together_again(here):
    page, say = here.page, here.say
    here.open("/audiences/best_customers")
    page.get_by_role("tab", name=say("People", "客户样例")).click()
    page.locator("a[href^='/customers/cus_']").first.wait_for()
    places = [link.get_attribute("href") for link in page.locator("a[href^='/customers/cus_']").all()]
    ask = "async path => (await (await fetch('/api/v1' + path)).json()).records.length"
    place = next(each for each in places if page.evaluate(ask, each) > 1)
    here.open(f"{place}?tab=records")
    boxes = page.get_by_role("checkbox", name=re.compile(say("^Choose ", "^选择 ")))
    boxes.first.wait_for()
    records = boxes.count()
    assert records > 1
    for at in range(2):
        boxes.nth(at).check()
    page.get_by_role("button", name=say("Part the two chosen…", "拆分所选两条……")).click()
    page.get_by_label(say("Reason", "原因")).fill(say("father and son", "父子"))
    page.get_by_role("button", name=say("Part", "拆分"), exact=True).click()
    page.get_by_text(re.compile(say("^Done: ", "^已完成："))).wait_for()
    assert here.faults() == []
    page.get_by_role("button", name=say("Undo", "撤销"), exact=True).click()
    page.get_by_text(re.compile(say("^Done: ", "^已完成："))).wait_for(state="hidden")
    here.open(f"{place}?tab=records")
    assert boxes.count() == records
    here.open("/review")
    page.get_by_role("tab", name=say("Decisions", "决定日志")).click()
    row = page.locator("tr", has_text=say("father and son", "父子")).first
    row.get_by_text(say("taken back by", "已撤销")).wait_for()
    assert here.told() == []
