"""Turns values of a column into ranks among its distinct values: thresholds on ranks are exact for any value."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ranks = npt.NDArray[np.uint32]

_MOST_SPREAD = 1 << 24  # of whole numbers: up to here a look-up by value is quicker than sorting


def rank(values: pa.ChunkedArray) -> tuple[pa.Array, Ranks]:
    """Return the distinct values, ascending, and for each value its place among them from 1 on, 0 for NULL.

    Texts are ordered by their bytes, NaN stands behind all numbers and equals itself, as in DuckDB.
    """
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return _rank_texts(values)
    known = values.is_valid().to_numpy(zero_copy_only=False) if values.null_count else None
    numbers = _numbers(values)
    given = numbers if known is None else numbers[known]
    distinct, ranks = _rank_numbers(given)
    if known is not None:
        every = np.zeros(len(values), np.uint32)
        every[known] = ranks
        ranks = every
    return _array(distinct, values.type), ranks


def merge(known: pa.Array, values: pa.ChunkedArray) -> tuple[pa.Array, Ranks, Ranks]:
    """Return the distinct values of both, what each rank among `known` has become, and the ranks of `values`.

    `known` are ascending, as `rank` returns them. Rank 0 stays 0.
    """
    added, ranks = rank(values.cast(known.type))
    if pa.types.is_string(known.type):
        distinct, places = rank(pa.chunked_array([known, added], known.type))
        moved, theirs = places[: len(known)], places[len(known) :]
    else:
        were, news = _plain(known), _plain(added)
        at = np.searchsorted(were, news)
        there = np.append(were, news[:1])[at] == news if news.size else np.zeros(0, np.bool_)
        there[at == were.size] = False
        if news.size and were.size and news.dtype.kind == "f" and np.isnan(news[-1]):
            there[-1] = np.isnan(were[-1])
        before = at[~there]  # where new ones stand
        distinct = _array(np.insert(were, before, news[~there]), known.type)
        further = np.cumsum(np.bincount(before, minlength=were.size + 1))
        moved = (np.arange(1, were.size + 1) + further[: were.size]).astype(np.uint32)
        # Before a value stand the known ones, the new ones among those that are smaller, and itself.
        theirs = (at + np.cumsum(~there) + there).astype(np.uint32)
    nothing = np.zeros(1, np.uint32)
    return distinct, np.concatenate([nothing, moved]), np.concatenate([nothing, theirs])[ranks]


def place(distinct: pa.Array, value: object) -> tuple[int, bool]:
    """Return how many of the distinct values, ascending, are smaller than `value`, and whether it is one of them."""
    if pa.types.is_string(distinct.type):
        low, high = 0, len(distinct)
        wanted = str(value).encode()
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if distinct[middle].as_py().encode() < wanted else (low, middle)
        return low, low < len(distinct) and distinct[low].as_py() == value
    numbers = _plain(distinct)
    asked: Any = _asked(distinct.type, value)
    low = int(np.searchsorted(numbers, asked))
    return low, low < numbers.size and bool(numbers[low] == asked)


def _rank_texts(values: pa.ChunkedArray) -> tuple[pa.Array, Ranks]:
    coded = values.dictionary_encode().combine_chunks()
    coded = coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded
    order: npt.NDArray[np.uint64] = _positions(coded.dictionary)
    place_of = np.zeros(len(order) + 1, np.uint32)
    place_of[1:][order] = np.arange(1, len(order) + 1, dtype=np.uint32)
    codes = coded.indices.cast(pa.int64()).fill_null(-1).to_numpy() + 1
    return coded.dictionary.take(pa.array(order)).cast(pa.string()), place_of[codes]


def _positions(texts: pa.Array) -> npt.NDArray[np.uint64]:
    """Return where each text stands, the first by its bytes first."""
    sort: Any = vars(pc)["sort_indices"]  # made when the module is loaded, and in no stub
    return sort(texts).to_numpy()


def _numbers(values: pa.ChunkedArray) -> npt.NDArray[Any]:
    plain = pc.fill_null(values, pa.scalar(0).cast(_storage(values.type)).cast(values.type))
    return _plain(plain.combine_chunks())


def _plain(values: pa.Array) -> npt.NDArray[Any]:
    array = values.chunk(0) if isinstance(values, pa.ChunkedArray) else values
    storage = _storage(array.type)
    return (array if storage == array.type else array.cast(storage)).to_numpy(zero_copy_only=False)


def _storage(type_: pa.DataType) -> pa.DataType:
    """Return the type of the numbers that stand for values of a type."""
    if pa.types.is_date32(type_):
        return pa.int32()
    if pa.types.is_boolean(type_):
        return pa.int8()
    return type_


def _array(distinct: npt.NDArray[Any], type_: pa.DataType) -> pa.Array:
    return pa.array(distinct, _storage(type_)).cast(type_)


def _asked(type_: pa.DataType, value: object) -> object:
    if pa.types.is_date32(type_):
        return pa.scalar(value, type_).cast(pa.int32()).as_py()
    return int(bool(value)) if pa.types.is_boolean(type_) else value


def _rank_numbers(given: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Ranks]:
    if not given.size:
        return given, np.zeros(0, np.uint32)
    if given.dtype.kind == "i":
        low, spread = int(given.min()), int(given.max()) - int(given.min()) + 1
        if spread <= max(_MOST_SPREAD, 2 * given.size):
            return _look_up(given, low, spread)
    order = np.argsort(given)
    ordered = given[order]
    differs = np.ones(given.size, np.bool_)
    differs[1:] = ordered[1:] != ordered[:-1]
    if given.dtype.kind == "f":
        nothing = np.isnan(ordered)
        differs[1:] &= ~(nothing[1:] & nothing[:-1])
    ranks = np.empty(given.size, np.uint32)
    ranks[order] = np.cumsum(differs, dtype=np.uint32)
    return ordered[differs], ranks


def _look_up(given: npt.NDArray[Any], low: int, spread: int) -> tuple[npt.NDArray[Any], Ranks]:
    offsets = given.astype(np.int64) - low
    there = np.zeros(spread, np.bool_)
    there[offsets] = True
    distinct = np.flatnonzero(there) + low
    return distinct.astype(given.dtype), np.cumsum(there, dtype=np.uint32)[offsets]
