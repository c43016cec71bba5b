"""Hashes that are the same on every engine and in every version: MD5 for content, keyed SHA-256 for identifiers."""

from functools import reduce

import ibis

from quanyu.foundation.lake.model import Value

SEPARATOR = "\x1f"  # unit separator: no input holds it, since reading replaces control characters


def content_hash(*columns: Value) -> Value:
    """Return 60 bits that change when any of the columns changes; NULL and the empty string differ."""
    return (ibis.literal("0x") + content_key(*columns).left(15)).cast("int64")


def content_key(*columns: Value) -> Value:
    """Return 128 bits, in hexadecimal, that serve as the key of a row that has none of its own."""
    separator: Value = ibis.literal(SEPARATOR)
    return separator.join([column.cast("string").fill_null("\x00") for column in columns]).hexdigest("md5")


def keyed_hash(secret: str, *columns: Value) -> Value:
    """Return 128 bits of SHA-256 over the secret and the columns, written as a UUID.

    Truncation keeps the secret prefix from being extended, so it serves as a MAC. NULL where one of the columns is.
    """
    joined = reduce(_join, columns, ibis.literal(secret))
    return joined.hexdigest("sha256").left(32).cast("uuid").cast("string")


def _join(left: Value, right: Value) -> Value:
    return left + SEPARATOR + right
