"""Facts that identity publishes."""

from dataclasses import dataclass
from typing import ClassVar

from quanyu.foundation.bus.model import Fact


@dataclass(frozen=True)
class RecordsOpened(Fact):
    """An import brought records that were not known; they have no customer yet."""

    name: ClassVar[str] = "identity.records_opened"

    source: str
    import_number: int
    opened: int


@dataclass(frozen=True)
class CustomersRecognised(Fact):
    """Records were given their customers; `created` new customers were opened."""

    name: ClassVar[str] = "identity.customers_recognised"

    records: int
    created: int
    batch: int


@dataclass(frozen=True)
class CustomersMerged(Fact):
    """Each customer of `merged_away` is now the one at the same place in `survivors` (ordinals)."""

    name: ClassVar[str] = "identity.customers_merged"

    merged_away: tuple[int, ...]
    survivors: tuple[int, ...]


@dataclass(frozen=True)
class CustomersSplit(Fact):
    """Records of each customer of `origins`, who goes on, now belong to the one at the same place in `parted`.

    Ordinals. The parted may be new, have been merged away before, or have been there all the time.
    """

    name: ClassVar[str] = "identity.customers_split"

    origins: tuple[int, ...]
    parted: tuple[int, ...]
