"""Journeys and campaigns at the console: faults at their steps, drafts that stay, a campaign planned."""

import re

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
