"""Fills a template in for many people at once.

A template of words and plain `{{ name }}` is put together column by column. Any other is rendered by Liquid, once for
each different set of values that it asks for. Both give the same texts.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute
from liquid.exceptions import LiquidError
from markupsafe import escape

from quanyu.engagement.content.liquid import MISSING, fault_of, fill, names_of

pc: Any = pyarrow.compute  # its functions are made when it is imported, so that nobody knows their types

_PLAIN = re.compile(r"\{\{\s*([a-z_]+(?:\.[a-zA-Z0-9_]+)?)\s*\}\}")
_OPENING = re.compile(r"\{\{|\{%")
_NEW_LINE = re.compile(r"\r\n?")  # Liquid writes each word and value with `\n` in the place of it

Filled = tuple[pa.Array, pa.Array]
"""Texts, NULL where there is none, and what is wrong there: a key of `liquid.FAULTS`."""

Columns = Mapping[str, pa.Array]
"""Values by name (`tags.points`, `unsubscribe`), one for each person; NULL where he has none."""


def filled(source: str, columns: Columns, rows: int, *, markup: bool) -> Filled:
    names = [".".join(path) for path in names_of(source, markup=markup)]
    if not names:
        text, fault = _one(source, {}, markup=markup)
        return pa.repeat(pa.scalar(text, pa.string()), rows), pa.repeat(pa.scalar(fault, pa.string()), rows)
    plain = _pieces(source)
    if plain is not None:
        return _joined(plain, columns, markup=markup)
    return _by_values(source, names, columns, markup=markup)


def _pieces(source: str) -> list[str] | None:
    """Return words and names in turn, words first; None where the template is more than that."""
    pieces = _PLAIN.split(source)
    return None if any(_OPENING.search(words) for words in pieces[::2]) else pieces


def _joined(pieces: Sequence[str], columns: Columns, *, markup: bool) -> Filled:
    parts: list[pa.Array | pa.Scalar] = []
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            parts.append(pa.scalar(_NEW_LINE.sub("\n", piece)))
        else:
            texts = pc.replace_substring_regex(written(columns[piece]), _NEW_LINE.pattern, "\n")
            parts.append(_escaped(texts) if markup else texts)
    texts = pc.binary_join_element_wise(*parts, "")
    return texts, pc.if_else(pc.is_null(texts), MISSING, pa.scalar(None, pa.string()))


def written(values: pa.Array) -> pa.Array:
    """Return values as Liquid writes them."""
    if pa.types.is_string(values.type):
        return values
    if pa.types.is_integer(values.type) or pa.types.is_date(values.type):
        return values.cast(pa.string())
    different = values.dictionary_encode()
    texts = pa.array([_written(value) for value in different.dictionary.to_pylist()], pa.string())
    return texts.take(different.indices)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _escaped(texts: pa.Array) -> pa.Array:
    different = texts.dictionary_encode()
    return pa.array([str(escape(text)) for text in different.dictionary.to_pylist()], pa.string()).take(
        different.indices
    )


def _by_values(source: str, names: Sequence[str], columns: Columns, *, markup: bool) -> Filled:
    rows = pa.table({name: columns[name] for name in names})
    numbered = rows.append_column("_row", pa.array(np.arange(rows.num_rows)))
    groups = numbered.group_by(list(names), use_threads=False).aggregate([("_row", "list")]).combine_chunks()
    different = groups.select(names).to_pylist()
    made = [_one(source, values, markup=markup) for values in different]
    lists = groups["_row_list"].combine_chunks()
    whose = np.empty(rows.num_rows, np.int64)
    whose[pc.list_flatten(lists).to_numpy()] = pc.list_parent_indices(lists).to_numpy()
    texts, faults = (pa.array([one[i] for one in made], pa.string()) for i in range(2))
    return texts.take(pa.array(whose)), faults.take(pa.array(whose))


def _one(source: str, values: Mapping[str, object], *, markup: bool) -> tuple[str | None, str | None]:
    known: dict[str, object] = {}
    for name, value in values.items():
        root, _, below = name.partition(".")
        if value is None:
            known.setdefault(root, {} if below else None)
        elif below:
            cast("dict[str, object]", known.setdefault(root, {}))[below] = value
        else:
            known[root] = value
    known = {root: value for root, value in known.items() if value is not None}
    try:
        return fill(source, known, markup=markup), None
    except LiquidError as error:
        return None, fault_of(error)
