"""Looks at an effect part by part of the customers, as by the values of a tag, without taking chance for a finding.

The more parts, the surer one of them looks striking where nothing is. So one test asks first whether the effect differs
between the parts at all (Cochran's Q), and the p of every part counts in all parts together (Holm).
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute
from scipy.stats import chi2

from quanyu.foundation.errors import Fault
from quanyu.foundation.text import Text
from quanyu.targeting.experiments.columns import Groups, Measured
from quanyu.targeting.experiments.model import Arm, Difference, Effect, Part, Parts

# Arrow makes most of its functions at import, where no type checker sees them.
pc: Any = compute

MOST = 12
"""Values that are looked at one by one; more numbers are cut into quarters, more texts put together as `other`."""
FEWEST = 20
"""Customers of each group that a part needs."""
OTHER, UNKNOWN = "other", "unknown"

Compared = Callable[[Groups], Sequence[Effect]]
Correcting = Callable[[Sequence[Effect]], Sequence[Effect]]


def divide(column: pa.ChunkedArray) -> tuple[list[str], np.ndarray] | Fault:
    """Return the names of the parts in order, and the part of each row: a value, a quarter of numbers, or unknown."""
    if pa.types.is_dictionary(column.type):
        return divide(pc.cast(column, column.type.value_type))
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        problem = Text("A column to look at part by part holds text or numbers.", "分组查看的列必须是文字或数字。")
        return Fault("by", problem, str(column.type), ("text", "number"))
    text = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    text = pc.if_else(pc.is_in(pc.utf8_lower(text), value_set=pa.array(["", "na", "null", "nan"])), None, text)
    if len(pc.unique(text.drop_null())) > MOST:
        numbers = _numbers(text)
        text = _common(text) if numbers is None else pa.chunked_array([_quarters(numbers)])
    encoded = pc.dictionary_encode(pc.fill_null(text, UNKNOWN)).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = pa.concat_arrays(encoded.chunks)
    names: list[str] = encoded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=lambda i: _rank(names[i]))
    place = np.argsort(np.array(order, dtype=np.int64)) if order else np.empty(0, np.int64)
    return [names[i] for i in order], place[encoded.indices.to_numpy(zero_copy_only=False)]


def _rank(name: str) -> tuple[bool, bool, float, str]:
    """Return by what parts are put in order: numbers by size, then texts, what is left over last."""
    begins = name.split(" … ", maxsplit=1)[0]
    try:
        return False, False, float(begins), name
    except ValueError:
        return name == UNKNOWN, name == OTHER, np.inf, name


def _numbers(text: pa.ChunkedArray) -> np.ndarray | None:
    try:
        return pc.cast(text, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        return None


def _quarters(numbers: np.ndarray) -> pa.Array:
    known = numbers[~np.isnan(numbers)]
    ends = np.unique(np.quantile(known, [0.25, 0.5, 0.75], method="inverted_cdf"))
    place = np.searchsorted(ends, numbers, side="left")
    names: list[str] = []
    for i in range(ends.size + 1):
        inside = known[np.searchsorted(ends, known, side="left") == i]
        names.append(f"{inside.min():g} … {inside.max():g}" if inside.size else "")
    gaps = np.isnan(numbers)
    named = pa.DictionaryArray.from_arrays(pa.array(np.where(gaps, 0, place), mask=gaps), pa.array(names, pa.string()))
    return pc.cast(named, pa.string())


def _common(text: pa.ChunkedArray) -> pa.ChunkedArray:
    counts = pc.value_counts(text.drop_null())
    most = sorted(zip(counts.field("counts").to_pylist(), counts.field("values").to_pylist(), strict=True))[::-1]
    kept = pa.array([value for _, value in most[: MOST - 1]])
    return pc.if_else(pc.or_(pc.is_in(text, value_set=kept), pc.is_null(text)), text, OTHER)


def look(
    by: str, names: Sequence[str], codes: np.ndarray, groups: Groups, compared: Compared, correcting: Correcting
) -> Parts:
    """Return the effects part by part. Parts with too few customers in a group are named, and not looked at."""
    found: list[tuple[str, int, Sequence[Effect]]] = []
    small: list[str] = []
    for code, name in enumerate(names):
        inside = np.where(codes == code, groups.codes, -1)
        counts = np.bincount(inside[inside >= 0], minlength=len(groups.arms))
        if counts.min() < FEWEST:
            small.append(name)
            continue
        mine = Groups(tuple(Arm(a.name, int(n)) for a, n in zip(groups.arms, counts, strict=True)), inside)
        found.append((name, int(counts.sum()), compared(mine)))
    every = iter(correcting([effect for _, _, effects in found for effect in effects]))
    parts = tuple(Part(name, many, tuple(next(every) for _ in effects)) for name, many, effects in found)
    return Parts(by, parts, tuple(_differences(parts)), tuple(small))


def known(measured: Sequence[Measured], groups: Groups) -> bool:
    """Say whether every group has two customers at least with a value of every outcome."""
    return all(
        np.bincount(groups.codes[(groups.codes >= 0) & ~np.isnan(m.values)], minlength=len(groups.arms)).min() >= 2
        for m in measured
    )


def _differences(parts: Sequence[Part]) -> Iterator[Difference]:
    """Yield for every outcome and arm whether its effect differs between parts (Cochran 1954, Biometrics 10, 101)."""
    effects = sorted((e for part in parts for e in part.effects if e.se > 0), key=lambda e: (e.outcome, e.arm))
    bare: list[tuple[str, str, float | None]] = []
    for (outcome, arm), group in groupby(effects, key=lambda e: (e.outcome, e.arm)):
        mine = list(group)
        weight = np.array([e.se**-2 for e in mine])
        value = np.array([e.absolute for e in mine])
        q = float((weight * np.square(value - np.average(value, weights=weight))).sum())
        bare.append((outcome, arm, float(chi2.sf(q, len(mine) - 1)) if len(mine) > 1 else None))
    made = sorted((p, i) for i, (_, _, p) in enumerate(bare) if p is not None)
    corrected = np.minimum(1.0, np.maximum.accumulate([p * (len(made) - rank) for rank, (p, _) in enumerate(made)]))
    holm = {i: float(p) for (_, i), p in zip(made, corrected, strict=True)}
    for i, (outcome, arm, p_value) in enumerate(bare):
        yield Difference(outcome, arm, p_value, holm.get(i))
