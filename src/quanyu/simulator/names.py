"""What people are called: surnames, given names by sex and time of birth, nicknames, and what ears mistake."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quanyu.simulator.data import columns, rows

ERAS = (1985, 2000)  # years of birth at which the fashion changes
ONE_CHARACTER = 0.2  # of given names
HONORIFICS = (("女士", True), ("小姐", True), ("先生", False))  # and whether it is said to a woman
_FASHIONS = ("before_1985", "1985_1999", "from_2000")

Candidates = tuple[NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Names:
    """Surnames and given-name characters by index; tables spell them."""

    surname_weight: NDArray[np.float64]  # sums to 1
    given_candidates: dict[tuple[bool, int], Candidates]
    surnames: pa.Table  # index, zh, pinyin
    given_characters: pa.Table  # index, zh, pinyin
    nicknames: pa.Table  # index, kind (whole, head, tail), zh: a head and a tail make a whole
    homophones: pa.Table  # index, part (surname, given), zh, other: sound alike, written otherwise

    def given(self, woman: bool, era: int) -> Candidates:
        """Return which characters are given in an era (0 to 2, see ERAS), and how often; the weights sum to 1."""
        return self.given_candidates[bool(woman), era]


@cache
def names() -> Names:
    """Return the names of the company's world."""
    surnames, characters = columns("surnames"), columns("given_characters")
    share = np.array(surnames["share"], np.float64)
    return Names(
        surname_weight=share / share.sum(),
        given_candidates=_candidates(characters["zh"]),
        surnames=_spelled(surnames),
        given_characters=_spelled(characters),
        nicknames=_nicknames(),
        homophones=_homophones(surnames["zh"], characters["zh"]),
    )


def _candidates(characters: list[str]) -> dict[tuple[bool, int], Candidates]:
    """Number the characters of each sex and era; the earlier one stands, the more often it is given."""
    index = {character: i for i, character in enumerate(characters)}
    found: dict[tuple[bool, int], Candidates] = {}
    for row in rows("given_popularity"):
        liked = np.array([index[character] for character in row["characters"]], np.int64)
        weight = 1.0 / (np.arange(len(liked)) + 8.0)
        found[row["gender"] == "woman", _FASHIONS.index(row["era"])] = (liked, weight / weight.sum())
    return found


def _spelled(read: dict[str, list[str]]) -> pa.Table:
    index = pa.array(range(len(read["zh"])), pa.int32())
    return pa.table({"index": index, "zh": read["zh"], "pinyin": read["pinyin"]})


def _nicknames() -> pa.Table:
    read = columns("nicknames")
    return pa.table({"index": pa.array(range(len(read["zh"])), pa.int32()), **read})


def _homophones(surnames: list[str], characters: list[str]) -> pa.Table:
    spelled = {"surname": surnames, "given": characters}
    read = columns("homophones")
    index = [spelled[part].index(zh) for part, zh in zip(read["part"], read["zh"], strict=True)]
    return pa.table(
        {"part": read["part"], "index": pa.array(index, pa.int32()), "zh": read["zh"], "other": read["other"]}
    )
