"""Writes down what recognition leaves open, in place of what it left open before."""

import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.questions import DIFFER, Questions
from quanyu.customers.identity.reading import Waiting
from quanyu.customers.identity.resolving import REASONS
from quanyu.customers.identity.roll import digits_of
from quanyu.foundation import failpoints
from quanyu.foundation.database.copying import copy_in
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("asking.asked",)


def keep_questions(workspace: Workspace, connection: sa.Connection, waiting: Waiting, asked: Questions) -> None:
    """Write what is left open of the records looked at in place of what was.

    A question stays the same, with its age and its answer, while the same records have the value.
    """
    links, number = waiting.links, {"workspace": workspace.number, "now": workspace.clock.now()}
    kind = links.kind[links.key[asked.link]]
    types, scopes = (pa.array([names[place] for names in links.kinds], pa.string()) for place in (0, 1))
    rows = pa.table(
        {
            "type": types.take(pa.array(kind)),
            "scope": scopes.take(pa.array(kind)),
            "value_hash": digits_of(waiting.high[asked.link], waiting.low[asked.link]),
            "reason": pa.array(REASONS).take(pa.array(asked.reason)),
            "differ": _DIFFERENCES.take(pa.array(asked.differ)),
            "records": asked.records,
            "customers": asked.customers,
            "fingerprint": asked.fingerprint,
        }
    )
    connection.execute(_OPEN)
    copy_in(connection, "asked", rows)
    connection.execute(sa.text("analyze asked"))
    connection.execute(sa.text(_ANSWERED.format(among="" if waiting.whole else _AMONG)), number)
    connection.execute(_ASK, number)
    failpoints.reach("asking.asked")


_DIFFERENCES = pa.array(
    ["+".join(word for bit, word in enumerate(DIFFER) if bits >> bit & 1) for bits in range(1 << len(DIFFER))]
)


_OPEN = sa.text(
    """create temporary table asked on commit drop as
       select type, scope, value_hash, reason, differ, records, customers, fingerprint
       from identity_question with no data"""
)
_ANSWERED = """delete from identity_question q
               where q.workspace = :workspace {among}
                     and not exists (select 1 from asked a where a.value_hash = q.value_hash)"""
_AMONG = """and exists (select 1 from touched t join identifier i on i.workspace = :workspace and i.record = t.record
                        where i.type = q.type and i.scope = q.scope and i.value_hash = q.value_hash)"""
_ASK = sa.text(
    """insert into identity_question as q
         (workspace, type, scope, value_hash, reason, differ, sources, records, customers, fingerprint, asked_at)
       select :workspace, a.type, a.scope, a.value_hash, a.reason, a.differ, s.sources, a.records, a.customers,
              a.fingerprint, :now
       from asked a
       cross join lateral (
         select string_agg(distinct r.source, '+' order by r.source) as sources from identifier i
         join record r on r.workspace = :workspace and r.record = i.record and not r.follows
         where i.workspace = :workspace and i.type = a.type and i.scope = a.scope and i.value_hash = a.value_hash) s
       order by a.value_hash
       on conflict (workspace, value_hash) do update set
         reason = excluded.reason, differ = excluded.differ, sources = excluded.sources, records = excluded.records,
         customers = excluded.customers, fingerprint = excluded.fingerprint,
         asked_at = case when q.fingerprint = excluded.fingerprint then q.asked_at else excluded.asked_at end,
         settled = case when q.fingerprint = excluded.fingerprint then q.settled end
       where (q.reason, q.differ, q.sources, q.records, q.customers, q.fingerprint)
             is distinct from (excluded.reason, excluded.differ, excluded.sources, excluded.records,
                               excluded.customers, excluded.fingerprint)"""
)
