"""What happens inside a journey when customers are merged, and what is told of one customer afterwards."""

import sqlalchemy as sa
from tests.engagement.conftest import customers_of
from tests.engagement.journeys.conftest import journey, outcomes, standing

from quanyu.customers.identity.model import CustomersMerged
from quanyu.customers.identity.people import read_people
from quanyu.customers.identity.tables import customer, population
from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.following import move_to_survivors
from quanyu.engagement.journeys.states import bring, standings, start
from quanyu.engagement.journeys.ticking import tick
from quanyu.engagement.journeys.tracing import trace, whereabouts
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes

WAIT = "{step: w, wait: {days: 1}}"


def merge(ws, away: int, into: int) -> CustomersMerged:
    """Let a customer have been merged into another one."""
    with ws.begin() as connection:
        alive = read_people(ws).alive - OrdinalSet.of([away])
        connection.execute(sa.update(population).values(alive=to_bytes(alive)))
        connection.execute(sa.update(customer).where(customer.c.customer == away).values(merged_into=into))
    return CustomersMerged((away,), (into,))


def test_a_survivor_goes_on_where_the_other_one_was(stage):
    apply(stage, journey("{call: {}}", WAIT))
    start(stage, "play")
    bring(stage, "play", "1", OrdinalSet.of([1, 2, 3]))
    tick(stage)
    bring(stage, "play", "2", OrdinalSet.of([7]))
    for fact in (merge(stage, 1, 9), merge(stage, 2, 3), merge(stage, 7, 8)):
        for _ in range(2):
            move_to_survivors(stage, fact)
    assert standing(stage) == {"w": {3, 9}}
    tick(stage)
    assert standing(stage) == {"w": {3, 8, 9}}
    bring(stage, "play", "3", OrdinalSet.of([3, 8, 9]))
    tick(stage)
    assert outcomes(stage)["start", "inside"] == {3, 8, 9}
    (found,) = standings(stage, "play")
    assert found.at_steps == {"w": 3}


def test_why_a_customer_got_no_message_is_told_in_a_line(stage):
    text = journey("{call: {}}", "{step: hello, send: {content: hello, by: [texts, mails]}}", WAIT)
    apply(stage, text)
    start(stage, "play")
    nobody, by_text = customers_of(stage, [0, 1])
    bring(stage, "play", "1", OrdinalSet.of([nobody, by_text]))
    tick(stage)
    told = {each.step: (each.outcome, each.said.en) for each in trace(stage, nobody)}
    assert told["hello"] == ("unreachable", "no channel of this step reaches the customer now")
    assert {each.outcome for each in trace(stage, by_text)} == {"entered", "sent:texts", "waits"}
    (place,) = whereabouts(stage, nobody)
    assert (place.journey, place.step) == ("play", "w")
    assert trace(stage, 44) == []
