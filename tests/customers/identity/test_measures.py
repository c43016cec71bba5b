"""What is known of a customer is what the record says that was observed last and says it; age and birthday turn."""

from datetime import UTC, date, datetime

import ibis
import pyarrow as pa
import pytest
from tests.conftest import reader

from quanyu.customers.identity.measures import FIELDS, PATHS, PEOPLE
from quanyu.customers.identity.tables import RECORDS
from quanyu.foundation.measuring import Measure, Scope

OWNERS = {1: 0, 2: 0, 3: 1, 4: 1, 5: 2, 6: 3, 7: 3}
SEEN = [
    (1, "France", 2, 1),
    (2, "Germany", 1, 9),
    (3, "NO", 1, 1),
    (4, None, 5, 2),
    (5, None, 1, 1),
    (6, "Spain", 3, 1),
    (7, "Italy", 3, 2),
    (8, "Japan", 9, 9),
]
AS_OF = datetime(2012, 2, 1, tzinfo=UTC)


def found(
    rows: list[dict[str, object]], as_of: datetime = AS_OF, zone: str = "UTC", measure: Measure = PEOPLE
) -> dict[int, dict[str, object]]:
    empty = dict.fromkeys(RECORDS.schema.names)
    tables = {
        "records": ibis.memtable(pa.Table.from_pylist([{**empty, **row} for row in rows], schema=RECORDS.schema)),
        "customer_of_record": ibis.memtable(pa.table({"record": list(OWNERS), "customer": list(OWNERS.values())})),
    }
    told = reader().to_pyarrow(measure.build(Scope(tables, as_of, zone))).to_pylist()
    return {row.pop("customer"): row for row in told}


def seen(record: int, day: int = 1, **values: object) -> dict[str, object]:
    observed = datetime(2012, 1, day, tzinfo=UTC)
    return {"record": record, "source": "till", "observed_at": observed, "import_number": 1, **values}


def test_the_last_named_country_wins() -> None:
    rows = [seen(record, day, country=country) | {"import_number": n} for record, country, day, n in SEEN]
    told = {customer: row["country"] for customer, row in found(rows).items()}
    assert told == {0: "France", 1: "NO", 2: None, 3: "Italy"}


def test_each_value_is_the_last_that_was_said_of_it() -> None:
    told = found(
        [
            seen(1, 1, province="浙江省", city="杭州市", gender="f", level="gold", staff="E1", source="app"),
            seen(2, 2, city="宁波市", status="active", language="zh_CN", store="S1", channel="web"),
        ]
    )[0]
    assert [told[name] for name in ("province", "city", "gender", "level", "staff")] == [
        "浙江省", "宁波市", "f", "gold", "E1",
    ]  # fmt: skip
    assert [told[name] for name in ("status", "language", "store", "channel")] == ["active", "zh_CN", "S1", "web"]
    assert told["sources"] == 2


def test_he_joined_where_and_when_he_was_registered_first() -> None:
    told = found(
        [
            seen(1, 9, source="app", registered_at=datetime(2012, 1, 3, 23, 30, tzinfo=UTC)),
            seen(2, 1, source="till", registered_at=datetime(2012, 1, 5, tzinfo=UTC)),
            seen(3, 1, registered_at=datetime(2012, 2, 3, tzinfo=UTC)),
            seen(5, 1, source="web"),
        ],
        zone="Europe/Berlin",
    )
    assert (told[0]["first_source"], told[0]["registered"]) == ("app", date(2012, 1, 4))  # half past midnight there
    assert told[1]["registered"] is None, "not yet by the day asked for"
    assert (told[2]["first_source"], told[2]["registered"], told[2]["sources"]) == (None, None, 1)


def test_first_are_store_guide_and_channel_of_the_record_registered_first_that_names_them() -> None:
    told = found(
        [
            seen(1, registered_at=datetime(2012, 1, 3, tzinfo=UTC), channel="live"),
            seen(2, registered_at=datetime(2012, 1, 5, tzinfo=UTC), store="S2", staff="E2", channel="till"),
            seen(5, store="S9", staff="E9"),
        ]
    )
    names = ("first_store", "first_staff", "first_channel")
    assert [told[0][name] for name in names] == ["S2", "E2", "live"]
    assert [told[2][name] for name in names] == [None, None, None]


def test_a_path_is_the_sources_in_the_order_in_which_they_registered_him() -> None:
    rows = [
        seen(1, source="mini_program", registered_at=datetime(2012, 1, 9, tzinfo=UTC)),
        seen(2, source="douyin", registered_at=datetime(2012, 1, 3, tzinfo=UTC)),
        seen(3, source="till", registered_at=datetime(2012, 1, 3, tzinfo=UTC)),
        seen(4, source="till", registered_at=datetime(2012, 1, 4, tzinfo=UTC)),
        seen(5, source="web"),
        seen(6, source="app", registered_at=datetime(2012, 2, 2, tzinfo=UTC)),
    ]
    told = found(rows, measure=PATHS)
    assert {customer: row["path"] for customer, row in told.items()} == {0: "douyin > mini_program", 1: "till"}


@pytest.mark.parametrize(
    ("as_of", "age", "birthday"),
    [
        (datetime(2012, 3, 8, tzinfo=UTC), 21, date(2012, 3, 8)),  # 7 March is the last day that has been
        (datetime(2012, 3, 9, tzinfo=UTC), 22, date(2012, 3, 8)),
        (datetime(2012, 3, 10, tzinfo=UTC), 22, date(2013, 3, 8)),
    ],
)
def test_age_and_birthday_turn_on_the_day(as_of: datetime, age: int, birthday: date) -> None:
    told = found([seen(1, birth_year=1990, birthday="03-08")], as_of)[0]
    assert (told["age"], told["next_birthday"], told["birth_month"]) == (age, birthday, 3)


def test_a_birthday_on_a_leap_day_is_kept_on_1_march() -> None:
    rows = [seen(1, birthday="02-29")]
    assert found(rows, datetime(2013, 2, 1, tzinfo=UTC))[0]["next_birthday"] == date(2013, 3, 1)
    assert found(rows, datetime(2012, 2, 1, tzinfo=UTC))[0]["next_birthday"] == date(2012, 2, 29)
    assert found(rows, datetime(2011, 3, 3, tzinfo=UTC))[0]["next_birthday"] == date(2012, 2, 29)


def test_an_age_is_that_of_a_living_person() -> None:
    rows = [seen(1, birth_year=1990), seen(3, birth_year=1900, birthday="01-01"), seen(5, birth_year=2012)]
    assert {customer: row["age"] for customer, row in found(rows).items()} == {0: 22, 1: None, 2: 0}


def test_every_field_is_a_column() -> None:
    told = found([seen(1)])[0]
    assert {field.column for field in FIELDS if field.measure == PEOPLE} == told.keys()
