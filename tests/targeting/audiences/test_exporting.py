"""An export holds the living members, their chosen tags in readable units, and appears whole."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.exporting import export
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.tags.computing import compute

AS_OF = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)
EVERYBODY = """
name: everybody
title: {en: Everybody, zh: 全部}
description: {en: Everybody., zh: 全部。}
rule: {tag: frequency, is: is_known}
"""


@pytest.fixture
def everybody(retailer):
    compute(retailer.ws, AS_OF)
    apply(retailer.ws, EVERYBODY)
    refresh(retailer.ws)
    return retailer


def test_csv_is_readable(everybody, tmp_path: Path) -> None:
    everybody.live(0, 1, 2, 3)
    done = export(
        everybody.ws, "everybody", tmp_path / "a.csv", ["monetary", "recency_days", "country", "first_purchase"]
    )
    assert done.rows == 4
    assert (tmp_path / "a.csv").read_text().splitlines() == [
        '"one_id","monetary_GBP","recency_days","country","first_purchase"',
        f'"cus_{0:032x}",180.01,62,"Germany",2011-01-31',
        f'"cus_{1:032x}",2.01,1,"France",2011-05-31',
        f'"cus_{2:032x}",,,"NO",',
        f'"cus_{3:032x}",30.00,161,"Japan",2011-01-01',
    ]
    assert [p.name for p in tmp_path.glob("*.part")] == []


def test_parquet_has_types(everybody, tmp_path: Path) -> None:
    export(everybody.ws, "everybody", tmp_path / "a.parquet")
    found = pq.read_table(tmp_path / "a.parquet")
    assert found.num_rows == 5
    assert found.schema.field("monetary_GBP").type == pa.decimal128(22, 2)
    assert found.schema.field("rfm_score").type == pa.string()
    assert found["average_basket_GBP"].to_pylist()[:2] == [Decimal("45.00"), Decimal("1.01")]
    assert found["last_purchase"].to_pylist()[1] == date(2011, 6, 30)


def test_what_cannot_be_written_is_said_before(everybody, tmp_path: Path) -> None:
    for path in (tmp_path / "a.xls", tmp_path / "nowhere" / "a.csv"):
        with pytest.raises(Invalid, match="cannot be written"):
            export(everybody.ws, "everybody", path)
    with pytest.raises(Invalid) as caught:
        export(everybody.ws, "everybody", tmp_path / "a.csv", ["monetry"])
    assert caught.value.allowed[0] == "monetary"
    with pytest.raises(NotFound):
        export(everybody.ws, "nobody", tmp_path / "a.csv")
    assert list(tmp_path.glob("a.*")) == []


def test_without_a_snapshot_it_says_what_to_do(retailer, tmp_path: Path) -> None:
    compute(retailer.ws, AS_OF)
    apply(retailer.ws, EVERYBODY)
    with pytest.raises(Conflict, match="no snapshot"):
        export(retailer.ws, "everybody", tmp_path / "a.csv")
    assert list(tmp_path.glob("a.*")) == []
