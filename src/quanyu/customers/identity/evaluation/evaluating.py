"""Grades the present mapping of records to customers against a truth."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import _

from quanyu.customers.identity.evaluation.counting import (
    Integers,
    bands_of,
    codes_of,
    components,
    pairs_within,
    score,
)
from quanyu.customers.identity.evaluation.grading import Graded, grade, numbered
from quanyu.customers.identity.evaluation.merges import false_merges
from quanyu.customers.identity.evaluation.model import Errors, Evaluation, Joinable
from quanyu.customers.identity.evaluation.present import NOBODY, Present, read_present
from quanyu.customers.identity.evaluation.splits import false_splits
from quanyu.customers.identity.evaluation.sureness import sureness
from quanyu.customers.identity.evaluation.truth import Truth, key_value, open_truth
from quanyu.customers.identity.identifiers import DEVICE_TYPE, PHONE, PROPOSED
from quanyu.customers.identity.policies import policy_of
from quanyu.foundation.errors import Conflict
from quanyu.foundation.lake.model import Value
from quanyu.foundation.lake.store import Lake
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace


def evaluate(workspace: Workspace, truth: Path, worst: int = 20) -> Evaluation:
    """Grade who is whose record; half of the `worst` errors are merges. Nothing is changed.

    Raises NotFound and Invalid for the truth, and Conflict where it names no record of the home.
    """
    told = open_truth(workspace.lake, truth)
    with workspace.heavy(), numbered(workspace, told.people) as rows:
        present = read_present(workspace)
        graded = grade(workspace, present, rows)
        if not len(graded.record):
            raise Conflict(
                Text("The truth names no record of this home.", "真相中没有本数据目录的记录。"),
                remedy=Text(
                    "Its columns source and record are the source of the mapping and the key in the file.",
                    "其 source、record 列应为映射中的来源与文件中的主键。",
                ),
                received=truth.name,
                allowed=present.sources,
            )
        links = ibis.memtable(present.identifiers)
        with workspace.lake.held(links) as given, _labelled(workspace.lake, present, graded, given) as labels:
            errors = _errors(workspace.lake, present, graded, given, labels, worst)
            reached = _reached(workspace, present, graded, given, labels)
        return Evaluation(
            graded=len(graded.record),
            alone=graded.alone,
            ungraded=graded.ungraded,
            scores=score(graded.person, graded.customer),
            floor=score(graded.person, _by_phone(present, graded)),
            bands=bands_of(graded.person, graded.customer),
            sureness=sureness(workspace, graded),
            errors=errors,
            joinable=_joinable(workspace.lake, told, rows, graded, reached),
        )


def _by_phone(present: Present, graded: Graded) -> Integers:
    """Return what joining equal phones, and nothing else, would make of the graded records."""
    kind, value, record = (present.identifiers[name].to_numpy() for name in ("kind", "value", "record"))
    phones = np.isin(kind, [place for place, each in enumerate(present.kinds) if each.type == PHONE])
    return codes_of(components(len(present.source), record[phones], value[phones])[graded.record])


def _errors(lake: Lake, present: Present, graded: Graded, links: ir.Table, labels: ir.Table, worst: int) -> Errors:
    merges, worst_merges = false_merges(lake, present, graded, links, labels, worst - worst // 2)
    splits, worst_splits = false_splits(lake, present, graded, links, labels, worst // 2)
    return Errors(merges, splits, worst_merges, worst_splits)


def _reached(workspace: Workspace, present: Present, graded: Graded, links: ir.Table, labels: ir.Table) -> Integers:
    """Return of the graded records what their identifiers would join that prove something, each within its person."""
    with workspace.begin() as connection:
        policy = policy_of(workspace, connection)
    proving = [
        place
        for place, kind in enumerate(present.kinds)
        if kind.type not in PROPOSED and policy.rule(kind.type).strength == "proves"
    ]
    each: Value = links
    told = each.filter(each["kind"].isin(proving)).inner_join(labels.select("record", "person"), "record")
    rows = workspace.lake.to_arrow(told.select("record", own=key_value(told, "person", "value")))
    return components(len(present.source), rows["record"].to_numpy(), rows["own"].to_numpy())[graded.record]


@contextmanager
def _labelled(lake: Lake, present: Present, graded: Graded, links: ir.Table) -> Generator[ir.Table]:
    """Show record, person and customer (numbers of `graded`) of graded records and of those that must be a person's.

    Events mention ids that no truth names; where all that shares an identifier with one is one person's, it is his.
    """
    persons = pa.table({"record": graded.record, "person": graded.person})
    devices = [place for place, kind in enumerate(present.kinds) if kind.type == DEVICE_TYPE]
    for some in (links.filter(_["kind"].notin(devices)), links):  # a device is lent more easily than an account
        persons = pa.concat_tables([persons, lake.to_arrow(_inferred(ibis.memtable(persons), some, graded))])
    code = np.full(int(present.customer.max()) + 2, NOBODY)  # by customer; the last place is nobody's
    code[present.customer[graded.record]] = graded.customer
    code[NOBODY] = NOBODY
    inferred = persons["record"].to_numpy()[len(graded.record) :]
    customer = np.concatenate([graded.customer, code[present.customer[inferred]]])
    labels = ibis.memtable(persons.append_column("customer", pa.array(customer)))
    with lake.held(labels.filter(_.customer != NOBODY)) as held:
        yield held


def _inferred(persons: ir.Table, links: ir.Table, graded: Graded) -> ir.Table:
    barred = ibis.memtable(pa.table({"record": graded.barred}))
    unknown = links.anti_join(persons, "record").anti_join(barred, "record")
    sole = (
        links.semi_join(unknown, "value")
        .inner_join(persons, "record")
        .group_by("value")
        .agg(person=_.person.min(), last=_.person.max())
        .filter(_.person == _.last)
    )
    found = unknown.inner_join(sole, "value").group_by("record").agg(least=_.person.min(), most=_.person.max())
    return found.filter(_.least == _.most).select("record", person="least")


def _joinable(lake: Lake, truth: Truth, told: ir.Table, graded: Graded, reached: Integers) -> Joinable | None:
    """Follow the correct identifiers: within a person for what can be joined, past him for the ceiling."""
    if truth.keys is None:
        return None
    keyed = truth.keys.inner_join(told.filter(told.persons == 1), ["source", "record"])
    edges = lake.to_arrow(
        keyed.select("told", own=key_value(keyed, "person", "type", "key"), key=key_value(keyed, "type", "key"))
    )
    size, record = lake.count(told), edges["told"].to_numpy()
    within = components(size, record, edges["own"].to_numpy())[graded.told]
    ceiling = components(size, record, edges["key"].to_numpy())[graded.told]
    return Joinable(
        pairs=pairs_within(within),
        found=pairs_within(codes_of(within), graded.customer),
        reachable=pairs_within(codes_of(within), codes_of(reached)),
        ceiling=score(graded.person, codes_of(ceiling)),
    )
