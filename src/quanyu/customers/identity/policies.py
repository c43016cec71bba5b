"""The policies that a workspace has applied; the last one holds, and before the first one that for retail does."""

import sqlalchemy as sa

from quanyu.customers.identity.policy import Policy, default_policy, read_policy
from quanyu.customers.identity.tables import identity_policy
from quanyu.foundation.workspace import Workspace


def policy_of(workspace: Workspace, connection: sa.Connection) -> Policy:
    """Return the policy that holds."""
    query = (
        sa.select(identity_policy.c.body)
        .where(identity_policy.c.workspace == workspace.number)
        .order_by(identity_policy.c.number.desc())
        .limit(1)
    )
    body = connection.execute(query).scalar_one_or_none()
    return default_policy() if body is None else read_policy(body)


def apply_policy(workspace: Workspace, policy: Policy, author: str) -> None:
    """Let this policy hold from now on; the next recognition looks at every record anew."""
    with workspace.begin() as connection:
        connection.execute(
            sa.insert(identity_policy).values(
                workspace=workspace.number, body=policy.text, author=author, applied_at=workspace.clock.now()
            )
        )
