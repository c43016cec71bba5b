"""Matches a workspace's own records: proposes pairs that are likely one person though no key proves it.

Names, phones and the rest are opened for the comparison only; what is kept of a pair is that it is proposed.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _
from numpy.typing import NDArray

from quanyu.customers.identity.identifiers import EMAIL, MATCH, PHONE, POSSIBLE, PROPOSED
from quanyu.customers.identity.people import People, people_in
from quanyu.customers.identity.policies import policy_of
from quanyu.customers.identity.policy import Policy
from quanyu.customers.identity.private import open_both
from quanyu.customers.identity.proposals import Proposed, propose
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import (
    GIVEN_IDENTIFIERS,
    RECORDS,
    RECORDS_PRIVATE,
)
from quanyu.customers.matching.blocks import NothingToCompare
from quanyu.customers.matching.config import read_config
from quanyu.customers.matching.files import ID, ORIGIN, RECORD
from quanyu.customers.matching.matching import Say, weighed
from quanyu.customers.matching.model import Config, Matched
from quanyu.customers.matching.namesakes import pairs_by_name
from quanyu.customers.matching.pairs import likely_pairs
from quanyu.customers.matching.parcels import NONE, READ, pairs_by_parcels
from quanyu.customers.matching.persons import persons_by_keys
from quanyu.customers.matching.slips import pairs_by_slips
from quanyu.foundation.errors import Conflict, Fault, Invalid
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

SURE = 0.95
"""The probability from which on a pair is likely one person, and not only possibly."""
Ordinals = NDArray[np.int64]
PLAIN, PRIVATE = ("gender", "city", "store"), ("name", "birth_date", "address", PHONE, EMAIL)
FIELDS = (*PLAIN, *PRIVATE)
_READ = (*READ, RECORDS_PRIVATE)
_AT_ONCE = 1_000_000  # records whose private values are open at one time beside what is compared


@dataclass(frozen=True)
class Found:
    """What was learned, and what is proposed."""

    records: int
    matched: Matched
    proposed: Proposed


@cache
def own_config() -> Config:
    return read_config(files("quanyu.customers.matching").joinpath("own.yaml").read_text("utf-8"))


def propose_own(workspace: Workspace, config: Config, sure: float, say: Say) -> Found:
    """Compare records that tell whole names, and propose the likely pairs of different customers.

    Everybody is recognised first. What was proposed before is proposed again if it is still likely, whoever it joined.
    Raises Invalid for fields that records do not have, and Conflict where there is nothing to compare.
    """
    _refuse_fields(config)
    recognise(workspace)
    with workspace.begin() as connection:
        people, policy = people_in(workspace, connection), policy_of(workspace, connection)
        vector = workspace.lake.vector_in(connection, _READ)
        with workspace.heavy(), workspace.lake.held(persons_by_keys(workspace, connection, vector, policy)) as owned:
            by_parcels = pairs_by_parcels(workspace, connection, vector, policy, owned)
            by_slips = ibis.memtable(pairs_by_slips(workspace, vector, owned, people.records))
            hinted = ibis.union(
                ibis.memtable(by_parcels.received), by_slips, pairs_by_name(workspace.lake, vector, owned)
            )
            sharers = ibis.memtable(by_parcels.sharers)
            needed = not (workspace.lake.count(hinted) or workspace.lake.count(sharers))
            count, matched, likely = _compared(workspace, vector, people, config, say, needed=needed)
            apart = _without_common_keys(workspace, vector, ibis.union(likely, hinted), policy)
            pairs = _of_customers(workspace, ibis.union(apart, sharers), owned, sure)
    return Found(count, matched, propose(workspace, pairs))


def _compared(
    workspace: Workspace, vector: Vector, people: People, config: Config, say: Say, *, needed: bool
) -> tuple[int, Matched, ir.Table]:
    """Return how many records tell whole names, what was learned of them, and the likely pairs.

    Where there is nothing to compare, that is refused, or, unless it is `needed`, none are likely.
    """
    engine = workspace.lake.engine
    with _opened(workspace, vector, people, config) as rows:
        count = workspace.lake.count(rows)
        if count < 2 and needed:
            raise Conflict(
                Text("There are no two records with whole names.", "没有两条含完整姓名的记录。"),
                remedy=Text("Import records with names first.", "请先导入含姓名的记录。"),
            )
        try:
            if count >= 2:
                with weighed(engine, rows, 1, config, "dedupe", say) as found:
                    return count, found.matched, _opened_pairs(engine, config)
        except NothingToCompare:
            if needed:
                raise
        return count, Matched((), "dedupe", (), 0, 0.0, 0, ()), ibis.memtable(NONE)


def _refuse_fields(config: Config) -> None:
    unknown = [field for field in config.fields if not set(field.columns) & set(FIELDS)]
    if unknown:
        told = Text("Records have no such field.", "记录中没有该字段。")
        raise Invalid(
            Text("The configuration names fields that records do not have.", "配置中的字段在记录中不存在。"),
            allowed=FIELDS,
            faults=[Fault(f"fields.{field.name}", told, ", ".join(field.columns), FIELDS) for field in unknown],
        )


@contextmanager
def _opened(workspace: Workspace, vector: Vector, people: People, config: Config) -> Generator[ir.Table]:
    """Show what records with whole names say, in clear, as texts, as `files.Given` has it."""
    lake = workspace.lake
    if RECORDS.name not in vector:
        told = lake.to_arrow(ibis.memtable(RECORDS.schema.empty_table()).select("record", *PLAIN))
    else:
        named = lake.table(RECORDS, vector).filter(_.name_key.notnull())
        told = lake.to_arrow(named.select("record", *PLAIN).order_by("record"))
    record = told["record"].to_numpy()
    parts = [_private(workspace, vector, record[(record >= start) & (record < start + _AT_ONCE)], start)
             for start in range(0, people.records, _AT_ONCE)]  # fmt: skip
    private = ibis.memtable(pa.concat_tables([_NONE, *parts]))
    beside = ibis.memtable(told).left_join(private, "record").drop("record_right")
    told_by = {field.name: next(name for name in field.columns if name in FIELDS) for field in config.fields}
    fields = {f"r_{name}": beside[column].cast("string") for name, column in told_by.items()}
    columns = {RECORD: beside.record, ORIGIN: ibis.literal(0, "int64"), ID: beside.record.cast("string")}
    with lake.held(beside.select(**columns, **fields)) as rows:
        yield rows


_NONE = pa.schema([("record", pa.int64()), *((name, pa.string()) for name in PRIVATE)]).empty_table()


def _private(workspace: Workspace, vector: Vector, record: Ordinals, start: int) -> pa.Table:
    """Return one row for each of these records: of several phones or addresses the first in their order."""
    if not len(record):
        return _NONE
    opened: Value = ibis.memtable(open_both(workspace, vector, range(start, start + _AT_ONCE)))
    mine = opened.semi_join(ibis.memtable(pa.table({"record": record})), "record")
    values = {name: mine["value"].min(where=mine["type"] == name) for name in PRIVATE}
    return workspace.lake.to_arrow(mine.group_by("record").agg(**values)).cast(_NONE.schema)


def _of_customers(workspace: Workspace, likely: Value, owned: Value, sure: float) -> pa.Table:
    """Return one pair for any two persons by keys, the likeliest."""
    lake = workspace.lake
    each = likely.group_by("one", "other").agg(probability=likely.probability.max())
    one, other = (owned.select(**{side: owned.record, f"of_{side}": owned.customer}) for side in ("one", "other"))
    told: Value = each.inner_join(one, "one").inner_join(other, "other")
    apart: Value = told.filter(told.of_one != told.of_other)
    both = [ibis.least(apart.of_one, apart.of_other), ibis.greatest(apart.of_one, apart.of_other)]
    order = [ibis.desc(apart.probability), apart.one, apart.other]
    ranked: Value = apart.mutate(place=ibis.row_number().over(group_by=both, order_by=order))
    kept: Value = ranked.filter(ranked.place == 0)
    type_ = ibis.ifelse(kept.probability >= sure, MATCH, POSSIBLE)
    return lake.to_arrow(kept.select("one", "other", type=type_).order_by("one", "other"))


def _opened_pairs(engine: DuckDB, config: Config) -> ir.Table:
    found = likely_pairs(engine.backend().con, config.threshold, config.keep)
    return ibis.memtable(found.select(NONE.column_names).cast(NONE.schema))


def _without_common_keys(workspace: Workspace, vector: Vector, pairs: Value, policy: Policy) -> ir.Table:
    """Leave out pairs that share a value of which the policy says something: it has been judged."""
    if GIVEN_IDENTIFIERS.name not in vector:
        return pairs
    given: Value = workspace.lake.table(GIVEN_IDENTIFIERS, vector)
    silent = [name for name, rule in policy.ruled.items() if not rule.read]
    keys: Value = given.filter(given["type"].notin([*PROPOSED, *silent])).select("record", "high", "low")
    mine = pairs.inner_join(keys.rename(one="record"), "one").select("one", "other", "high", "low")
    common = mine.inner_join(keys.rename(other="record"), ["other", "high", "low"])
    return pairs.anti_join(common.select("one", "other").distinct(), ["one", "other"])
