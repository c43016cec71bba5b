"""Where the company's people live and its stores stand: cities, districts, and the parts that addresses are made of."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quanyu.simulator.data import columns, rows

KILOMETRES = 111.2  # in a degree of latitude


@dataclass(frozen=True, eq=False)
class Cities:
    """One entry a city; the districts of a city lie next to each other."""

    weight: NDArray[np.float64]  # share of the population, sums to 1
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    tier: NDArray[np.int8]  # 1 largest to 3
    district_start: NDArray[np.int64]  # the first of its districts
    district_count: NDArray[np.int64]
    code: tuple[str, ...]
    zh: tuple[str, ...]
    province_zh: tuple[str, ...]
    table: pa.Table  # city, code, zh, en, province_zh, province_en, tier, districts
    districts: pa.Table  # district, city, zh


@dataclass(frozen=True, eq=False)
class Addresses:
    """The parts of addresses, each as a table of index and zh."""

    roads: pa.Table
    estates: pa.Table
    stations: pa.Table  # parcel stations
    offices: pa.Table
    malls: pa.Table


@cache
def cities() -> Cities:
    """Return the cities of the company's world."""
    read = columns("cities")
    districts = [names.split("|") for names in read["districts"]]
    count = np.array([len(names) for names in districts], np.int64)
    weight = np.array(read["weight"], np.float64)
    table = pa.table(
        {
            "city": pa.array(range(len(weight)), pa.int32()),
            **{key: read[key] for key in ("code", "zh", "en", "province_zh", "province_en")},
            "tier": pa.array([int(tier) for tier in read["tier"]], pa.int8()),
            "districts": districts,
        }
    )
    return Cities(
        weight=weight / weight.sum(),
        latitude=np.array(read["latitude"], np.float64),
        longitude=np.array(read["longitude"], np.float64),
        tier=np.array(read["tier"], np.int8),
        district_start=np.cumsum(count) - count,
        district_count=count,
        code=tuple(read["code"]),
        zh=tuple(read["zh"]),
        province_zh=tuple(read["province_zh"]),
        table=table,
        districts=_districts(districts),
    )


@cache
def addresses() -> Addresses:
    """Return the roads, estates, parcel stations, offices and malls that any city may have."""
    kinds: dict[str, list[str]] = {}
    for row in rows("addresses"):
        kinds.setdefault(row["kind"], []).append(row["zh"])
    return Addresses(*(_numbered(kinds[kind]) for kind in ("road", "estate", "station", "office", "mall")))


def _districts(by_city: list[list[str]]) -> pa.Table:
    city = np.repeat(np.arange(len(by_city)), [len(names) for names in by_city]).astype(np.int32)
    names = [name for names in by_city for name in names]
    return pa.table({"district": pa.array(range(len(names)), pa.int32()), "city": city, "zh": names})


def _numbered(names: list[str]) -> pa.Table:
    return pa.table({"index": pa.array(range(len(names)), pa.int32()), "zh": names})
