"""Opening balances of points land as versions by member: the latest instant speaks."""

from quanyu.commerce.loyalty.tables import POINTS_OPENINGS

COLUMNS = "customer balance as_of expires_at"


def test_the_latest_balance_speaks(deliver, rows):
    given = [
        ("M1", "1280", "2026-03-01", "2026-12-31"),
        ("M1", "900", "2026-01-01", "2026-12-31"),
        ("M2", "-5.0", "2026-03-01", ""),
        ("M3", "12.5", "2026-03-01", ""),
        ("", "5", "2026-03-01", ""),
    ]
    count = deliver("points_opening", COLUMNS, given)
    assert (count.landed, count.rejected, count.known) == (2, 2, 1)
    late = [("M1", "1000", "2026-02-01", ""), ("M2", "7", "2026-03-01", "")]
    count = deliver("points_opening", COLUMNS, late)
    assert (count.landed, count.known) == (1, 1)
    assert sorted(row["balance"] for row in rows(POINTS_OPENINGS)) == [7, 1280]
    assert len({row["record"] for row in rows(POINTS_OPENINGS)}) == 2
    assert deliver("points_opening", COLUMNS, given[:1], source="app").landed == 1
