"""The policies that a workspace has applied; the last one holds, and before the first one that for retail does."""

from functools import lru_cache

import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.brands import Brands, written_brands
from quanyu.customers.identity.golden import GoldenPolicy, from_rows, written
from quanyu.customers.identity.policy import Policy, default_policy, golden_of, read_policy
from quanyu.customers.identity.tables import BRANDS, GOLDEN_RULES, identity_policy
from quanyu.foundation import failpoints
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("policy.landed",)


def policy_of(workspace: Workspace, connection: sa.Connection) -> Policy:
    """Return the policy that holds."""
    query = (
        sa.select(identity_policy.c.body)
        .where(identity_policy.c.workspace == workspace.number)
        .order_by(identity_policy.c.number.desc())
        .limit(1)
    )
    body = connection.execute(query).scalar_one_or_none()
    return default_policy() if body is None else _read(body)


@lru_cache(maxsize=16)
def _read(body: str) -> Policy:
    return read_policy(body)


def apply_policy(workspace: Workspace, policy: Policy, author: str) -> None:
    """Let this policy hold from now on.

    The next recognition looks at every record anew where it joins otherwise. By which rules it chooses among values,
    and which sources are whose, is written into the lake, where runs of tags read it and keep what they have read.
    """
    chosen, brands = written(golden_of(policy)), written_brands(policy.brands)
    with workspace.lake.landing("policy", (GOLDEN_RULES, BRANDS)) as landing:
        if chosen != written(golden_now(workspace)):
            landing.replace(GOLDEN_RULES, chosen)
        if brands != _brands_now(workspace):
            landing.replace(BRANDS, brands)
        failpoints.reach("policy.landed")
        with workspace.begin() as connection:
            connection.execute(
                sa.insert(identity_policy).values(
                    workspace=workspace.number, body=policy.text, author=author, applied_at=workspace.clock.now()
                )
            )
            landing.publish(connection)


def _brands_now(workspace: Workspace) -> pa.Table:
    vector = workspace.lake.vector((BRANDS,))
    if BRANDS.name not in vector:
        return written_brands(Brands())
    rows = workspace.lake.table(BRANDS, vector)
    return workspace.lake.to_arrow(rows.order_by("brand", "source")).cast(BRANDS.schema)


def golden_now(workspace: Workspace) -> GoldenPolicy:
    """Return by which rules values are chosen now."""
    vector = workspace.lake.vector((GOLDEN_RULES,))
    if GOLDEN_RULES.name not in vector:
        return golden_of(default_policy())
    rows = workspace.lake.table(GOLDEN_RULES, vector)
    return from_rows(workspace.lake.to_arrow(rows.order_by("attribute")))
