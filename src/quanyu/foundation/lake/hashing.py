"""Hashes that are the same on every engine and in every version: MD5 for content, keyed SHA-256 for identifiers."""

from functools import reduce

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

SEPARATOR = "\x1f"  # unit separator: no input holds it, since reading replaces control characters


@ibis.udf.scalar.builtin
def md5_number_lower(text: str) -> dt.uint64:  # type: ignore[empty-body]
    """Low 64 bits of an MD5 digest."""


def content_hash(*columns: ir.Value) -> ir.IntegerValue:
    """Return 63 bits that change when any of the columns changes; NULL and the empty string differ."""
    texts = [column.cast("string").fill_null("\x00") for column in columns]
    joined = reduce(lambda left, right: left + SEPARATOR + right, texts)
    return (md5_number_lower(joined) >> 1).cast("int64")  # type: ignore[return-value]


def keyed_hash(secret: str, *columns: ir.StringValue) -> ir.StringValue:
    """Return 128 bits of SHA-256 over the secret and the columns, written as a UUID.

    Truncation keeps the secret prefix from being extended, so it serves as a MAC.
    """
    joined = reduce(lambda left, right: left + SEPARATOR + right, columns, ibis.literal(secret))
    return joined.hexdigest("sha256").left(32).cast("uuid").cast("string")  # type: ignore[return-value]
