"""Attributes land value by value: what is missing takes nothing away, what is private is sealed once."""

from datetime import UTC, datetime

from quanyu.customers.identity.private import open_attributes
from quanyu.customers.identity.tables import RECORDS, RECORDS_PRIVATE

COLUMNS = "key name gender birth_date city address registered_at store level status observed_at"


def people(rows):
    """Return what is known of the living record ordinals, NULL left out."""
    found = sorted(rows(RECORDS), key=lambda row: row["record"])
    noise = {"record", "source", "content_hash", "import_number", "older_values", "observed_at"}
    return [
        {k: v for k, v in r.items() if v is not None and k not in noise and not k.endswith(("_hash", "_key"))}
        for r in found
    ]


def sealed(workspace):
    """Return type and value of every private attribute as it is, and how many were ever sealed."""
    vector = workspace.lake.vector([RECORDS_PRIVATE])
    blocks = workspace.lake.table(RECORDS_PRIVATE, vector)
    ever = workspace.lake.to_arrow(blocks.filter(blocks.attributes).rows.sum().as_scalar().as_table())
    return [tuple(r.values()) for r in open_attributes(workspace, vector).to_pylist()], ever[0][0].as_py()


def test_a_value_is_kept_until_another_takes_its_place(deliver, rows, workspace):
    first = [
        ("m1", "王小明", "男", "1990-03-08", "杭州市", "文三路 100 号", "2019-05-01 10:00", "S01", "金卡", "正常",
         "2026-01-01"),
    ]  # fmt: skip
    assert deliver("customer_record", COLUMNS, first).landed == 1
    known = {
        "gender": "m", "birth_year": 1990, "birthday": "03-08", "city": "杭州市", "store": "S01", "level": "金卡",
        "status": "active", "registered_at": datetime(2019, 5, 1, 9, tzinfo=UTC), "name_gender": "open",
    }  # fmt: skip
    private = [(0, "address", "文三路 100 号"), (0, "birth_date", "1990-03-08"), (0, "name", "王小明")]
    assert (people(rows), sealed(workspace)) == ([known], (private, 3))
    assert rows(RECORDS)[0]["name_hash"] not in (None, rows(RECORDS)[0]["address_hash"])

    # The same again is known; what is empty, or says that it is unknown, takes nothing away.
    again = deliver("customer_record", COLUMNS, first)
    assert (again.landed, again.known) == (0, 1)
    assert deliver("customer_record", "key gender city observed_at", [("m1", "0", "", "2026-02-01")]).landed == 0
    assert (people(rows), sealed(workspace)) == ([known], (private, 3))

    # A correction of one value leaves the others, and seals that one alone; an older one changes nothing.
    mended = [("m1", "王晓明", "宁波市", "2026-03-01"), ("m1", "小王", "", "2026-02-15")]
    assert deliver("customer_record", "key name city observed_at", mended).landed == 1
    assert deliver("customer_record", "key name observed_at", [("m1", "小王", "2026-02-20")]).landed == 0
    private[2] = (0, "name", "王晓明")
    assert (people(rows), sealed(workspace)) == ([known | {"city": "宁波市"}], (private, 4))


def test_days_of_birth_that_are_none_are_left_out(deliver, rows, workspace):
    given = [
        ("1899-12-31", "", None, None), ("2199-01-01", "", None, None), ("1900-01-01", "", 1900, "01-01"),
        ("", "3月8日", None, "03-08"), ("", "12-31", None, "12-31"), ("", "02/29", None, "02-29"),
        ("", "02-30", None, None), ("", "0308", None, "03-08"), ("", "1990年3月8日", 1990, "03-08"),
        ("", "19900308", 1990, "03-08"), ("", "32940", 1990, "03-08"), ("", "2199-03-08", None, None),
        ("", "春天", None, None), ("1990-03-08", "04-01", 1990, "03-08"), ("", "1990/3/8", 1990, "03-08"),
        ("", "1990-02-30", None, None),
    ]  # fmt: skip
    count = deliver("customer_record", "key birth_date birthday", [(i, b, d) for i, (b, d, *_) in enumerate(given)])
    assert (count.landed, count.rejected) == (len(given), 0)
    found = {(r.get("birth_year"), r.get("birthday")) for r in people(rows)}
    assert found == {(year, day) for *_, year, day in given}
    dates = [value for _, type_, value in sealed(workspace)[0] if type_ == "birth_date"]
    assert len(dates) == sum(year is not None for *_, year, _day in given)
