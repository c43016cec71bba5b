"""What a grading says: counts of pairs and records, never a value of anybody."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scores:
    """How two ways of telling the same records apart agree: pairs of records, and each record by itself (B-cubed)."""

    true_pairs: int
    found_pairs: int
    right_pairs: int
    bcubed_precision: float
    bcubed_recall: float

    @property
    def precision(self) -> float:
        """The share of the pairs found that are true; 1 where none was found."""
        return self.right_pairs / self.found_pairs if self.found_pairs else 1.0

    @property
    def recall(self) -> float:
        """The share of the true pairs that were found; 1 where there is none."""
        return self.right_pairs / self.true_pairs if self.true_pairs else 1.0

    @property
    def f1(self) -> float:
        return harmonic(self.precision, self.recall)

    @property
    def bcubed_f1(self) -> float:
        return harmonic(self.bcubed_precision, self.bcubed_recall)


def harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


@dataclass(frozen=True)
class Band:
    """How many persons of the truth, and customers of ours, have so many graded records."""

    name: str
    persons: int
    customers: int


@dataclass(frozen=True)
class Ungraded:
    """Records that are left out of all figures, by source and why: a code of `WHY`."""

    why: str
    source: str
    records: int


UNKNOWN, UNTOLD, SEVERAL = "unknown", "untold", "several"
WHY = (UNKNOWN, UNTOLD, SEVERAL)


@dataclass(frozen=True)
class Kind:
    """A kind of identifier: values are the same only within a scope."""

    type: str
    scope: str


@dataclass(frozen=True)
class Merges:
    """False pairs by what joined them: the identifier of that customer which most persons share.

    `kind` is None where no identifier is there that two persons share. `shared` counts identifiers of the kind that
    persons share within one customer, those beside the widest among them.
    """

    kind: Kind | None
    pairs: int
    customers: int
    shared: int


KEPT, OTHERS, NOTHING, BARE = "kept", "others", "nothing", "bare"
SPLITS = (KEPT, OTHERS, NOTHING, BARE)


@dataclass(frozen=True)
class Splits:
    """Missed pairs by what their two sides hold: a code of `SPLITS`, and the kinds that both have.

    `kept`: they share a value and are two customers all the same. `others`: both have identifiers of these kinds, with
    other values. `nothing`: no kind in common. `bare`: one side has no identifier at all.
    """

    why: str
    kinds: tuple[Kind, ...]
    pairs: int


@dataclass(frozen=True)
class Named:
    """A record, by its source and its ordinal."""

    source: str
    record: int


@dataclass(frozen=True)
class FalseMerge:
    """Several persons in one customer: two records that share an identifier, its kind, and how many records have it."""

    pairs: int
    records: int
    persons: int
    kind: Kind | None
    touches: int
    between: tuple[Named, Named]


@dataclass(frozen=True)
class FalseSplit:
    """One person in several customers: the first record of the two largest sides, and what the sides hold."""

    pairs: int
    records: int
    customers: int
    between: tuple[Named, Named]
    held: tuple[tuple[Kind, ...], tuple[Kind, ...]]

    @property
    def common(self) -> tuple[Kind, ...]:
        return tuple(kind for kind in self.held[0] if kind in self.held[1])


@dataclass(frozen=True)
class Errors:
    """All errors by reason, the most pairs first, and the worst of them."""

    merges: tuple[Merges, ...]
    splits: tuple[Splits, ...]
    worst_merges: tuple[FalseMerge, ...]
    worst_splits: tuple[FalseSplit, ...]


@dataclass(frozen=True)
class Joinable:
    """What can be had from the correct identifiers that the truth tells of.

    `pairs` of one person are joined by a chain of them; `found` of these are in one customer. `reachable` of them are
    joined by identifiers that the records have now and the policy lets prove something, if it were known of each whose
    it is: no rule that joins by identifiers finds more. `ceiling` grades who joins all correct identifiers, those too
    that pass from one person to the next.
    """

    pairs: int
    found: int
    reachable: int
    ceiling: Scores

    @property
    def recall(self) -> float:
        return self.found / self.pairs if self.pairs else 1.0


@dataclass(frozen=True)
class Sureness:
    """Customers of several records whose confidence lies between `low` and the next band: what was promised, and kept.

    `promised` is the mean of their confidence, `right` the share of those whose records are all one person's.
    """

    low: float
    customers: int
    promised: float
    right: float


@dataclass(frozen=True)
class Evaluation:
    """A grading. `alone` graded records have no customer yet and count as one each."""

    graded: int
    alone: int
    ungraded: tuple[Ungraded, ...]
    scores: Scores
    floor: Scores
    bands: tuple[Band, ...]
    sureness: tuple[Sureness, ...]
    errors: Errors
    joinable: Joinable | None
