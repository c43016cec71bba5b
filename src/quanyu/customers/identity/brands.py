"""The brands of a workspace: which sources are whose, and whether a customer of one may be known by another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quanyu.customers.identity.tables import BRANDS
from quanyu.foundation.definitions import Reading
from quanyu.foundation.documents import Path as Place
from quanyu.foundation.errors import NotFound
from quanyu.foundation.text import Text

BETWEEN = " + "
"""Between the brands that know a customer, by name."""


@dataclass(frozen=True)
class Brands:
    """The sources of each brand; without `merge_across` no value joins records of two brands.

    Sources of no brand are the group's own: together one brand more.
    """

    of: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    merge_across: bool = True

    def sources(self, brand: str) -> tuple[str, ...]:
        """Return the sources of a brand. Raises NotFound."""
        if brand not in self.of:
            raise NotFound(
                Text("The policy names no such brand.", "策略中没有这个品牌。"),
                remedy=Text("Brands are named in the section brands.", "品牌见策略的 brands 一节。"),
                received=brand,
                allowed=sorted(self.of),
            )
        return self.of[brand]

    def numbers(self, sources: Sequence[str]) -> NDArray[np.int64]:
        """Return a number for the brand of each source, 0 for the group's own; all alike where brands merge."""
        number = {name: at for at, own in enumerate(self.of.values(), start=1) for name in own}
        return np.array([0 if self.merge_across else number.get(name, 0) for name in sources], np.int64)


def read_brands(reading: Reading, raw: object, path: Place) -> Brands:
    """Read the section; what is wrong is added to the faults of `reading`."""
    given = reading.mapping(raw, path, ("of",), ("merge_across", "of"))
    merge = given.get("merge_across", True)
    if not isinstance(merge, bool):
        reading.fault(
            (*path, "merge_across"), Text("Here stands yes or no.", "此处应为是或否。"), merge, "true", "false"
        )
    told = given.get("of", {})
    named = reading.mapping(told, (*path, "of"), (), list(told) if isinstance(told, dict) else ())
    if "of" in given and not named:
        reading.fault((*path, "of"), Text("Here stand brands.", "此处应为品牌。"), told, "heyuan: [pos, mini_program]")
    of: dict[str, tuple[str, ...]] = {}
    for brand, listed in named.items():
        sources = [str(name) for name in reading.list(listed, (*path, "of", brand))]
        for at, name in enumerate(sources):
            if name in sources[:at] or any(name in others for others in of.values()):
                problem = Text("This source stands twice.", "来源重复。")
                reading.fault((*path, "of", brand, at), problem, name, "each source in one brand")
        of[str(brand)] = tuple(sources)
    return Brands(of, bool(merge))


def written_brands(brands: Brands) -> pa.Table:
    """Return the sources of brands as the rows of `brands`."""
    rows = sorted((brand, source) for brand, own in brands.of.items() for source in own)
    return pa.Table.from_pylist([dict(zip(BRANDS.schema.names, row, strict=True)) for row in rows], BRANDS.schema)
