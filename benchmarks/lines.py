"""Makes order lines to measure with: skewed, with returns and unknown buyers, in random order."""

import codecs
import csv
from pathlib import Path

import duckdb


def write_lines(file: Path, lines: int, seed: int = 7, product: str = "PRODUCT") -> None:
    """Write `lines` order lines as CSV in the shape of the gift retailer.

    Customers and products follow a Zipf-like law, a quarter of the lines name no buyer, 2% are returns, orders have
    four lines on average, two years long; rows stand in random order.
    """
    customers, products, orders = max(lines // 13, 10), 20_000, max(lines // 4, 5)
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "6GB", "preserve_insertion_order": False})
    connection.execute("set enable_progress_bar = false")
    connection.execute(f"select setseed({seed % 1000 / 1000})")
    uniform = [f"(hash(line * 16 + {i} + {seed}::bigint * 1000003) % 1000000007) / 1000000007.0" for i in range(8)]
    connection.execute(
        f"""
        copy (
            with numbered as (select range as line, ({uniform[0]} * {orders})::bigint as o from range({lines})),
            ordered as (select *, (hash(o * 31 + {seed}) % 1000000007) / 1000000007.0 as u,
                               (hash(o * 37 + {seed}) % 1000000007) / 1000000007.0 as v,
                               (hash(o * 41 + {seed}) % 1000000007) / 1000000007.0 as w from numbered),
            drawn as (select line, o, v, w, {uniform[1]} as p, {uniform[2]} as q,
                             {uniform[3]} as r,
                             case when w * 50 % 1 < 0.25 then null
                                  else 10000 + (case when v < 0.5 then pow({customers}, u)::bigint
                                                     else (hash(o) % {customers})::bigint end) end as customer
                      from ordered)
            select case when w < 0.02 then 'C' else '' end || (500000 + o) as InvoiceNo,
                   'P' || pow({products}, p)::int as StockCode,
                   '{product} ' || pow({products}, p)::int as Description,
                   (case when w < 0.02 then -1 else 1 end) * (1 + (11 * q * q * q)::int) as Quantity,
                   strftime(timestamp '2024-01-01' + to_seconds((v * 63072000)::bigint), '%Y-%m-%d %H:%M:%S')
                       as InvoiceDate,
                   printf('%.2f', 0.19 + 30 * r * r * r + pow({products}, p)::int % 7) as UnitPrice,
                   customer as CustomerID,
                   case when hash(customer) % 10 < 8 then 'United Kingdom' when hash(customer) % 10 = 8 then 'France'
                        else 'Germany' end as Country
            from drawn order by hash(line)
        ) to '{file}' (format csv, header true)
        """
    )
    connection.close()


def write_transcoded(source: Path, target: Path, encoding: str = "gb18030") -> None:
    with source.open(encoding="utf-8") as read, codecs.open(str(target), "w", encoding) as written:
        while piece := read.read(1 << 24):
            written.write(piece)


def write_workbook(file: Path, rows: int) -> None:
    """Write `rows` order lines of eight cells each as one sheet, numbers and days as such."""
    import xlsxwriter

    made = file.with_suffix(".csv")
    write_lines(made, rows, product="商品")
    book = xlsxwriter.Workbook(str(file), {"constant_memory": True, "strings_to_numbers": True})
    sheet = book.add_worksheet("订单")
    with made.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.reader(lines)):
            sheet.write_row(number, 0, row)
    book.close()
    made.unlink()
