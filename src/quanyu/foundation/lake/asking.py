"""Values to ask for, so given to a query that its text is the same whatever they are: texts are made once."""

from collections.abc import Iterable, Sequence

import ibis
import pyarrow as pa

from quanyu.foundation.lake.model import Value

_NOBODY = 1 << 62  # ordinals are dense: none comes to this


def few(ordinals: Sequence[int]) -> list[Value]:
    """Return these ordinals for `isin`, and up to a power of two numbers that are none.

    A list of each length has a text of its own, and so has one of each type: Ibis takes the narrowest.
    """
    whole = 1 << max(len(ordinals) - 1, 0).bit_length()
    others = range(_NOBODY, _NOBODY + whole - len(ordinals)) if ordinals else ()
    return [ibis.literal(number, "int64") for number in (*ordinals, *others)]


def words(texts: Iterable[str]) -> Value:
    """Return a column of these texts for `isin`: they are no part of the query's."""
    asked: Value = ibis.memtable(pa.table({"asked": pa.array(sorted(set(texts)), pa.string())}))
    return asked.asked
