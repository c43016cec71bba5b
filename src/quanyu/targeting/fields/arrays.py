"""Columns of a result as arrays of numbers: texts as codes in their order, days as days since 1970."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.types as pt

from quanyu.foundation.sets.ranking import rank

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]

LARGE = 2.0**61
_FIRST = date(1970, 1, 1)


class Unfit(Exception):
    """A column holds what compiled loops do not add up or compare as the engine does."""


@dataclass(frozen=True)
class Column:
    """Numbers, or codes of `distinct` values from 1 on, in as few bytes as they need.

    `known` says where there is a value, None: everywhere.
    """

    numbers: Numbers
    known: Flags | None
    type: pa.DataType
    distinct: pa.Array | None = None

    def values(self, numbers: Numbers, there: Flags) -> pa.Array:
        """Return the values that numbers or codes stand for, NULL where there is none."""
        if self.distinct is not None:
            return pa.DictionaryArray.from_arrays(array_of(numbers.astype(np.int32) - 1, there), self.distinct)
        plain = array_of(numbers, there)
        if pt.is_date32(self.type):
            return plain.cast(pa.int32()).cast(self.type)
        return plain if plain.type == self.type else plain.cast(self.type)


def column_of(values: pa.ChunkedArray, most: int) -> Column:
    """Return numbers, of which `most` may be added up, or the codes of texts; raises `Unfit`."""
    if pt.is_dictionary(values.type) or pt.is_string(values.type) or pt.is_large_string(values.type):
        return coded(values)
    numbers = numbers_of(values)
    least, largest = float(numbers.min(initial=0)), float(numbers.max(initial=0))
    if not np.isfinite([least, largest]).all():  # NaN comes through both
        raise Unfit
    if numbers.dtype.kind == "i" and most * max(-least, largest) > LARGE:
        raise Unfit
    return Column(_narrow(numbers), flags_of(values.is_valid()) if values.null_count else None, values.type)


def coded(values: pa.ChunkedArray) -> Column:
    """Return for each row the place of its value among those that there are, from 1 on, 0 for NULL."""
    distinct, codes = rank(values) if not pt.is_dictionary(values.type) else _ranked(values.combine_chunks())
    return Column(_narrow(codes), codes > 0 if values.null_count else None, values.type, distinct)


def numbers_of(values: pa.ChunkedArray) -> Numbers:
    """Return numbers, days and truths as whole numbers or fractions of 64 bits, 0 for NULL; raises `Unfit`."""
    type_ = values.type
    if pt.is_boolean(type_):
        return flags_of(values).astype(np.int64)
    if pt.is_date32(type_):
        return _filled(values.cast(pa.int32()), 0).to_numpy().astype(np.int64)
    if not pt.is_floating(type_) and not pt.is_signed_integer(type_):
        raise Unfit
    return _filled(values, 0).to_numpy().astype(np.float64 if pt.is_floating(type_) else np.int64, copy=False)


def flags_of(values: pa.ChunkedArray) -> Flags:
    """Return where truths are true; NULL is not."""
    return _filled(values, False).to_numpy().astype(np.bool_, copy=False)


def array_of(numbers: Numbers, there: Flags) -> pa.Array:
    """Return numbers as they lie, NULL where there is none."""
    bits = pa.py_buffer(np.packbits(there, bitorder="little"))
    return pa.Array.from_buffers(pa.from_numpy_dtype(numbers.dtype), numbers.size, [bits, pa.py_buffer(numbers)])


def day_number(day: date) -> int:
    return (day - _FIRST).days


def _ranked(values: pa.DictionaryArray) -> tuple[pa.Array, Numbers]:
    distinct, places = rank(pa.chunked_array([values.dictionary]))
    at = _filled(values.indices.cast(pa.int32()), len(places)).to_numpy(zero_copy_only=False)
    return distinct, np.append(places, np.uint32(0))[at]


def _filled(values: Any, nothing: object) -> Any:
    return values.fill_null(nothing) if values.null_count else values


def _narrow(numbers: Numbers) -> Numbers:
    """Keep whole numbers in as few bytes as they need: they are picked in another order than they lie in."""
    if numbers.dtype.kind == "f" or not numbers.size:
        return numbers
    least = np.result_type(np.min_scalar_type(numbers.min()), np.min_scalar_type(numbers.max()))
    return numbers.astype(least, copy=False)
