"""The lights of one customer are those that tags have; a brand sees what its own sources tell, and no more."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from quanyu.customers.consent.lights import TABLES
from quanyu.customers.consent.measures import LIT, marketing_lights
from quanyu.customers.consent.projecting import project
from quanyu.customers.consent.standing import Light, lights_of
from quanyu.customers.identity.policies import apply_policy
from quanyu.customers.identity.policy import default_policy, read_policy
from quanyu.customers.identity.profile import profile
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation.errors import NotFound
from quanyu.foundation.measuring import pinned_scope
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
MEMBERS = """
source: SOURCE
files: "FILES"
time_zone: Asia/Shanghai
currency: CNY
legal_basis: {basis: consent, purposes: [marketing], channels: [CHANNELS]}
kinds:
  - kind: customer_record
    columns: {key: id, level: level, status: status, registered_at: joined}
    identifiers:
      - {type: phone, column: phone}
      - {type: email, column: mail}
"""
BRANDS = "\nbrands:\n  of:\n    tea: [till, site]\n    kids: [toys]\n"


@pytest.fixture(scope="module")
def group(bring_once: Import, shared: Workspace) -> Workspace:
    """Ann is a member of the tea shop by phone and of the toy shop by phone and mail; Ben is the toy shop's alone."""
    head = "id,phone,mail,level,status,joined\n"
    for source, channels, lines in (
        ("till", "sms", "ann,13800138001,,gold,,2026-02-01 12:00\ncid,13800138003,,,closed,2026-02-01 12:00\n"),
        (
            "toys",
            "sms, email",
            "a7,13800138001,ann@x.org,,,2026-01-05 12:00\nben,13800138002,ben@x.org,,,2026-03-01 12:00\n",
        ),
    ):
        mapping = MEMBERS.replace("CHANNELS", channels)
        bring_once((head + lines).encode(), mapping=mapping, source=source, name=f"{source}.csv")
    apply_policy(shared, read_policy(default_policy().text + BRANDS), "tester")
    recognise(shared)
    project(shared)
    return shared


def lit(workspace: Workspace, name: str, brand: str | None = None) -> dict[str, tuple[Any, ...]]:
    found = lights_of(workspace, profile(workspace, name, brand).records)
    assert [each.channel for each in found] == list(LIT)
    return {each.channel: (each.state, each.proof, str(each.since)) for each in found if each.state != "no_relation"}


def test_a_brand_sees_the_lights_of_its_own_records(group: Workspace):
    whole = {"sms": ("reachable", "member", "2026-01-05"), "email": ("reachable", "bound", "2026-01-05")}
    assert lit(group, "till:ann") == lit(group, "toys:a7") == whole
    assert lit(group, "till:ann", "tea") == {"sms": ("reachable", "member", "2026-02-01")}
    assert lit(group, "toys:a7", "kids") == {**whole, "sms": ("reachable", "bound", "2026-01-05")}
    assert lit(group, "till:cid", "tea") == {"sms": ("deleted", "bound", "2026-02-01")}
    with pytest.raises(NotFound):
        lit(group, "toys:a7", "tea")  # a record of the sister's cannot be named
    with pytest.raises(NotFound):
        lit(group, "till:ann", "coffee")
    assert lights_of(group, ()) == ()


def test_they_are_those_that_tags_have(group: Workspace):
    vector = group.lake.vector(TABLES)
    scope = pinned_scope(group.lake, TABLES, vector, datetime.now(UTC).replace(year=2030), group.time_zone)
    rows = {row["customer"]: row for row in group.lake.to_arrow(marketing_lights(scope)).to_pylist()}
    for name in ("till:ann", "toys:ben", "till:cid"):
        found = profile(group, name)
        row = rows[found.customer]
        told = [Light(each, row[each], row[f"{each}_proof"], row[f"{each}_since"]) for each in LIT]
        assert list(lights_of(group, found.records)) == told
