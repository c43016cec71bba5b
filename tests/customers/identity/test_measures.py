"""A customer's country is that of the record which was observed last and names one."""

from datetime import UTC, datetime

import ibis
import pyarrow as pa

from quanyu.customers.identity.measures import FIELDS, countries
from quanyu.customers.identity.tables import RECORDS
from quanyu.foundation.measuring import Scope

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


def test_the_last_named_country_wins() -> None:
    rows = [
        {
            **dict.fromkeys(RECORDS.schema.names),
            "record": record,
            "country": country,
            "observed_at": datetime(2012, 1, day, tzinfo=UTC),
            "import_number": number,
        }
        for record, country, day, number in SEEN
    ]
    tables = {
        "records": ibis.memtable(pa.Table.from_pylist(rows, schema=RECORDS.schema)),
        "customer_of_record": ibis.memtable(pa.table({"record": list(OWNERS), "customer": list(OWNERS.values())})),
    }
    found = ibis.duckdb.connect().to_pyarrow(countries(Scope(tables, datetime(2012, 2, 1, tzinfo=UTC), "UTC")))
    assert {row["customer"]: row["country"] for row in found.to_pylist()} == {0: "France", 1: "NO", 3: "Italy"}
    assert [field.column for field in FIELDS] == ["country"]
