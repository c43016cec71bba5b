"""Reads the public data that the company is compared with; a data set that is not there is None."""

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from quanyu.simulator.realism.sales import Sales
from quanyu.simulator.realism.trial import Arm

ONLINE_RETAIL = "online_retail/online_retail_2010_12_2011_12.parquet"
CDNOW = "cdnow/cdnowElog.csv"
JOURNEY = "complete_journey/transactions_sample.parquet"
JOURNEY_PRODUCTS = "complete_journey/products.parquet"
HILLSTROM = "hillstrom/hillstrom.csv.gz"

# How the arms of the e-mail test are called, the one without a mail first.
_ARMS = ("No E-Mail", "Mens E-Mail", "Womens E-Mail")
_RETAIL = """
    select CustomerID as customer, InvoiceDate as day, InvoiceNo as "order", StockCode as product, '' as category,
      Quantity as quantity, Quantity * UnitPrice as listed, Quantity * UnitPrice as paid
    from read_parquet($file) where Quantity > 0 and UnitPrice > 0 and CustomerID is not null"""
_CDNOW = """
    select masterid as customer, strptime(date::varchar, '%Y%m%d') as day, masterid::varchar || ' ' || date as "order",
      '' as product, '' as category, cds as quantity, sales as listed, sales as paid
    from read_csv($file)"""
# The shelf price is what the till took and what the card and the maker's coupon took off it (the publisher's notes).
_JOURNEY = """
    select household_id as customer, transaction_timestamp as day, basket_id as "order", product_id as product,
      coalesce(department, '') as category, quantity, sales_value + retail_disc + coupon_match_disc as listed,
      sales_value - coupon_disc as paid
    from read_parquet($file) bought left join read_parquet($products) known using (product_id)
    where sales_value > 0 and coupon_disc <= sales_value"""
_MAILED = """
    select segment, visit::double as visit, conversion::double as bought, spend::double as spent from read_csv($file)"""


def online_retail(folder: Path) -> Sales | None:
    """Return a year of a British gift retailer; what was sent back or names no customer is left out."""
    return _sales(_RETAIL, folder / ONLINE_RETAIL)


def cdnow(folder: Path) -> Sales | None:
    """Return 18 months of those who first bought at a music mail order in the first three of them."""
    return _sales(_CDNOW, folder / CDNOW)


def complete_journey(folder: Path) -> Sales | None:
    """Return a sample of the lines of a year of grocery households."""
    if not (folder / JOURNEY_PRODUCTS).is_file():
        return None
    return _sales(_JOURNEY, folder / JOURNEY, products=str(folder / JOURNEY_PRODUCTS))


def hillstrom(folder: Path) -> tuple[Arm, ...] | None:
    """Return the arms of an e-mail test: no mail, men's mail, women's mail."""
    if not (folder / HILLSTROM).is_file():
        return None
    rows = duckdb.execute(_MAILED, {"file": str(folder / HILLSTROM)}).fetchnumpy()
    segment = np.asarray(rows["segment"])
    arms = [segment == name for name in _ARMS]
    columns = [np.asarray(rows[key], np.float64) for key in ("visit", "bought", "spent", "bought")]
    # Nobody in the test bought without a visit to the site: what was bought there is what was bought at all.
    return tuple(Arm(*(column[arm] for column in columns)) for arm in arms)


def _sales(query: str, file: Path, **more: str) -> Sales | None:
    if not file.is_file():
        return None
    numbered = f"""
        select dense_rank() over (order by customer) as customer, date_diff('day', date '1990-01-01', day::date) as day,
          dense_rank() over (order by "order") as "order", dense_rank() over (order by product) as product,
          dense_rank() over (order by category) as category, quantity::bigint as quantity,
          listed::double as listed, paid::double as paid
        from ({query}) order by all"""
    rows: pa.Table = duckdb.connect().sql(numbered, params={"file": str(file), **more}).to_arrow_table()
    return Sales(*(column.to_numpy() for column in rows.columns))
