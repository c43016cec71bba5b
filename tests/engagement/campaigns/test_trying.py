"""Testers get what every arm says, once for each version, and the messages count nowhere."""

import pytest
from tests.engagement.campaigns.conftest import AUTHOR, CAMPAIGN
from tests.engagement.campaigns.test_releasing import CONTENT_2
from tests.engagement.conftest import MEMBERS, customers_of, member
from tests.engagement.journeys.conftest import batches

from quanyu.engagement.campaigns.applying import apply
from quanyu.engagement.campaigns.trying import try_out
from quanyu.engagement.content.definitions import apply as apply_content
from quanyu.engagement.journeys import policy
from quanyu.foundation.errors import Conflict

STAFF = [i for i in range(MEMBERS) if i % 2 == 0 and i % 3 == 2]


def test_every_saying_goes_to_every_tester_once(applied):
    with pytest.raises(Conflict) as raised:
        try_out(applied, "spring", AUTHOR)
    assert "testers: NAME" in str(raised.value.remedy)
    policy.apply(applied, "testers: staff\n")
    reached = [i for i in STAFF if member(i)[5] or member(i)[6]]
    done = try_out(applied, "spring", AUTHOR)
    assert (done.testers, done.messages, done.before) == (len(STAFF), 2 * len(reached), 0)
    again = try_out(applied, "spring", AUTHOR)
    assert (again.messages, again.before) == (0, 2 * len(reached))
    apply_content(applied, CONTENT_2)
    assert try_out(applied, "spring", AUTHOR).messages == len(reached)
    apply(applied, CAMPAIGN.replace("lift: 0.2", "lift: 0.3"), AUTHOR)
    assert try_out(applied, "spring", AUTHOR).messages == 2 * len(reached)
    everybody = set(customers_of(applied, reached))
    assert {customer for _, members in batches(applied) for customer in members} == everybody
