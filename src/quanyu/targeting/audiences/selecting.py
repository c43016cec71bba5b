"""Runs rules over the tags of one run and returns sets of living customers, many rules in one scan."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.index import Index
from quanyu.foundation.sets.programs import Expression, Joined
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.compiling import compile_rule
from quanyu.targeting.fields.members import members_of
from quanyu.targeting.fields.model import Rule
from quanyu.targeting.tags.indexing import TAGGED, index_of
from quanyu.targeting.tags.runs import Current

Ordinals = npt.NDArray[np.int64]

AT_ONCE = 64
"""Rules evaluated in one scan; each costs one bit per customer in memory."""


def select(ws: Workspace, now: Current, rules: Sequence[Rule]) -> list[OrdinalSet]:
    """Return for each rule the living customers whom it selects: by the index of the tags, else by the engine."""
    index = index_of(ws, now)
    if index is not None:
        return index.select(_expressions(index, now, rules), now.people.alive)
    found: list[OrdinalSet] = []
    for first in range(0, len(rules), AT_ONCE):
        found += _select(ws, now, rules[first : first + AT_ONCE])
    return [members & now.people.alive for members in found]


def sizes(ws: Workspace, now: Current, rules: Sequence[Rule]) -> list[int]:
    """Return for each rule how many living customers it selects."""
    index = index_of(ws, now)
    if index is not None:
        return index.count(_expressions(index, now, rules), now.people.alive)
    return [members.count() for members in select(ws, now, rules)]


def _expressions(index: Index, now: Current, rules: Sequence[Rule]) -> list[Expression]:
    tagged = index.known(TAGGED)
    chosen = [members_of(rule, index, now.pack.askables, now.run.day) for rule in rules]
    return [Joined("all", (tagged, each)) for each in chosen]


def _select(ws: Workspace, now: Current, rules: Sequence[Rule]) -> list[OrdinalSet]:
    askables, day = now.pack.askables, now.run.day
    chosen = [compile_rule(rule, now.rows, askables, day).fill_null(False) for rule in rules]  # type: ignore[arg-type]
    if len(chosen) == 1:
        answers = ws.lake.to_arrow(now.rows.filter(chosen[0]).select("customer"))
        return [OrdinalSet.of(_ordinals(answers))]
    columns = {f"rule_{i}": rule for i, rule in enumerate(chosen)}
    answers = ws.lake.to_arrow(now.rows.select(now.rows["customer"], **columns))
    ordinals = _ordinals(answers)
    return [_where(ordinals, answers[name]) for name in columns]


def _where(ordinals: Ordinals, answer: pa.ChunkedArray) -> OrdinalSet:
    mask = np.zeros(int(ordinals.max(initial=-1)) + 1, np.bool_)
    mask[ordinals] = answer.to_numpy()
    return OrdinalSet.from_mask(mask)


def _ordinals(answers: pa.Table) -> Ordinals:
    return answers["customer"].to_numpy()
