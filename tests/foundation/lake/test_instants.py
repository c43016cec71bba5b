"""Local times become the instants that the time zone database gives them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.instants import instant, local_time
from quanyu.foundation.settings import Settings

ZONES = ("Europe/London", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
# Clock changes of 2024 in these zones, and any time from 1992, when the last of them had settled its rules, to 2037.
CHANGES = [datetime(2024, *day) for day in ((3, 31, 1), (10, 27, 1), (3, 10, 2), (11, 3, 1), (4, 7, 2), (10, 6, 2))]
NEAR = st.builds(
    lambda day, off: day + off, st.sampled_from(CHANGES), st.timedeltas(timedelta(hours=-4), timedelta(hours=4))
)
TIMES = NEAR | st.datetimes(datetime(1992, 1, 1), datetime(2037, 12, 31))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDB]:
    folder = tmp_path_factory.mktemp("engine")
    opened = DuckDB(Settings(folder, memory=1 << 30, threads=1), folder / "spill")
    yield opened
    opened.close()


def instants(engine: DuckDB, times: list[datetime], zone: str) -> list[datetime]:
    rows = ibis.memtable(pa.table({"local": pa.array(times, pa.timestamp("us"))}))
    found = engine.backend().to_pyarrow(rows.select(at=instant(rows.local, zone)))["at"]
    assert found.type == pa.timestamp("us", "UTC")
    return found.to_pylist()


def expected(local: datetime, zone: str) -> datetime:
    """A skipped time moves forward by the change; of two instants with one local time the later is taken."""
    earlier, later = (local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(earlier, later)


@settings(max_examples=30, deadline=None)
@given(st.lists(TIMES, min_size=1, max_size=30), st.sampled_from(ZONES))
def test_instants_are_those_of_the_time_zone_database(engine: DuckDB, times: list[datetime], zone: str):
    assert instants(engine, times, zone) == [expected(time, zone) for time in times]


def test_a_skipped_hour_moves_forward_and_a_doubled_one_is_the_second(engine: DuckDB):
    skipped, doubled = datetime(2024, 3, 31, 1, 30), datetime(2024, 10, 27, 1, 30)
    assert instants(engine, [skipped, doubled], "Europe/London") == [
        datetime(2024, 3, 31, 1, 30, tzinfo=UTC),  # which London called 02:30
        datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("text", "form", "time"),
    [
        ("2024-02-29 23:59:59.123456", "", datetime(2024, 2, 29, 23, 59, 59, 123456)),
        ("2024-02-29T23:59", "", datetime(2024, 2, 29, 23, 59)),
        ("2024-02-29", "", datetime(2024, 2, 29)),
        ("2023-02-29", "", None),
        ("yesterday", "", None),
        ("12/1/2010 8:26", "%m/%d/%Y %H:%M", datetime(2010, 12, 1, 8, 26)),
        ("13/1/2010 8:26", "%m/%d/%Y %H:%M", None),
        (None, "%Y", None),
    ],
)
def test_a_local_time_is_read_or_missing(engine: DuckDB, text: str | None, form: str, time: datetime | None):
    rows = ibis.memtable(pa.table({"text": pa.array([text], pa.string())}))
    assert engine.backend().to_pyarrow(rows.select(at=local_time(rows.text, form)))["at"].to_pylist() == [time]
