"""Units, stores and staff land as versions by their codes."""

from datetime import date
from decimal import Decimal

from quanyu.commerce.stores.tables import ORGANISATIONS, STAFF, STORES
from quanyu.customers.ingest.rejects import list_rejects

STORE = "code name latitude longitude opened closed type observed_at"


def test_the_company_as_its_sources_say_last(deliver, rows, workspace):
    stores = [
        ("S1", "North", "31.238045", "121.484361", "2019-05-01", "", "直营", "2026-01-01"),
        ("S2", "South", "91", "121", "", "", "", "2026-01-01"),
        ("S3", "East", "", "", "May", "", "", "2026-01-01"),
        ("S4", "West", "", "", "", "", "kiosk", "2026-01-01"),
        ("S1", "Northern", "31.238045", "121.484361", "2019-05-01", "", "DIRECT", "2026-02-01"),
    ]
    count = deliver("store", STORE, stores)
    assert (count.landed, count.rejected, count.known) == (1, 3, 1)
    assert [reject.reason.en for reject in list_rejects(workspace)] == [
        "latitude is larger than 90, which cannot be right.",
        "opened is not a date.",
        "type is not one of direct, franchise, counter, outlet, pop_up.",
    ]
    assert deliver("store", STORE, stores).landed == 0
    closed = [("S1", "Northern", "31.238045", "121.484361", "2019-05-01", "2026-02-28", "direct", "2026-03-01")]
    assert deliver("store", STORE, closed).landed == 1
    assert deliver("store", STORE, stores).landed == 0
    (store,) = rows(STORES)
    assert (store["name"], store["type"], store["latitude"]) == ("Northern", "direct", Decimal("31.238045"))
    assert (store["opened"], store["closed"]) == (date(2019, 5, 1), date(2026, 2, 28))

    units = [("G", "", "group", "禾元"), ("R1", "G", "region", "East"), ("", "G", "region", "West")]
    assert deliver("organisation", "code parent level name", units).landed == 2
    assert deliver("organisation", "code parent level name", units, source="hr").landed == 2
    assert len(rows(ORGANISATIONS)) == 4

    staff = [("E1", "王小明", "S1", "导购", "2022-03-01", ""), ("E2", "李雷", "S1", "店长", "someday", "")]
    count = deliver("staff", "number name store role hired left", staff)
    assert (count.landed, count.rejected) == (1, 1)
    assert deliver("staff", "number name store role hired left", [(*staff[0][:-1], "2026-03-31")]).landed == 1
    (person,) = rows(STAFF)
    assert (person["name"], person["left"]) == ("王小明", date(2026, 3, 31))
    assert "李雷" not in list_rejects(workspace)[0].reason.en + list_rejects(workspace)[0].reason.zh
