"""Compiled loops over words: programs run block by block, so that what they read again is still in the cache.

Compiled on first use and kept beside the code. Importing this module takes about a second, so `index` does it when it
first runs a program.
"""

import numpy as np
from numba import njit

from quanyu.foundation.sets.programs import ABOVE, AND, BLOCK, EQUAL, KEEP, LOAD, NOT, OR, PLACE, ROW, STACK

_COMPILED_WITH = (256, 0, 1, 0, 1, 2, 4, 5, 0, 1, 2)
"""What is compiled in: what is kept compiled is known by the text of this file alone, which has to change with it."""
assert _COMPILED_WITH == (BLOCK, ABOVE, EQUAL, LOAD, AND, OR, NOT, KEEP, ROW, PLACE, STACK)


@njit(cache=True, nogil=True, inline="always")
def _ones(x):  # type: ignore[no-untyped-def]
    """Count the bits of a word; the compiler turns this into the machine's own instruction where it has one."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (x * np.uint64(0x0101010101010101)) >> np.uint64(56)


@njit(cache=True, nogil=True, inline="always")
def _join(op, here, words):  # type: ignore[no-untyped-def]
    if op == LOAD:
        for w in range(BLOCK):
            here[w] = words[w]
    elif op == AND:
        for w in range(BLOCK):
            here[w] &= words[w]
    elif op == OR:
        for w in range(BLOCK):
            here[w] |= words[w]
    else:
        for w in range(BLOCK):
            here[w] &= ~words[w]


@njit(cache=True, nogil=True, inline="always")
def _above(rows, begin, row, many, rank, here):  # type: ignore[no-untyped-def]
    """Put whose rank is above `rank` into `here`, from the lowest bit up: one operation for each row.

    A higher bit decides over the lower ones where it differs from the rank's: where the rank has a one, a customer
    stays above only if he has it too, and where it has none, he is above as soon as he has one. Rows are taken in
    pairs, which halves the traffic of `here`.
    """
    for w in range(BLOCK):
        here[w] = np.uint64(0)
    for k in range(0, many - 1, 2):
        low, high = rows[row + k, begin : begin + BLOCK], rows[row + k + 1, begin : begin + BLOCK]
        ones = (rank >> k) & 3
        if ones == 0:
            for w in range(BLOCK):
                here[w] = here[w] | low[w] | high[w]
        elif ones == 1:
            for w in range(BLOCK):
                here[w] = (here[w] & low[w]) | high[w]
        elif ones == 2:
            for w in range(BLOCK):
                here[w] = (here[w] | low[w]) & high[w]
        else:
            for w in range(BLOCK):
                here[w] = here[w] & low[w] & high[w]
    if many & 1:
        _join(AND if rank >> (many - 1) else OR, here, rows[row + many - 1, begin : begin + BLOCK])


@njit(cache=True, nogil=True, inline="always")
def _equal(rows, begin, row, many, rank, here):  # type: ignore[no-untyped-def]
    """Put whose rank is `rank` into `here`."""
    for w in range(BLOCK):
        here[w] = ~np.uint64(0)
    for k in range(many):
        words = rows[row + k, begin : begin + BLOCK]
        flip = np.uint64(0) if (rank >> k) & 1 else ~np.uint64(0)
        for w in range(BLOCK):
            here[w] &= words[w] ^ flip


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
def _compare(rows, begin, leaf, tables, here):  # type: ignore[no-untyped-def]
    op, row, many, rank = leaf[0], leaf[1], leaf[2], leaf[3]
    if op == ABOVE:
        _above(rows, begin, row, many, rank, here)
    elif op == EQUAL:
        _equal(rows, begin, row, many, rank, here)
    else:
        _look_up(rows, begin, row, many, tables[rank:], here)


@njit(cache=True, nogil=True, inline="always")
def _work_out(rows, begin, program, stack, places):  # type: ignore[no-untyped-def]
    """Leave what a program finds in one block at the bottom of the stack, whose lowest entries are the constants."""
    top = 1
    for i in range(program.shape[0]):
        op, source, operand = program[i, 0], program[i, 1], program[i, 2]
        if op == KEEP:
            _join(LOAD, places[operand], stack[top])
        elif op == NOT:
            for w in range(BLOCK):
                stack[top, w] = ~stack[top, w]
        elif source == STACK:
            top -= 1
            _join(op, stack[top], stack[top + 1])
        else:
            if op == LOAD:
                top += 1
            if source == ROW:
                _join(op, stack[top], rows[operand, begin : begin + BLOCK])
            elif source == PLACE:
                _join(op, stack[top], places[operand])
            else:
                _join(op, stack[top], stack[operand])


@njit(cache=True, nogil=True)
def run(rows, within, leaves, code, starts, tables, depth, kept, first, last, counts, bits):  # type: ignore[no-untyped-def]
    """Run every program over blocks `first` … `last` - 1, add to `counts`, and write members where `bits` has rows.

    `rows` uint64[n, words] and `within` uint64[words], words a multiple of BLOCK. `leaves` int64[l, 4] has what is
    asked of ranks, first row, number of rows, and rank or begin in `tables` (uint64, a bit for every rank); leaf l is
    put into place l of `kept`. `code` int64[m, 3] has operation, source and number of the operand; program p is
    code[starts[p]:starts[p + 1]] and leaves one entry on a stack of `depth`. What it keeps, those behind it may use.
    Only who is in `within` counts. `bits` uint64[programs, at most `words`], or of no rows.
    """
    stack = np.zeros((2 + depth, BLOCK), np.uint64)
    stack[1] = ~np.uint64(0)
    places = np.empty((kept, BLOCK), np.uint64)
    for block in range(first, last):
        begin = block * BLOCK
        end = min(BLOCK, bits.shape[1] - begin)
        for i in range(leaves.shape[0]):
            _compare(rows, begin, leaves[i], tables, places[i])
        for p in range(starts.size - 1):
            _work_out(rows, begin, code[starts[p] : starts[p + 1]], stack, places)
            count = np.uint64(0)
            for w in range(BLOCK):
                stack[2, w] &= within[begin + w]
                count += _ones(stack[2, w])
            counts[p] += np.int64(count)
            if bits.shape[0]:
                for w in range(end):
                    bits[p, begin + w] = stack[2, w]


@njit(cache=True, nogil=True)
def slice_ranks(ranks, rows, first, last):  # type: ignore[no-untyped-def]
    """Write bit k of every rank into row k, for words `first` … `last` - 1.

    `ranks` uint32[n], `rows` uint64[bits, words] of zeros, 64 words >= n.
    """
    many = rows.shape[0]
    for word in range(first, min(last, (ranks.size + 63) // 64)):
        begin = word * 64
        for k in range(many):
            bits = np.uint64(0)
            for b in range(min(64, ranks.size - begin)):
                bits |= np.uint64((ranks[begin + b] >> np.uint32(k)) & np.uint32(1)) << np.uint64(b)
            rows[k, word] = bits


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
def move_slices(were, moved, rows, first, last):  # type: ignore[no-untyped-def]
    """Write rank moved[r] for every rank r, bit by bit as `slice_ranks` does, for words `first` … `last` - 1.

    `were` uint64[bits, words] are the ranks as they are, `moved` uint32[highest rank + 1], `rows` as many words of
    zeros.
    """
    ranks = np.empty(64, np.uint32)
    for word in range(first, last):
        ranks[:] = 0
        for k in range(were.shape[0]):
            bits = were[k, word]
            if bits:
                for b in range(64):
                    ranks[b] |= np.uint32((bits >> np.uint64(b)) & np.uint64(1)) << np.uint32(k)
        for b in range(64):
            ranks[b] = moved[ranks[b]]
        for k in range(rows.shape[0]):
            bits = np.uint64(0)
            for b in range(64):
                bits |= np.uint64((ranks[b] >> np.uint32(k)) & np.uint32(1)) << np.uint64(b)
            rows[k, word] = bits


@njit(cache=True, nogil=True)
def put_slices(rows, ordinals, ranks, first, last):  # type: ignore[no-untyped-def]
    """Put the rank of each ordinal in the place of the one that it has, for bits `first` … `last` - 1 of the rank.

    `rows` uint64[bits, words], `ordinals` int64[n], `ranks` uint32[n].
    """
    for k in range(first, last):
        for i in range(ordinals.size):
            word, b = ordinals[i] >> 6, np.uint64(ordinals[i] & 63)
            bit = np.uint64((ranks[i] >> np.uint32(k)) & np.uint32(1))
            rows[k, word] = (rows[k, word] & ~(np.uint64(1) << b)) | (bit << b)


@njit(cache=True, nogil=True)
def put_spread(rows, ordinals, ranks, first, last):  # type: ignore[no-untyped-def]
    """Set the bit of each ordinal in row rank - 1 and in no other, for rows `first` … `last` - 1, as `put_slices`."""
    for r in range(first, last):
        for i in range(ordinals.size):
            word, b = ordinals[i] >> 6, np.uint64(ordinals[i] & 63)
            bit = np.uint64(1) if ranks[i] == r + 1 else np.uint64(0)
            rows[r, word] = (rows[r, word] & ~(np.uint64(1) << b)) | (bit << b)


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
