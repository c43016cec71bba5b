"""Writes campaign.csv: a made-up e-mail test of 6,000 customers whose true effects are written below.

Without a mail 10.6% visit, 1.2% buy; men's mail: 17.5% and 3.0%; women's mail: 14.5% and 2.0%. Whoever buys spends a
lognormal amount, the same in every group.
"""

import csv
from pathlib import Path

import numpy as np

CUSTOMERS = 6_000
SEED = 2_026
RATES = {"No E-Mail": (0.106, 0.012), "Mens E-Mail": (0.175, 0.030), "Womens E-Mail": (0.145, 0.020)}


def draw() -> list[tuple[str, str, int, int, str]]:
    generator = np.random.default_rng(SEED)
    names = list(RATES)
    groups = generator.integers(0, len(names), CUSTOMERS)
    visit_rates = np.array([RATES[name][0] for name in names])[groups]
    buy_rates = np.array([RATES[name][1] for name in names])[groups]
    visits = generator.random(CUSTOMERS) < visit_rates
    buys = visits & (generator.random(CUSTOMERS) < buy_rates / visit_rates)
    spend = np.where(buys, generator.lognormal(4.4, 0.8, CUSTOMERS), 0.0)
    return [
        (f"C{row + 1:05d}", names[group], int(visit), int(buy), f"{amount:.2f}")
        for row, (group, visit, buy, amount) in enumerate(zip(groups, visits, buys, spend, strict=True))
    ]


def write(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("customer", "segment", "visit", "conversion", "spend"))
        writer.writerows(draw())


if __name__ == "__main__":
    write(Path(__file__).with_name("campaign.csv"))
