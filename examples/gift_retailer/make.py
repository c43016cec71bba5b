"""Writes orders.csv: made-up invoice lines of a British online gift retailer, from 2010-12-01 to 2011-12-09.

It has what real files have: cancellations (numbers with a C, negative quantities), lines without a customer, the same
line twice on one invoice, postage as a product, prices of zero, a few customers and products that make most of the
turnover. The same seed writes the same file. Needs NumPy only.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

SEED = 2_010
FIRST_DAY, LAST_MINUTE = datetime.fromisoformat("2010-12-01"), datetime.fromisoformat("2011-12-09 12:50")
CUSTOMERS, PRODUCTS, INVOICES = 300, 180, 1_130
HEADER = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")

QUANTITIES = (1, 2, 3, 4, 6, 8, 12, 24, 48, 96)
OFTEN = (0.15, 0.14, 0.08, 0.1, 0.14, 0.05, 0.16, 0.1, 0.06, 0.02)
COLOURS = ("RED", "BLUE", "PINK", "IVORY", "GREEN", "BLACK")
STYLES = ("SPOTTED", "STRIPED", "VINTAGE", "RUSTIC", "FLORAL")
THINGS = ("TEA TOWEL", "LANTERN", "MUG", "PICNIC BASKET", "BUNTING", "CAKE TIN", "DOORSTOP", "WALL CLOCK", "NOTEBOOK")
ABROAD = ("Germany", "France", "EIRE", "Spain", "Netherlands", "Belgium", "Switzerland", "Portugal", "Australia")

Row = tuple[str, str, str, int, datetime, float, str, str]


@dataclass(frozen=True)
class Buyer:
    """A customer, from the first day to the last on which something may be bought; `returns` is how readily."""

    number: str
    country: str
    first: datetime
    last: datetime
    returns: float


def products(draw: np.random.Generator) -> list[tuple[str, str, float]]:
    """Code, name and price, the most sold first."""
    codes = np.sort(draw.choice(np.arange(20_000, 24_000), PRODUCTS, replace=False))
    names = [f"{c} {s} {t}" for c in COLOURS for s in STYLES for t in THINGS]
    chosen = draw.choice(len(names), PRODUCTS, replace=False)
    prices = np.maximum(0.19, np.round(draw.lognormal(1.0, 0.7, PRODUCTS) * 20) / 20 - 0.05)
    letters = draw.choice(["", "", "", "A", "B"], PRODUCTS)
    listed = [(f"{code}{x}", names[i], float(p)) for code, x, i, p in zip(codes, letters, chosen, prices, strict=True)]
    return [listed[i] for i in draw.permutation(PRODUCTS)]


def buyers(draw: np.random.Generator) -> list[Buyer]:
    """The best come first: a third have been there from the start, a quarter have stopped, one in twelve returns."""
    numbers = np.sort(draw.choice(np.arange(12_346, 18_288), CUSTOMERS, replace=False))
    made: list[Buyer] = []
    for number in draw.permutation(numbers):
        first = FIRST_DAY + timedelta(days=max(0.0, float(draw.uniform(-150, 365))))
        stays = draw.random() > 0.25
        last = LAST_MINUTE if stays else first + (LAST_MINUTE - first) * float(draw.uniform(0.2, 0.6))
        country = "United Kingdom" if draw.random() < 0.85 else str(draw.choice(ABROAD))
        made.append(Buyer(str(number), country, first, last, 0.8 if draw.random() < 0.08 else 0.04))
    return made


def zipf(draw: np.random.Generator, size: int, exponent: float, number: int) -> np.ndarray:
    """Positions below `size`, the first by far the most often."""
    weights = 1 / np.arange(1, size + 1) ** exponent
    return draw.choice(size, number, p=weights / weights.sum())


def office_hours(draw: np.random.Generator, first: datetime, last: datetime) -> datetime:
    """A minute between 8:00 and 18:00 and not on a Saturday; later in the year is likelier."""
    at = first + (last - first) * float(draw.random() ** 0.8)
    at = at.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(minutes=int(draw.integers(0, 600)))
    return min(at - timedelta(days=1) if at.weekday() == 5 else at, LAST_MINUTE)


def sold(
    draw: np.random.Generator, at: datetime, buyer: Buyer | None, shelf: list[tuple[str, str, float]]
) -> list[Row]:
    """The lines of one invoice; its number comes later."""
    who, country = (buyer.number, buyer.country) if buyer else ("", "United Kingdom")
    rows: list[Row] = []
    for i in set(zipf(draw, PRODUCTS, 0.8, 1 + int(draw.gamma(1.6, 3.0))).tolist()):
        code, name, price = shelf[i]
        quantity = int(draw.choice(QUANTITIES, p=OFTEN))
        rows.append(("", code, name, quantity, at, price, who, country))
    if draw.random() < 0.08:
        rows.append(rows[0])
    if draw.random() < 0.01:
        rows.append((*rows[0][:3], 1, at, 0.0, who, country))
    if country != "United Kingdom":
        rows.append(("", "POST", "POSTAGE", int(draw.integers(1, 4)), at, 18.0, who, country))
    return rows


def returned(draw: np.random.Generator, rows: list[Row]) -> list[Row]:
    """Some of the lines again, later, with negative quantities."""
    at = rows[0][4]
    later = min(office_hours(draw, at + timedelta(days=2), at + timedelta(days=21)), LAST_MINUTE)
    back = [row for row in rows if draw.random() < 0.6] or rows[:1]
    return [(*row[:3], -int(draw.integers(1, row[3] + 1)), later, *row[5:]) for row in back if row[5] > 0]


def invoices(draw: np.random.Generator) -> Iterator[tuple[str, list[Row]]]:
    """Pairs of kind (sale, C for a cancellation) and lines."""
    shelf, people = products(draw), buyers(draw)
    whose = [*range(CUSTOMERS), *zipf(draw, CUSTOMERS, 0.8, INVOICES - CUSTOMERS).tolist()]
    for place, i in enumerate(whose):
        buyer = None if place >= CUSTOMERS and draw.random() < 0.37 else people[i]
        first, last = (buyer.first, buyer.last) if buyer else (FIRST_DAY, LAST_MINUTE)
        rows = sold(draw, office_hours(draw, first, last), buyer, shelf)
        yield "", rows
        if buyer and draw.random() < buyer.returns:
            yield "C", returned(draw, rows)
    for _ in range(25):
        code, _, _ = shelf[int(draw.integers(0, PRODUCTS))]
        at = office_hours(draw, FIRST_DAY, LAST_MINUTE)
        yield "", [("", code, "damaged", -int(draw.integers(1, 60)), at, 0.0, "", "United Kingdom")]


def write(path: Path) -> None:
    made = sorted(
        ((kind, rows) for kind, rows in invoices(np.random.default_rng(SEED)) if rows), key=lambda i: i[1][0][4]
    )
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for number, (kind, rows) in enumerate(made, start=536_365):
            for _, code, name, quantity, at, price, who, country in rows:
                writer.writerow(
                    (f"{kind}{number}", code, name, quantity, f"{at:%Y-%m-%d %H:%M}", f"{price:.2f}", who, country)
                )


if __name__ == "__main__":
    write(Path(__file__).with_name("orders.csv"))
