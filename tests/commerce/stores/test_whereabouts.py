"""How far stores are from places whose distances are known, what is below a unit, and whom to believe."""

from datetime import UTC, datetime
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest
from tests.conftest import reader

from quanyu.commerce.stores.tables import ORGANISATIONS, STORES
from quanyu.commerce.stores.whereabouts import RADIUS, below, stores, units, with_metres
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.measuring import Scope

SHANGHAI, BEIJING, NULL_ISLAND = (31.2304, 121.4737), (39.9042, 116.4074), (0.0, 0.0)


def metres(here: tuple[float | None, float | None], there: tuple[float, float]) -> float | None:
    columns = {"latitude": pa.array([here[0]], pa.float64()), "longitude": pa.array([here[1]], pa.float64())}
    found = with_metres(ibis.memtable(pa.table(columns)), there)
    return reader().to_pyarrow(found)["metres"][0].as_py()


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        (SHANGHAI, BEIJING, 1_067_300),
        (BEIJING, SHANGHAI, 1_067_300),
        (SHANGHAI, SHANGHAI, 0),
        (NULL_ISLAND, (0.0, 180.0), 3.141592653589793 * RADIUS),  # the other side
        ((12.3, 45.6), (-12.3, -134.4), 3.141592653589793 * RADIUS),
        ((0.0, 179.9), (0.0, -179.9), 0.2 * 111_195.08),  # across the date line
        ((90.0, 0.0), (90.0, 77.0), 0),  # a pole has every longitude
    ],
)
def test_distances_along_the_great_circle(here, there, expected: float) -> None:
    assert metres(here, there) == pytest.approx(expected, rel=1e-4, abs=0.01)


def test_a_metre_is_told_from_two() -> None:
    near = (SHANGHAI[0] + 1 / 111_195.08, SHANGHAI[1])
    assert metres(near, SHANGHAI) == pytest.approx(1, rel=1e-3)


def test_without_a_coordinate_there_is_no_distance() -> None:
    assert metres((None, 121.0), SHANGHAI) is None
    assert metres((31.0, None), SHANGHAI) is None


def test_below_a_unit_are_all_that_hang_from_it_even_in_a_circle() -> None:
    parents = {"R1": "HQ", "R2": "HQ", "D1": "R1", "D2": "D1", "A": "B", "B": "A", "alone": None}
    assert below(parents, "HQ") == {"HQ", "R1", "R2", "D1", "D2"}
    assert below(parents, "D1") == {"D1", "D2"}
    assert below(parents, "A") == {"A", "B"}
    assert below(parents, "alone") == {"alone"}


def test_of_several_sources_the_last_that_says_so_is_believed() -> None:
    told = [
        {"source": "erp", "code": "S1", "unit": "R1", "latitude": Decimal("31.2"), "longitude": Decimal("121.5")},
        {"source": "pos", "code": "S1", "unit": "R2"},
    ]
    rows = [{**row, "observed_at": datetime(2024, 1, day, tzinfo=UTC)} for day, row in enumerate(told, 1)]
    unit = {"source": "erp", "code": "R2", "parent": "HQ", "observed_at": datetime(2024, 1, 1, tzinfo=UTC)}
    scope = Scope({STORES.name: filled(STORES, rows), ORGANISATIONS.name: filled(ORGANISATIONS, [unit])}, AS_OF, "UTC")
    engine = reader()
    assert engine.to_pyarrow(stores(scope)).to_pylist() == [
        {"store": "S1", "unit": "R2", "latitude": Decimal("31.2"), "longitude": Decimal("121.5")}
    ]
    assert engine.to_pyarrow(units(scope)).to_pylist() == [{"unit": "R2", "parent": "HQ"}]


AS_OF = datetime(2024, 2, 1, tzinfo=UTC)


def filled(table: LakeTable, rows: list[dict[str, object]]) -> ibis.Table:
    every = [{**dict.fromkeys(table.schema.names), **row} for row in rows]
    return ibis.memtable(pa.Table.from_pylist(every, schema=table.schema))
