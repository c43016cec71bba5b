"""Compiled loops over the rows of customers: those of one customer stand together, the earliest day first.

`starts` says where the rows of each customer begin, and behind the last where all end; `holds` which rows count.
Compiled on first use and kept beside the code. Importing this module takes about a second, so `folding` does it when it
first needs one.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def numbered(customer, place, low):  # type: ignore[no-untyped-def]
    """Return of each row the number of its customer, -1 of whom nothing is asked, and the most rows of any customer.

    `place` gives the number of customer `low` + n, -1 where he has none.
    """
    found = np.full(customer.size, -1, np.int32)
    rows = np.zeros(place.size, np.int32)
    for i in range(customer.size):
        at = customer[i] - low
        if 0 <= at < place.size and place[at] >= 0:
            found[i] = place[at]
            rows[at] += 1
    return found, rows.max() if rows.size else 0


@njit(cache=True, nogil=True)
def in_blocks(number, width, blocks):  # type: ignore[no-untyped-def]
    """Return the block of `width` customers of each row, the first after the last of whom nothing is asked.

    And where the rows of each block begin, behind the last where all end.
    """
    block = np.empty(number.size, np.int32)
    begins = np.zeros(blocks + 2, np.int64)
    for i in range(number.size):
        block[i] = number[i] // width if number[i] >= 0 else blocks
        begins[block[i] + 1] += 1
    for b in range(blocks):
        begins[b + 1] += begins[b]
    return block, begins[:-1]


@njit(cache=True, nogil=True)
def dealt(values, block, begins):  # type: ignore[no-untyped-def]
    """Deal the values of rows out to their blocks, in the order in which they come."""
    found = np.empty(begins[-1], values.dtype)
    at = begins.copy()
    last = begins.size - 1
    for i in range(values.size):
        b = block[i]
        if b < last:
            found[at[b]] = values[i]
            at[b] += 1
    return found


@njit(cache=True, nogil=True)
def ordered(number, day, first, many):  # type: ignore[no-untyped-def]
    """Return the rows of `many` customers from number `first` on in their order, and where those of each begin.

    Rows are dealt out by their day and then by their customer, each time in the order in which they come.
    """
    earliest = day.min() if day.size else 0
    days = np.zeros((day.max() - earliest if day.size else 0) + 2, np.int64)
    for i in range(day.size):
        days[day[i] - earliest + 1] += 1
    for d in range(1, days.size):
        days[d] += days[d - 1]
    by_day = np.empty(day.size, np.int64)
    starts = np.zeros(many + 1, np.int64)
    for i in range(day.size):
        by_day[days[day[i] - earliest]] = i
        days[day[i] - earliest] += 1
        starts[number[i] - first + 1] += 1
    for n in range(many):
        starts[n + 1] += starts[n]
    filled = starts[:-1].copy()
    order = np.empty(day.size, np.int64)
    for i in by_day:
        order[filled[number[i] - first]] = i
        filled[number[i] - first] += 1
    return order, starts


@njit(cache=True, nogil=True)
def tally(starts, holds):  # type: ignore[no-untyped-def]
    """Return of each customer how many rows count."""
    found = np.zeros(starts.size - 1, np.int64)
    for n in range(found.size):
        many = 0
        for i in range(starts[n], starts[n + 1]):
            many += holds[i]
        found[n] = many
    return found


@njit(cache=True, nogil=True)
def total(starts, holds, values):  # type: ignore[no-untyped-def]
    """Return of each customer the sum of the values that count, in their own type."""
    found = np.zeros(starts.size - 1, values.dtype)
    for n in range(found.size):
        added = found[n]
        for i in range(starts[n], starts[n + 1]):
            if holds[i]:
                added += values[i]
        found[n] = added
    return found


@njit(cache=True, nogil=True)
def extreme(starts, holds, values, highest):  # type: ignore[no-untyped-def]
    """Return of each customer the row of the highest value that counts, or of the lowest; -1 where there is none."""
    found = np.full(starts.size - 1, -1, np.int64)
    for n in range(found.size):
        best = -1
        for i in range(starts[n], starts[n + 1]):
            if holds[i] and (best < 0 or (values[i] > values[best] if highest else values[i] < values[best])):
                best = i
        found[n] = best
    return found


@njit(cache=True, nogil=True)
def at_end(starts, holds, days, values, last):  # type: ignore[no-untyped-def]
    """Return of each customer the row of the highest value of the last day that counts, or of the lowest of the first.

    -1 where no row counts.
    """
    found = np.full(starts.size - 1, -1, np.int64)
    for n in range(found.size):
        first, many = starts[n], starts[n + 1] - starts[n]
        best = -1
        for k in range(many):
            i = first + (many - 1 - k if last else k)
            if best >= 0 and days[i] != days[best]:
                break
            if holds[i] and (best < 0 or (values[i] > values[best] if last else values[i] < values[best])):
                best = i
        found[n] = best
    return found


@njit(cache=True, nogil=True)
def top(starts, holds, codes, weights, distinct):  # type: ignore[no-untyped-def]
    """Return of each customer the code of the greatest weight, of equal ones the lowest code; 0 where no row counts.

    Codes go from 1 to `distinct`; rows of code 0 count for nothing.
    """
    found = np.zeros(starts.size - 1, np.int32)
    of = np.full(distinct + 1, -1, np.int64)  # the customer of whom a weight is
    weight = np.zeros(distinct + 1, weights.dtype)
    seen = np.empty(distinct + 1, np.int32)
    for n in range(found.size):
        many = 0
        for i in range(starts[n], starts[n + 1]):
            code = codes[i]
            if holds[i] and code:
                if of[code] != n:
                    of[code], weight[code], seen[many] = n, 0, code
                    many += 1
                weight[code] += weights[i]
        best = 0
        for k in range(many):
            code = seen[k]
            if not best or weight[code] > weight[best] or (weight[code] == weight[best] and code < best):
                best = code
        found[n] = best
    return found


@njit(cache=True, nogil=True)
def kinds(starts, holds, codes, distinct):  # type: ignore[no-untyped-def]
    """Return of each customer how many different codes his rows have; rows of code 0 count for nothing."""
    found = np.zeros(starts.size - 1, np.int64)
    of = np.full(distinct + 1, -1, np.int64)
    for n in range(found.size):
        many = 0
        for i in range(starts[n], starts[n + 1]):
            if holds[i] and codes[i] and of[codes[i]] != n:
                of[codes[i]] = n
                many += 1
        found[n] = many
    return found


@njit(cache=True, nogil=True)
def streak(starts, holds, periods):  # type: ignore[no-untyped-def]
    """Return of each customer how many periods in a row have a row which counts; periods never fall."""
    found = np.zeros(starts.size - 1, np.int64)
    for n in range(found.size):
        longest = length = last = 0
        for i in range(starts[n], starts[n + 1]):
            if holds[i] and (not length or periods[i] != last):
                length = length + 1 if length and periods[i] == last + 1 else 1
                last = periods[i]
                longest = max(longest, length)
        found[n] = longest
    return found
