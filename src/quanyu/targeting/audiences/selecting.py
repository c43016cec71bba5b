"""Runs rules over the tags of one run and returns sets of living customers, many rules in one scan."""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.expressions import Expression, Joined
from quanyu.foundation.sets.index import Index
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.answering import answer
from quanyu.targeting.audiences.definitions import inlined
from quanyu.targeting.fields.compiling import compile_rule
from quanyu.targeting.fields.members import members_of
from quanyu.targeting.fields.model import OF_SETS, Group, Negation, Rule, is_of_columns
from quanyu.targeting.tags.indexing import TAGGED, index_of
from quanyu.targeting.tags.runs import Current

Ordinals = npt.NDArray[np.int64]

AT_ONCE = 64
"""Rules evaluated in one scan; each costs one bit per customer in memory."""


def select(ws: Workspace, now: Current, rules: Sequence[Rule]) -> list[OrdinalSet]:
    """Return for each rule the living customers whom it selects.

    What columns answer is asked of the index of the tags, else of the engine, for all rules together; what they do not
    is answered by sets, and joined with that by three-valued logic.
    """
    whole = [inlined(ws, rule, now.pack.askables) for rule in rules]
    if all(is_of_columns(rule) for rule in whole):
        return _of_columns(ws, now, whole)
    needs = list(dict.fromkeys(need for rule in whole for need in _needs(rule, truth=True)))
    columns = [(rule, truth) for rule, truth in needs if is_of_columns(rule)]
    found = _of_columns(ws, now, [rule if truth else Negation(rule) for rule, truth in columns])
    known = dict(zip(columns, found, strict=True))
    for rule in dict.fromkeys(rule for rule, _truth in needs if isinstance(rule, OF_SETS)):
        answered = answer(ws, now, rule)
        known |= {(rule, True): answered.true, (rule, False): answered.false}
    return [_whose(rule, True, known) for rule in whole]


def _needs(rule: Rule, *, truth: bool) -> Iterator[tuple[Rule, bool]]:
    """Yield the largest parts that are answered at once, and whether those are wanted of whom they are true."""
    if is_of_columns(rule) or isinstance(rule, OF_SETS):
        yield rule, truth
    elif isinstance(rule, Negation):
        yield from _needs(rule.rule, truth=not truth)
    elif isinstance(rule, Group):
        for part in rule.rules:
            yield from _needs(part, truth=truth)


def _whose(rule: Rule, truth: bool, known: Mapping[tuple[Rule, bool], OrdinalSet]) -> OrdinalSet:
    if (rule, truth) in known:
        return known[rule, truth]
    if isinstance(rule, Negation):
        return _whose(rule.rule, not truth, known)
    parts = [_whose(part, truth, known) for part in cast("Group", rule).rules]
    return reduce(and_ if (cast("Group", rule).kind == "all") == truth else or_, parts)


def _of_columns(ws: Workspace, now: Current, rules: Sequence[Rule]) -> list[OrdinalSet]:
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
    whole = [inlined(ws, rule, now.pack.askables) for rule in rules]
    if index is not None and all(is_of_columns(rule) for rule in whole):
        return index.count(_expressions(index, now, whole), now.people.alive)
    return [members.count() for members in select(ws, now, whole)]


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
