"""Writes down what recognition leaves open, in place of what it left open before."""

import numpy as np
import sqlalchemy as sa

from quanyu.customers.identity.questions import DIFFER, Questions
from quanyu.customers.identity.reading import Waiting
from quanyu.customers.identity.resolving import REASONS
from quanyu.foundation import failpoints
from quanyu.foundation.database.copying import Bigints, Uuids, run
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("asking.asked",)


def keep_questions(workspace: Workspace, connection: sa.Connection, waiting: Waiting, asked: Questions) -> None:
    """Write what is left open of the records looked at in place of what was.

    A question stays the same, with its age and its answer, while the same records have the value.
    """
    links, nearby = waiting.links, waiting.nearby
    hashes = np.stack([waiting.high[asked.link], waiting.low[asked.link]], axis=1).astype(">i8").tobytes()
    given = {
        "workspace": workspace.number,
        "now": workspace.clock.now(),
        "types": [type_ for type_, _ in links.kinds],
        "scopes": [scope for _, scope in links.kinds],
        "reasons": list(REASONS),
        "differences": _DIFFERENCES,
        "kind": Bigints(links.kind[links.key[asked.link]]),
        "value_hash": Uuids(hashes),
        "reason": Bigints(asked.reason),
        "differ": Bigints(asked.differ),
        "records": Bigints(asked.records),
        "customers": Bigints(asked.customers),
        "fingerprint": Bigints(asked.fingerprint),
    }
    if nearby is None:
        run(connection, _ASK.format(among="true"), given)
    elif len(nearby.values):
        values = Uuids((nearby.values.buffers()[1] or b"")[: 16 * len(nearby.values)])
        run(connection, _ASK.format(among=_AMONG), {**given, "values": values})
    failpoints.reach("asking.asked")


_DIFFERENCES = [
    "+".join(word for bit, word in enumerate(DIFFER) if bits >> bit & 1) for bits in range(1 << len(DIFFER))
]
_AMONG = "q.value_hash = any(%(values)s)"
# Whose records have a value is the same where the same records have it: of what has not changed nothing is looked up.
_ASK = """
with asked as materialized (
  select (%(types)s::text[])[kind + 1] as type, (%(scopes)s::text[])[kind + 1] as scope, value_hash,
         (%(reasons)s::text[])[reason + 1] as reason, (%(differences)s::text[])[differ + 1] as differ,
         records, customers, fingerprint
  from unnest(%(kind)s, %(value_hash)s, %(reason)s, %(differ)s, %(records)s, %(customers)s, %(fingerprint)s)
       a (kind, value_hash, reason, differ, records, customers, fingerprint)
),
answered as (
  delete from identity_question q
  where q.workspace = %(workspace)s and {among}
        and not exists (select 1 from asked a where a.value_hash = q.value_hash)
)
insert into identity_question as q
  (workspace, type, scope, value_hash, reason, differ, sources, records, customers, fingerprint, asked_at)
select %(workspace)s, a.type, a.scope, a.value_hash, a.reason, a.differ, s.sources, a.records, a.customers,
       a.fingerprint, %(now)s
from asked a
left join identity_question same on same.workspace = %(workspace)s and same.value_hash = a.value_hash
cross join lateral (
  select string_agg(distinct r.source, '+' order by r.source) as sources from identifier i
  join record r on r.workspace = %(workspace)s and r.record = i.record and not r.follows
  where i.workspace = %(workspace)s and i.type = a.type and i.scope = a.scope and i.value_hash = a.value_hash) s
where (same.reason, same.differ, same.records, same.customers, same.fingerprint)
      is distinct from (a.reason, a.differ, a.records, a.customers, a.fingerprint)
order by a.value_hash
on conflict (workspace, value_hash) do update set
  reason = excluded.reason, differ = excluded.differ, sources = excluded.sources, records = excluded.records,
  customers = excluded.customers, fingerprint = excluded.fingerprint,
  asked_at = case when q.fingerprint = excluded.fingerprint then q.asked_at else excluded.asked_at end,
  settled = case when q.fingerprint = excluded.fingerprint then q.settled end"""
