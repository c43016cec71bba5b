"""What likely pairs would make of the customers, where the policy does not let them join: counted, never acted upon."""

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from quanyu.customers.identity.components import join
from quanyu.customers.identity.identifiers import MATCH
from quanyu.foundation.database.copying import read_columns
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Likely:
    """Likely pairs of different customers that nobody has decided, and how many customers fewer if all were right."""

    pairs: int
    fewer: int


def likely(workspace: Workspace, connection: sa.Connection) -> Likely:
    found = read_columns(connection, _PAIRS.format(workspace=workspace.number), {"one": "bigint", "other": "bigint"})
    ends = np.stack([found["one"].to_numpy(), found["other"].to_numpy()], axis=1)
    apart = ends[ends[:, 0] != ends[:, 1]]
    customers, place = np.unique(apart, return_inverse=True)
    pair = np.repeat(np.arange(len(apart)), 2)
    component = join(len(customers), place.ravel(), pair, len(apart))
    return Likely(len(apart), len(customers) - len(np.unique(component)))


_PAIRS = f"""select c.customer as one, d.customer as other from identity_question q
             join identifier a using (workspace, type, scope, value_hash)
             join identifier b using (workspace, type, scope, value_hash)
             join record_customer c on c.workspace = {{workspace}} and c.record = a.record
             join record_customer d on d.workspace = {{workspace}} and d.record = b.record
             where q.workspace = {{workspace}} and q.type = '{MATCH}' and q.settled is null and a.record < b.record"""
