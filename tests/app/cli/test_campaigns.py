"""Campaigns by command: a plan, an approval by another account, stages, and the size of a test."""

import json

import pytest
from tests.engagement.campaigns.conftest import CAMPAIGN, furnish_spring, spring_home
from tests.engagement.conftest import MEMBERS, club_home

from quanyu.engagement.journeys import policy
from quanyu.foundation.settings import Settings

__all__ = ["club_home", "furnish_spring", "spring_home"]


@pytest.fixture
def furnished(spring_home: Settings) -> Settings:
    return spring_home


@pytest.fixture
def say(inside):
    """Run `quanyu … --json` and return its document."""

    def run(*arguments: object, status: int = 0) -> dict:
        ran = inside(*arguments, "--json")
        assert ran.status == status, ran.out + ran.err
        answered = json.loads(ran.out)
        return answered["error"] if status else answered

    return run


def test_the_order_of_journeys_by_command(say, inside, workspace, tmp_path):
    file = tmp_path / "spring.yaml"
    file.write_text(CAMPAIGN)
    assert say("journey", "order") == {"journeys": []}
    say("campaign", "apply", file)
    say("campaign", "release", "spring", "--stage", 1)
    (found,) = say("journey", "order", "--anew")["journeys"]
    assert (found["journey"], found["priority"], found["effect"]) == ("spring", "marketing", None)
    assert found["said"]["en"].startswith("not by its effect: too few")
    assert "too few" in inside("journey", "order").out


def test_a_campaign_by_command(say, inside, workspace, tmp_path):
    policy.apply(workspace, "approval: {above: 10}\ntesters: staff\n")
    file, following = tmp_path / "spring.yaml", tmp_path / "next.yaml"
    file.write_text(CAMPAIGN.replace("days: 14", "days: 20"))
    assert "Cannot tell with 50 customers" in inside("campaign", "plan", file).out
    assert say("campaign", "apply", file) == {"campaign": "spring", "version": 1, "changed": True}
    assert say("campaign", "test", "spring")["testers"] == 10
    assert say("campaign", "release", "spring", status=1)["code"] == "conflict"
    assert say("campaign", "approve", "spring", status=1)["code"] == "conflict"
    token = say("token", "create", "li.na", "--role", "marketer")["token"]
    assert say("campaign", "approve", "spring", "--token", token)["who"] == "token:li.na"
    viewer = say("token", "create", "guest")["token"]
    assert say("campaign", "stop", "spring", "--token", viewer, status=1)["code"] == "forbidden"
    assert say("campaign", "release", "spring", "--stage", 1)["changed"] is True
    assert say("campaign", "release", "spring", "--stage", 1)["changed"] is False
    say("journey", "tick")
    assert say("campaign", "stop", "spring")["state"] == "paused"
    assert say("campaign", "resume", "spring")["state"] == "running"
    shown = inside("campaign", "show", "spring").out
    assert "Approved by token:li.na." in shown
    assert "stage released" in shown
    assert inside("campaign", "show", "spring", "--text").out.strip() == file.read_text().strip()
    (listed,) = say("campaign", "list")["campaigns"]
    assert (listed["released"], listed["stages"]) == (1, 3)
    assert "1/3" in inside("campaign", "list").out
    assert "cannot tell" in inside("campaign", "report", "spring").out
    assert str(following) in inside("campaign", "next", "spring", "--to", following).out
    assert say("campaign", "apply", following)["campaign"] == "spring_2"


def test_the_size_of_a_test_from_figures_and_from_the_past(say, inside):
    few = say("experiment", "power", "--rate", 0.05, "--lift", 0.15, "--customers", 4000)
    assert (few["enough"], few["customers"]) == (False, 4000)
    assert "29,000 could tell" in few["words"][1]["en"]
    enough = say("experiment", "power", "--rate", 0.05, "--lift", 0.15)
    assert enough["enough"]
    assert enough["customers"] == pytest.approx(28_400, rel=0.01)
    money = say("experiment", "power", "--mean", 12, "--deviation", 80, "--lift", 0.1, "--arms", 2)
    assert len(money["arms"]) == 2
    measured = say("experiment", "power", "--audience", "everybody", "--days", 20, "--lift", 0.5)
    assert (measured["customers"], measured["base"]["measured"]) == (MEMBERS, MEMBERS)
    spent = say("experiment", "power", "--audience", "everybody", "--outcome", "spent", "--days", 20, "--lift", 0.5)
    assert spent["base"]["kind"] == "amount"
    wrong = say("experiment", "power", "--rate", 0.05, "--mean", 3, "--lift", 0.1, status=1)
    assert "--audience NAME" in wrong["allowed"]
    assert say("experiment", "power", "--audience", "everybody", "--outcome", "x", "--lift", 1, status=1)["allowed"]
