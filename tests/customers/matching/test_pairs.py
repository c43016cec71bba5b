"""How many matches there are follows from the weights alone; what is kept is written whole."""

import duckdb
import numpy as np
import pytest

from quanyu.customers.matching.pairs import WEIGHED, _keep, likeliest_share, refuse_place
from quanyu.foundation.errors import Invalid


@pytest.mark.parametrize("share", [1e-5, 1e-3, 0.05])
def test_the_share_of_matches_is_found_again(share):
    """Weights of two kinds of pairs, drawn as the model says: 95% of matches agree, 1% of the others."""
    possible = 1e8
    agree, differ = np.log2(0.95**3 / 0.01**3), np.log2(0.05 / 0.99) * 3
    times = np.array([share * 0.95**3 + (1 - share) * 0.01**3, share * 0.05**3 + (1 - share) * 0.99**3]) * possible
    mixed = [np.log2(0.95**2 * 0.05 / (0.01**2 * 0.99)), np.log2(0.95 * 0.05**2 / (0.01 * 0.99**2))]
    times = np.append(
        times,
        possible
        * 3
        * np.array(
            [
                share * 0.95**2 * 0.05 + (1 - share) * 0.01**2 * 0.99,
                share * 0.95 * 0.05**2 + (1 - share) * 0.01 * 0.99**2,
            ]
        ),
    )
    found = likeliest_share(np.array([agree, differ, *mixed]), times, possible, 1e-4)
    assert found == pytest.approx(share, rel=0.02)


def test_without_pairs_there_are_no_matches():
    assert likeliest_share(np.zeros(0), np.zeros(0), 1e6, 1e-4) < 1e-9


def test_the_best_partner_is_best_for_both():
    connection = duckdb.connect()
    pairs = [(1, 11, 9.0), (1, 12, 8.0), (2, 12, 7.0), (3, 13, -4.0), (4, 14, 3.0), (4, 15, 3.0)]
    rows = ", ".join(map(str, pairs))
    connection.execute(f"create table {WEIGHED} as select * from (values {rows}) t(record_l, record_r, match_weight)")
    _keep(connection, 0.5, "all")
    assert connection.execute("select count(*) from kept_pairs").fetchone() == (5,)
    _keep(connection, 0.5, "best")
    kept = connection.execute("select record_l, record_r from kept_pairs order by 1").fetchall()
    assert kept == [(1, 11), (4, 14)], "2 prefers 12, and 12 prefers 1; of equals the first is taken"


def test_only_tables_are_written(tmp_path):
    with pytest.raises(Invalid, match="cannot be written"):
        refuse_place(tmp_path / "pairs.xlsx")
    with pytest.raises(Invalid):
        refuse_place(tmp_path / "nowhere" / "pairs.csv")
    assert refuse_place(tmp_path / "pairs.parquet") is None
