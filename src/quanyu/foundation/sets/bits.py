"""How bits lie in packed words: which are set, and words of those that shall be."""

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Ordinals = npt.NDArray[np.int64]


def trim(words: Words) -> Words:
    size, span = words.size, 64
    if not size or words[-1]:
        return words
    # The tail of a result is mostly short: looking at twice as much each time reads little and never more than twice.
    while span < size and not words[-span:].any():
        span *= 2
    used = np.flatnonzero(words[-span:] != 0)
    end = max(size - span, 0) + int(used[-1]) + 1 if used.size else 0
    # A short rest is copied, so that a small set does not keep a large array alive.
    return words[:end] if 2 * end > size else words[:end].copy()


def combined(operation: np.ufunc, one: Words, other: Words) -> Words:
    """Return the words of both by an operation for which what one lacks is zero, in one pass over memory."""
    longer, shorter = (one, other) if one.size >= other.size else (other, one)
    words = np.empty_like(longer)
    operation(longer[: shorter.size], shorter, out=words[: shorter.size])
    words[shorter.size :] = longer[shorter.size :]
    return words


def octets(words: Words) -> npt.NDArray[np.uint8]:
    return words.astype("<u8", copy=False).view(np.uint8)


def all_bits(words: Words) -> Ordinals:
    return np.flatnonzero(np.unpackbits(octets(words), bitorder="little").view(np.bool_))


def few_bits(words: Words, places: Ordinals, count: int) -> Ordinals:
    """Return the bits of words of which most have one or two, as ordinals: the lowest of each, the next, and so on."""
    found = np.empty(count, np.int64)
    many = np.bitwise_count(words).astype(np.int64)
    at = np.cumsum(many) - many
    while words.size:
        lowest = words & (np.uint64(0) - words)
        found[at] = (places << 6) | np.bitwise_count(lowest - np.uint64(1))
        words = words ^ lowest
        left = words != 0
        words, places, at = words[left], places[left], at[left] + 1
    return found


def by_word(ascending: Ordinals) -> tuple[Ordinals, Words]:
    """Return the words in which these ascending ordinals have their bits, and the bits: one reduction for each."""
    if not ascending.size:
        return ascending, np.zeros(0, np.uint64)
    word = ascending >> 6
    starts = np.flatnonzero(np.diff(word, prepend=-1))
    bits = np.left_shift(np.uint64(1), (ascending & 63).astype(np.uint64))
    return word[starts], np.bitwise_or.reduceat(bits, starts)


def scattered(ascending: Ordinals) -> Words:
    words = np.zeros((int(ascending[-1]) >> 6) + 1 if ascending.size else 0, np.uint64)
    places, bits = by_word(ascending)
    words[places] = bits
    return words


def distinct(ascending: Ordinals) -> Ordinals:
    repeated = ascending[1:] == ascending[:-1]
    return ascending[np.append(True, ~repeated)] if repeated.any() else ascending.copy()
