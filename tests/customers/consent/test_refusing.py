"""A refusal counts from its commit on, for whoever has the address, and until the lake tells of it."""

import pyarrow as pa
from tests.engagement.channels.world import CLUB, bring

from quanyu.customers.consent.refusing import forget_refusals, landed_refusals, refuse, refused_now
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace

AT = "2026-03-01 10:00:00"


def refusals(*told: tuple[str, str, int], at) -> pa.Table:  # type: ignore[no-untyped-def]
    return pa.table(
        {
            "channel": [channel for channel, _, _ in told],
            "event": [event for _, event, _ in told],
            "record": pa.array([record for _, _, record in told], pa.int64()),
            "occurred_at": pa.array([at] * len(told), pa.timestamp("us", "UTC")),
        }
    )


def test_who_has_the_address_has_refused_too(workspace: Workspace, tmp_path, ask):
    """Two members have one address, and two cards: they are two persons, one of whom refuses."""
    lines = [f"C{n},+861380013800{n},{'both' if n < 2 else n}@club.example,A{n},{AT},active" for n in range(3)]
    bring(workspace, tmp_path, CLUB, "members.csv", "card,phone,email,account,at,status", *lines)
    shared = ask("select record from identifier where type = 'email' group by record, value_hash order by record")
    assert len(shared) == 3
    pair = [
        row[0]
        for row in ask(
            """select i.record from identifier i where i.type = 'email' and
               (select count(*) from identifier o where o.value_hash = i.value_hash) = 2 order by i.record"""
        )
    ]
    told = refusals(("email", "unsubscribed", pair[0]), ("email", "opened", pair[0]), at=workspace.clock.now())
    with workspace.begin() as connection:
        assert refuse(workspace, connection, told) == 1
        found = refused_now(workspace, connection, "email")
        owners = {c for _, c in connection.exec_driver_sql("select record, customer from record_customer") if _ in pair}
        assert found == {"unsubscribed": OrdinalSet.of(sorted(owners))}
        assert refused_now(workspace, connection, "sms") == {}
        assert landed_refusals(workspace, connection) == []
        connection.exec_driver_sql("update consent_refusal set landed = true")
        forget_refusals(workspace, connection, landed_refusals(workspace, connection))
        assert refused_now(workspace, connection, "email") == {}
