"""Compiled loops over words: programs run block by block, so that what they read again is still in the cache.

Compiled on first use and kept beside the code. Importing this module takes about a second, so `index` does it when it
first runs a program.
"""

import numpy as np
from numba import njit

from quanyu.foundation.sets.programs import ALL, AMONG, AND, AND_ROW, AT_MOST, BLOCK, EQUAL, LOAD, NOT, OR, OR_ROW


@njit(cache=True, nogil=True, inline="always")
def _ones(x):  # type: ignore[no-untyped-def]
    """Count the bits of a word; the compiler turns this into the machine's own instruction where it has one."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (x * np.uint64(0x0101010101010101)) >> np.uint64(56)


@njit(cache=True, nogil=True, inline="always")
def _compare(rows, begin, row, many, rank, equal, here):  # type: ignore[no-untyped-def]
    """Put whose rank is `rank` into `equal` and whose rank is smaller into `here`, from the highest bit down.

    Low bits are looked at only while there is anybody whose rank may still be the one: in a block there mostly is not.
    """
    words = rows[row + many - 1, begin : begin + BLOCK]
    if (rank >> (many - 1)) & 1:
        for w in range(BLOCK):
            here[w] = ~words[w]
            equal[w] = words[w]
    else:
        for w in range(BLOCK):
            here[w] = np.uint64(0)
            equal[w] = ~words[w]
    for k in range(many - 2, -1, -1):
        words = rows[row + k, begin : begin + BLOCK]
        left = np.uint64(0)
        if (rank >> k) & 1:
            for w in range(BLOCK):
                here[w] |= equal[w] & ~words[w]
                equal[w] &= words[w]
                left |= equal[w]
        else:
            for w in range(BLOCK):
                equal[w] &= ~words[w]
                left |= equal[w]
        if left == 0:
            break


@njit(cache=True, nogil=True, inline="always")
def _look_up(rows, begin, row, many, wanted, here):  # type: ignore[no-untyped-def]
    """Put whose rank has a bit in `wanted` into `here`: ranks are put together again, one by one."""
    for w in range(BLOCK):
        found = np.uint64(0)
        for b in range(64):
            rank = np.uint64(0)
            for k in range(many):
                rank |= ((rows[row + k, begin + w] >> np.uint64(b)) & np.uint64(1)) << np.uint64(k)
            bit = (wanted[rank >> np.uint64(6)] >> (rank & np.uint64(63))) & np.uint64(1)
            found |= bit << np.uint64(b)
        here[w] = found


@njit(cache=True, nogil=True, inline="always")
def _push(rows, begin, instruction, tables, equal, here):  # type: ignore[no-untyped-def]
    op, row = instruction[0], instruction[1]
    if op == LOAD:
        words = rows[row, begin : begin + BLOCK]
        for w in range(BLOCK):
            here[w] = words[w]
    elif op == AT_MOST:
        _compare(rows, begin, row, instruction[2], instruction[3], equal, here)
        for w in range(BLOCK):
            here[w] |= equal[w]
    elif op == EQUAL:
        _compare(rows, begin, row, instruction[2], instruction[3], equal, here)
        for w in range(BLOCK):
            here[w] = equal[w]
    elif op == AMONG:
        _look_up(rows, begin, row, instruction[2], tables[instruction[3] :], here)
    else:
        for w in range(BLOCK):
            here[w] = ~np.uint64(0) if op == ALL else np.uint64(0)


@njit(cache=True, nogil=True, inline="always")
def _work_out(rows, begin, program, tables, stack, equal):  # type: ignore[no-untyped-def]
    """Leave what a program finds in one block at the bottom of the stack."""
    top = 0
    for i in range(program.shape[0]):
        op = program[i, 0]
        if op == AND_ROW:
            words = rows[program[i, 1], begin : begin + BLOCK]
            for w in range(BLOCK):
                stack[top - 1, w] &= words[w]
        elif op == OR_ROW:
            words = rows[program[i, 1], begin : begin + BLOCK]
            for w in range(BLOCK):
                stack[top - 1, w] |= words[w]
        elif op == AND:
            top -= 1
            for w in range(BLOCK):
                stack[top - 1, w] &= stack[top, w]
        elif op == OR:
            top -= 1
            for w in range(BLOCK):
                stack[top - 1, w] |= stack[top, w]
        elif op == NOT:
            for w in range(BLOCK):
                stack[top - 1, w] = ~stack[top - 1, w]
        else:
            _push(rows, begin, program[i], tables, equal, stack[top])
            top += 1


@njit(cache=True, nogil=True)
def run(rows, within, code, starts, tables, depth, first, last, counts, bits):  # type: ignore[no-untyped-def]
    """Run every program over blocks `first` … `last` - 1, add to `counts`, and write members where `bits` has rows.

    `rows` uint64[n, words] and `within` uint64[words], words a multiple of BLOCK. `code` int64[m, 4] has operation,
    first row, number of rows, and rank or place in `tables` (uint64, a bit for every rank); program p is
    code[starts[p]:starts[p + 1]] and leaves one entry on a stack of `depth`. Only who is in `within` counts.
    `bits` uint64[programs, words], or of no rows.
    """
    stack = np.empty((depth, BLOCK), np.uint64)
    equal = np.empty(BLOCK, np.uint64)
    for block in range(first, last):
        begin = block * BLOCK
        for p in range(starts.size - 1):
            _work_out(rows, begin, code[starts[p] : starts[p + 1]], tables, stack, equal)
            count = np.uint64(0)
            for w in range(BLOCK):
                stack[0, w] &= within[begin + w]
                count += _ones(stack[0, w])
            counts[p] += np.int64(count)
            if bits.shape[0]:
                for w in range(BLOCK):
                    bits[p, begin + w] = stack[0, w]


@njit(cache=True, nogil=True)
def slice_ranks(ranks, rows, first, last):  # type: ignore[no-untyped-def]
    """Write bit k of every rank into row k, for words `first` … `last` - 1.

    `ranks` uint32[n], `rows` uint64[bits, words] of zeros, 64 words >= n.
    """
    many = rows.shape[0]
    for word in range(first, min(last, (ranks.size + 63) // 64)):
        begin = word * 64
        for b in range(min(64, ranks.size - begin)):
            rank = ranks[begin + b]
            for k in range(many):
                rows[k, word] |= np.uint64((rank >> np.uint32(k)) & np.uint32(1)) << np.uint64(b)


@njit(cache=True, nogil=True)
def spread_ranks(ranks, rows, first, last):  # type: ignore[no-untyped-def]
    """Set the bit of ordinal i in row ranks[i] - 1, in none where the rank is 0; as `slice_ranks` otherwise."""
    for word in range(first, min(last, (ranks.size + 63) // 64)):
        begin = word * 64
        for b in range(min(64, ranks.size - begin)):
            rank = ranks[begin + b]
            if rank:
                rows[rank - 1, word] |= np.uint64(1) << np.uint64(b)


@njit(cache=True, nogil=True)
def overlaps(bits, first, last, shared):  # type: ignore[no-untyped-def]
    """Add to shared[i, j], i <= j, how many are in both over blocks `first` … `last` - 1: bits uint64[n, words]."""
    many = bits.shape[0]
    for block in range(first, last):
        begin = block * BLOCK
        for i in range(many):
            one = bits[i, begin : begin + BLOCK]
            for j in range(i, many):
                other = bits[j, begin : begin + BLOCK]
                count = np.uint64(0)
                for w in range(BLOCK):
                    count += _ones(one[w] & other[w])
                shared[i, j] += np.int64(count)
