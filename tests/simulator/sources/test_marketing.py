"""The plan of the sends, whose codes stand in the files of all channels."""

import re

import pytest

FILES = ("sms/sent-*.csv", "wecom/mass_sends-*.csv", "push/sent-*.csv", "official_account/messages-*.csv")


def test_codes_are_unique_and_tell_the_month(table):
    campaigns = table("marketing/campaigns.csv")
    planned = [campaign for campaign in campaigns if campaign["send_date"]]
    assert len({campaign["campaign"] for campaign in campaigns}) == len(campaigns) > 50
    for campaign in planned:
        assert re.fullmatch(r"HY\d{4}-\d{3}", campaign["campaign"])
        assert campaign["campaign"][2:6] == campaign["send_date"][2:4] + campaign["send_date"][5:7]
    assert {campaign["channel"] for campaign in planned} == {"sms", "wecom", "push", "official_account"}


@pytest.mark.parametrize("pattern", FILES)
def test_every_message_belongs_to_a_campaign_of_its_channel(table, pattern):
    channel = {campaign["campaign"]: campaign["channel"] for campaign in table("marketing/campaigns.csv")}
    own = {pattern.partition("/")[0], "journey"}
    messages = table(pattern)
    assert messages
    assert {channel[message["campaign"]] for message in messages} <= own
