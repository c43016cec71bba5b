"""Whose each record is by keys alone: what was proposed before is left out, so that it does not speak for itself."""

from dataclasses import replace

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.identifiers import PROPOSED
from quanyu.customers.identity.people import people_in
from quanyu.customers.identity.policy import Policy
from quanyu.customers.identity.proposals import proposed_pairs
from quanyu.customers.identity.reading import read_lake
from quanyu.customers.identity.resolving import NOBODY, resolve
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import Vector
from quanyu.foundation.workspace import Workspace


def persons_by_keys(workspace: Workspace, connection: sa.Connection, vector: Vector, policy: Policy) -> ir.Table:
    """Return record and customer, a number: where nothing is proposed, that of the customer.

    Otherwise everybody is resolved anew, by the policy without what has been proposed.
    """
    if not len(proposed_pairs(workspace, connection)[0]):
        return workspace.lake.table(CUSTOMER_OF_RECORD, vector)
    nothing = {name: replace(policy.rule(name), strength="never") for name in PROPOSED}
    alone = replace(policy, types={**policy.types, **nothing})
    everything = read_lake(workspace, connection, people_in(workspace, connection), alone)
    component = resolve(everything.known, everything.links, alone).component
    owned = component != NOBODY
    return ibis.memtable(pa.table({"record": everything.known.record[owned], "customer": component[owned]}))
