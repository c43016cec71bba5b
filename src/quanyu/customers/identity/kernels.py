"""Compiled loops over records and what they share, kept beside the code."""

import numpy as np
from numba import njit

_SPREAD, _STIR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_HALF, _LESS, _ONE = np.uint64(32), np.uint64(29), np.uint64(1)
_ROWS_OF_PART = 32_768  # of which the words and the table fit the cache of a core


@njit(cache=True, nogil=True)
def united(records, keys, record, key):  # type: ignore[no-untyped-def]
    """Return components of records numbered by their first records.

    The first record that has a key stands for it. Every parent is below its child, so that one pass numbers all.
    """
    parent = np.arange(records).astype(np.int32)
    stands = np.full(keys, -1, np.int32)
    for i in range(len(record)):
        a, other = np.int64(record[i]), np.int64(stands[key[i]])
        if other < 0:
            stands[key[i]] = a
            continue
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = np.int64(parent[a])
        while parent[other] != other:
            parent[other] = parent[parent[other]]
            other = np.int64(parent[other])
        if a < other:
            parent[other] = a
        elif other < a:
            parent[a] = other
    number, label = 0, np.empty(records, np.int64)
    for i in range(records):
        if parent[i] == i:
            label[i] = number
            number += 1
        else:
            label[i] = label[parent[i]]
    return label


@njit(cache=True, nogil=True)
def numbered(left, right):  # type: ignore[no-untyped-def]
    """Number equal pairs of words equally, from 0.

    Pairs are dealt out to parts by a hash, and found again in a table of the part. Of two equal hashes with the same
    right word the left ones are equal, too.
    """
    rows = len(left)
    parts, bits = 1, 0
    while parts * _ROWS_OF_PART < rows:
        parts, bits = 2 * parts, bits + 1
    past = np.uint64(63 - bits)
    begin = np.zeros(parts + 1, np.int64)
    for i in range(rows):
        begin[np.int64((_hash(left[i], right[i]) >> _ONE) >> past) + 1] += 1
    largest = begin.max()
    begin = np.cumsum(begin)
    next_, place = begin[:-1].copy(), np.empty(rows, np.int32)
    hashes, rights = np.empty(rows, np.uint64), np.empty(rows, np.uint64)
    for i in range(rows):
        hash_ = _hash(left[i], right[i])
        part = np.int64((hash_ >> _ONE) >> past)
        at = next_[part]
        next_[part] = at + 1
        hashes[at], rights[at], place[at] = hash_, right[i], i
    size = 2
    while size < 2 * largest:
        size *= 2
    mask, number, first = np.uint64(size - 1), np.empty(rows, np.int64), np.empty(size, np.int32)
    count = 0
    for part in range(parts):
        first[:] = -1
        for i in range(begin[part], begin[part + 1]):
            slot = np.int64(hashes[i] & mask)
            while True:
                at = np.int64(first[slot])
                if at < 0:
                    first[slot] = i
                    number[place[i]] = count
                    count += 1
                    break
                if hashes[at] == hashes[i] and rights[at] == rights[i]:
                    number[place[i]] = number[place[at]]
                    break
                slot = slot + 1 if slot + 1 < size else 0
    return number


@njit(cache=True, nogil=True, inline="always")
def _hash(left, right):  # type: ignore[no-untyped-def]
    word = left * _SPREAD
    word = ((word ^ (word >> _HALF)) + right) * _STIR
    return word ^ (word >> _LESS)


@njit(cache=True, nogil=True)
def said(group, value, groups):  # type: ignore[no-untyped-def]
    """Return per group whether it has no value (0), one (1) or several (2), and the first of them."""
    count, first = np.zeros(groups, np.int8), np.zeros(groups, np.int64)
    for i in range(len(group)):
        at = group[i]
        if count[at] == 0:
            count[at], first[at] = 1, value[i]
        elif first[at] != value[i]:
            count[at] = 2
    return count, first


@njit(cache=True, nogil=True)
def only(group, place, value, places):  # type: ignore[no-untyped-def]
    """Return per place the one value other than 0 of the groups that have it, 0 if they have none or several."""
    first, several = np.zeros(places, np.int64), np.zeros(places, np.bool_)
    for i in range(len(group)):
        if value[i] != 0:
            at = place[group[i]]
            if at >= 0:
                if first[at] == 0:
                    first[at] = value[i]
                elif first[at] != value[i]:
                    several[at] = True
    for at in range(places):
        if several[at]:
            first[at] = 0
    return first


@njit(cache=True, nogil=True)
def by_first(group, chosen):  # type: ignore[no-untyped-def]
    """Number the chosen groups from 0, by the first places where they stand; -1 where another one does."""
    number, found, count = np.full(len(chosen), -1, np.int64), np.full(len(group), -1, np.int64), 0
    for i in range(len(group)):
        at = group[i]
        if chosen[at]:
            if number[at] < 0:
                number[at] = count
                count += 1
            found[i] = number[at]
    return found
