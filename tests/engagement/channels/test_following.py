"""Who is merged, split or erased while a batch to him is under way gets its message once, or not at all."""

import pyarrow as pa
import pytest
from tests.engagement.channels.test_delivering import customers_of, stands
from tests.engagement.channels.world import PARTNER, Receiver, add_hook, bring, deliver, put, render

from quanyu.app.rooms import ROOMS
from quanyu.customers.identity.deciding import Decision
from quanyu.customers.identity.model import CustomersMerged
from quanyu.customers.identity.parting import unlink
from quanyu.customers.identity.people import read_people
from quanyu.customers.identity.private import open_values
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import RECORDS_PRIVATE
from quanyu.engagement.channels import outbox
from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.channels.following import OF_MERGED, follow_merged
from quanyu.foundation.bus.draining import drain
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace


def merge(club: Workspace, folder, *pairs: tuple[int, int]) -> None:
    """Let customers of one pair be one person: a partner knows the card of one, and the account of the other."""
    values = open_values(club, club.lake.vector([RECORDS_PRIVATE])).to_pylist()
    known = {(value["record"], value["type"]): value["value"] for value in values}  # records and customers are alike
    lines = (f"P{a},{known[a, 'card']},{known[b, 'account']}" for a, b in pairs)
    bring(club, folder, PARTNER, "partner.csv", "id,card,account", *lines)


def deliver_part(club: Workspace, chunks: int) -> None:
    """Deliver so many chunks, and leave."""

    class Leaving(Delivery):
        left = chunks

        def send_chunk(self, work, account, part, retried):
            done = super().send_chunk(work, account, part, retried)
            self.left -= 1
            if not self.left:
                self.stop.set()
            return done

    with Leaving(club, installed(), render) as delivery:
        delivery.deliver()


def test_persons_who_are_merged_half_way_get_it_once(club: Workspace, receiver: Receiver, tmp_path):
    """Of four pairs both lie before the walk, both behind it, and one each, either way."""
    add_hook(club, receiver.url(), batch=50, requests=1, idempotent=False)
    members = OrdinalSet.of([1, 2, 10, *range(100, 200), 300, 301, 310, 320])
    put(club, members=members)
    deliver_part(club, 1)
    sent = set(customers_of(club, receiver.arrived()))
    assert {1, 2, 10} <= sent
    assert not {300, 301, 310} & sent
    merge(club, tmp_path, (1, 2), (300, 301), (10, 310), (320, 321))
    drain(club, ROOMS)
    alive = read_people(club).alive
    deliver(club)
    who = customers_of(club, receiver.arrived())
    assert len(who) == len(set(who))
    counted = {pair: len(set(pair) & set(who)) for pair in [(300, 301), (10, 310), (320, 321)]}
    assert counted == {(300, 301): 1, (10, 310): 1, (320, 321): 1}
    assert all(stands(club, p.key).state == "done" for p in outbox.progress(club))
    assert 320 in alive or 321 in alive


def test_who_is_parted_again_half_way_gets_it_once_and_the_other_one_not(club: Workspace, receiver: Receiver, tmp_path):
    """The message was meant for whom the two were taken for: whoever keeps his place gets it, and nobody else."""
    merge(club, tmp_path, (300, 301), (110, 111))
    drain(club, ROOMS)
    alive = read_people(club).alive
    add_hook(club, receiver.url(), batch=50, requests=1, idempotent=False)
    put(club, members=alive & OrdinalSet.of([*range(100, 200), 300, 301]))
    deliver_part(club, 1)
    for pair in (300, 110):
        unlink(club, f"partner:P{pair}", None, Decision("li", "two persons"))
    recognise(club)
    drain(club, ROOMS)
    assert (read_people(club).alive - alive).count() >= 2, "each pair is two again"
    deliver(club)
    who = customers_of(club, receiver.arrived())
    assert len(who) == len(set(who)) == 100
    assert [len(set(pair) & set(who)) for pair in [(300, 301), (110, 111)]] == [1, 1]
    assert OrdinalSet.of(who) - alive == OrdinalSet.empty()


def test_a_survivor_whom_the_walk_has_passed_gets_it_by_a_batch_of_his_own(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url(), batch=50, requests=1)
    put(club, members=OrdinalSet.of([*range(100, 200), 400]))
    deliver_part(club, 1)
    fact = CustomersMerged((400,), (5,))
    for _ in range(2):
        follow_merged(club, fact)
    deliver(club)
    assert stands(club, f"spring:1{OF_MERGED}5").accepted == 1
    who = customers_of(club, receiver.arrived())
    assert 400 not in who
    assert who.count(5) == 1


def test_who_got_it_as_one_of_two_does_not_get_it_as_the_other(club: Workspace, receiver: Receiver):
    add_hook(club, receiver.url(), batch=50, requests=1)
    put(club, members=OrdinalSet.of([*range(100, 200), 400]))
    deliver_part(club, 1)
    for _ in range(2):
        follow_merged(club, CustomersMerged((101,), (400,)))
    deliver(club)
    assert 400 not in customers_of(club, receiver.arrived())


@pytest.mark.parametrize(("survivor", "told_himself"), [(5, False), (450, False), (420, True)])
def test_a_survivor_is_told_what_was_brought_for_who_was_merged_away(
    club: Workspace, receiver: Receiver, survivor: int, told_himself: bool
):
    """Whether the walk has passed him, is still to come to him, or he has an order of his own in the batch."""
    told: dict[int, str | None] = {}

    def telling(ws, name, version, channel, customers, given=None):
        told.update(zip(customers.tolist(), given["entry.order"].to_pylist(), strict=True))
        return render(ws, name, version, channel, customers, given)

    add_hook(club, receiver.url(), batch=50, requests=1)
    own = [survivor] if told_himself else []
    given = pa.table({"customer": [150, 400, *own], "entry.order": ["A-150", "A-400", *(f"A-{n}" for n in own)]})
    put(club, members=OrdinalSet.of([*range(100, 200), 400, *own]), given=given)
    deliver_part(club, 1)
    for _ in range(2):
        follow_merged(club, CustomersMerged((400,), (survivor,)))
    with Delivery(club, installed(), telling) as delivery:
        delivery.deliver(30.0)
    assert told[survivor] == ("A-420" if told_himself else "A-400")
    assert 400 not in told
    assert told[150] == "A-150"
    assert told[151] is None
