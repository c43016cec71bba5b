"""When a record had an identifier last, by what its source says: of types whose links stay valid for a time only."""

from datetime import timedelta

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.identifiers import type_of
from quanyu.customers.identity.policies import policy_of
from quanyu.customers.identity.policy import Policy
from quanyu.customers.identity.roll import halves_of
from quanyu.foundation.database.copying import quoted, read_columns
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace

SEEN = "seen"
AHEAD = timedelta(days=1)
"""Clocks of sources may be so much ahead; what they saw later than that they have not seen."""


def with_days(delivery: Delivery, given: ir.Table) -> ir.Table:
    """Put `seen`, the day of `observed_at`, beside identifiers that the policy dates; drop `observed_at`.

    Where the policy dates none of any type, there is no such column.
    """
    policy = policy_of(delivery.workspace, delivery.connection)
    if not _any_dated(policy):
        return given.drop("observed_at")
    now, told = delivery.workspace.clock.now(), given
    observed: Value = told.observed_at
    dated = is_dated(policy, type_of(told["type"])) & (observed <= ibis.literal(now + AHEAD))
    day: Value = observed.cast("timestamp('UTC')").date()
    return told.mutate(seen=ibis.ifelse(dated, day, ibis.null("date"))).drop("observed_at")


def is_dated(policy: Policy, type_: Value) -> Value:
    """Say of a type whether the policy dates its values."""
    other = bool(policy.otherwise.valid_for)
    named: Value = type_.isin([name for name in policy.ruled if policy.is_dated(name) != other])
    return ~named if other else named


def _any_dated(policy: Policy) -> bool:
    return bool(policy.otherwise.valid_for) or any(rule.valid_for for rule in policy.ruled.values())


def read_days(workspace: Workspace, connection: sa.Connection, policy: Policy | None) -> pa.Table:
    """Return the last days of identifiers of the types that the policy dates, of all without one.

    Columns record, high and low (the halves of the hash), and seen (days since 1970).
    """
    condition = "false" if policy is not None and not _any_dated(policy) else _condition(policy)
    query = _DAYS.format(workspace=workspace.number, condition=condition)
    rows = read_columns(connection, query, {"record": "bigint", "value_hash": "uuid", "seen": "bigint"})
    high, low = halves_of(rows["value_hash"])
    return pa.table({"record": rows["record"], "high": high, "low": low, "seen": rows["seen"]})


def _condition(policy: Policy | None) -> str:
    if policy is None or policy.otherwise.valid_for:
        return "true"
    return f"i.type in ({', '.join(quoted(name) for name in policy.ruled if policy.is_dated(name))})"


DAY = "(i.seen - date '1970-01-01')::bigint"
_DAYS = f"""select i.record, i.value_hash, {DAY} as seen from identifier i
            where i.workspace = {{workspace}} and i.seen is not null and {{condition}}"""
