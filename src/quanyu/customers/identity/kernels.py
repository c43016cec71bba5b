"""Compiled loops over records and what they share, kept beside the code.

What they write has to be given. Large arrays come from numpy, filled, which asks the system for large pages. Memory
that compiled code or `np.zeros` asks for is handed out in small ones, which takes time for each.
"""

import numpy as np
from numba import njit

_SPREAD, _STIR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_HALF, _LESS, _ONE = np.uint64(32), np.uint64(29), np.uint64(1)
_ROWS_OF_PART = 32_768  # of which the words and the table fit the cache of a core


@njit(cache=True, nogil=True)
def united(record, key, parent, stands, label):  # type: ignore[no-untyped-def]
    """Label records with components numbered by their first records; `parent` counts up, `stands` is -1 per key.

    The first record that has a key stands for it. Every parent is below its child, so that one pass numbers all.
    """
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
    number = 0
    for i in range(len(parent)):
        if parent[i] == i:
            label[i] = number
            number += 1
        else:
            label[i] = label[parent[i]]


@njit(cache=True, nogil=True)
def numbered(left, right, hashes, rights, place, number):  # type: ignore[no-untyped-def]
    """Number equal pairs of words equally, from 0; all but the first two are written, a row for each pair.

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
    next_ = begin[:-1].copy()
    for i in range(rows):
        hash_ = _hash(left[i], right[i])
        part = np.int64((hash_ >> _ONE) >> past)
        at = next_[part]
        next_[part] = at + 1
        hashes[at], rights[at], place[at] = hash_, right[i], i
    size = 2
    while size < 2 * largest:
        size *= 2
    mask, first = np.uint64(size - 1), np.empty(size, np.int32)
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


@njit(cache=True, nogil=True, inline="always")
def _hash(left, right):  # type: ignore[no-untyped-def]
    word = left * _SPREAD
    word = ((word ^ (word >> _HALF)) + right) * _STIR
    return word ^ (word >> _LESS)


@njit(cache=True, nogil=True)
def said(group, value, count, first):  # type: ignore[no-untyped-def]
    """Count per group, from 0, whether it has no value (0), one (1) or several (2), and write the first of them."""
    for i in range(len(group)):
        at = group[i]
        if count[at] == 0:
            count[at], first[at] = 1, value[i]
        elif first[at] != value[i]:
            count[at] = 2


@njit(cache=True, nogil=True)
def only(group, place, value, first, several):  # type: ignore[no-untyped-def]
    """Write per place, over 0, the one value other than 0 of the groups that have it, 0 if they have several."""
    for i in range(len(group)):
        if value[i] != 0:
            at = place[group[i]]
            if at >= 0:
                if first[at] == 0:
                    first[at] = value[i]
                elif first[at] != value[i]:
                    several[at] = True
    for at in range(len(first)):
        if several[at]:
            first[at] = 0


@njit(cache=True, nogil=True)
def in_order(number, begin, order):  # type: ignore[no-untyped-def]
    """Write where each number begins in the order of numbers, over 0, with the end of all, and that order, stable."""
    for i in range(len(number)):
        begin[number[i] + 1] += 1
    for at in range(len(begin) - 1):
        begin[at + 1] += begin[at]
    for i in range(len(number)):  # what begins a number becomes, place by place, its end, which begins the next
        order[begin[number[i]]] = i
        begin[number[i]] += 1
    for at in range(len(begin) - 1, 0, -1):
        begin[at] = begin[at - 1]
    begin[0] = 0


@njit(cache=True, nogil=True)
def closed_up(number, met, found):  # type: ignore[no-untyped-def]
    """Write numbers from 0, in their order, for those that occur; `met` is 0 for each number there can be."""
    for i in range(len(number)):
        met[number[i]] = 1
    count = 0
    for at in range(len(met)):
        here = met[at]
        met[at] = count
        count += here
    for i in range(len(number)):
        found[i] = met[number[i]]


@njit(cache=True, nogil=True)
def spread(begin, end, place, at):  # type: ignore[no-untyped-def]
    """Write each place of `begin` as often as it is below `end`, and all numbers from the one to the other."""
    row = 0
    for i in range(len(begin)):
        for each in range(begin[i], end[i]):
            place[row], at[row] = i, each
            row += 1


@njit(cache=True, nogil=True)
def by_first(group, chosen, number, found):  # type: ignore[no-untyped-def]
    """Number the chosen groups from 0, by the first places where they stand, over -1; what is not chosen stays."""
    count = 0
    for i in range(len(group)):
        at = group[i]
        if chosen[at]:
            if number[at] < 0:
                number[at] = count
                count += 1
            found[i] = number[at]
