"""Customers at the console: found by four digits, seen whole, unmasked with a reason; merges reviewed by keys."""

import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site(retailer, serve):
    return serve(retailer)


@pytest.fixture
def here(site, visit):
    found = visit(site, "en")
    found.sign_in()
    return found


def open_one(here) -> str:
    """Open a customer of an audience by clicks; return his id."""
    here.open("/audiences/best_customers")
    here.page.get_by_role("tab", name="People").click()
    here.page.locator("a[href^='/customers/cus_']").first.click()
    here.page.get_by_role("tab", name="Who he is").wait_for()
    return here.page.url.split("/customers/")[1].split("?")[0]


def test_a_customer_is_seen_whole_with_private_values_masked(here):
    open_one(here)
    for tab in ("Tags", "Timeline", "Orders", re.compile("^Records")):
        here.page.get_by_role("tab", name=tab).click()
        here.page.wait_for_load_state("networkidle")
        assert here.page.locator(".error").count() == 0
        assert here.faults() == [], tab
    text = here.page.inner_text("main")
    assert not re.search(r"\b1[3-9]\d{9}\b", text), "no whole phone"
    assert here.told() == []


def test_private_values_are_shown_for_a_reason_which_the_audit_log_keeps(here):
    one_id = open_one(here)
    here.page.get_by_role("button", name="Unmask…").click()
    here.page.get_by_label("Reason").fill("complaint 4711")
    here.page.get_by_role("button", name="Show", exact=True).click()
    here.page.locator(".clear").first.wait_for()
    assert "*" not in here.page.locator(".clear").first.inner_text()
    here.page.get_by_role("button", name="Mask again").click()
    assert here.page.locator(".clear").count() == 0
    here.open("/settings")
    here.page.get_by_role("tab", name="Audit log").click()
    row = here.page.locator("tr", has_text="complaint 4711").first
    row.wait_for()
    assert one_id in row.inner_text()


def test_a_viewer_cannot_ask_to_see_them(site, visit):
    here = visit(site, "en")
    here.sign_in("bo")
    open_one(here)
    assert here.page.get_by_role("button", name="Unmask…").count() == 0


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


LEFT = "Number((document.querySelector('main').innerText.match(/(\\d+) left/) || [0, 0])[1])"


def test_a_question_is_answered_and_taken_back_by_keys(here):
    page = here.page
    here.open("/review")
    page.get_by_text(re.compile(r"Question 1 of")).wait_for()
    assert here.faults() == []
    before = page.evaluate(LEFT)
    page.keyboard.press("s")
    page.wait_for_function(f"() => {LEFT} < {before}")
    page.wait_for_function("() => !document.querySelector('main').innerText.includes('saving')")
    page.keyboard.press("u")
    page.wait_for_function(f"() => {LEFT} === {before}")
    page.get_by_role("tab", name="Decisions").click()
    page.get_by_text(re.compile("taken back by")).first.wait_for()
    assert here.told() == []


def test_an_answer_that_is_being_saved_is_taken_back_as_soon_as_it_is(here):
    page = here.page
    here.open("/review")
    page.get_by_text(re.compile(r"Question 1 of")).wait_for()
    before, held = page.evaluate(LEFT), []

    def hold(route) -> None:
        held.append(route)

    page.route("**/identity/answers", hold)
    page.keyboard.press("n")
    page.wait_for_function(f"() => {LEFT} < {before}")
    page.keyboard.press("u")
    page.wait_for_function(f"() => {LEFT} === {before}")
    assert len(held) == 1
    with page.expect_response("**/identity/decisions/withdrawals") as withdrawn:
        held[0].continue_()
    assert withdrawn.value.status == 200
    page.wait_for_function("() => !document.querySelector('main').innerText.includes('saving')")
    assert page.evaluate(LEFT) == before
    page.unroute("**/identity/answers")
    page.keyboard.press("s")
    page.wait_for_function(f"() => {LEFT} < {before}")
    page.wait_for_function("() => !document.querySelector('main').innerText.includes('saving')")
    assert page.locator(".error").all_inner_texts() == [], "it can be answered otherwise"
    assert here.told() == []


def test_records_are_cut_apart_and_put_together_again(here):
    page = here.page
    here.open("/audiences/best_customers")
    page.get_by_role("tab", name="People").click()
    page.locator("a[href^='/customers/cus_']").first.wait_for()
    places = [link.get_attribute("href") for link in page.locator("a[href^='/customers/cus_']").all()]
    ask = "async path => (await (await fetch('/api/v1' + path)).json()).records.length"
    place = next(each for each in places if page.evaluate(ask, each) > 1)
    here.open(f"{place}?tab=records")
    boxes = page.get_by_role("checkbox", name=re.compile("^Choose "))
    boxes.first.wait_for()
    records = boxes.count()
    assert records > 1
    for at in range(2):
        boxes.nth(at).check()
    page.get_by_role("button", name="Part the two chosen…").click()
    page.get_by_label("Reason").fill("father and son")
    page.get_by_role("button", name="Part", exact=True).click()
    page.get_by_text(re.compile("^Done: ")).wait_for()
    assert here.faults() == []
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_text(re.compile("^Done: ")).wait_for(state="hidden")
    here.open(f"{place}?tab=records")
    assert boxes.count() == records
    here.open("/review")
    page.get_by_role("tab", name="Decisions").click()
    row = page.locator("tr", has_text="father and son").first
    row.get_by_text("taken back by").wait_for()
    assert here.told() == []
