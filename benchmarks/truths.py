"""What messages truly bring to the whole simulated company: in the life that was lived, and by other luck."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import duckdb
from lives import Life, noon, sent, write_messages

from quanyu.simulator.lots import brought
from quanyu.simulator.respond import respond

EVERYBODY = "everybody"
MARGIN, PRICES = 0.45, {"sms": 0.045, "wecom": 0.0}
AGAIN = 28
"""Days until everybody is written to once more: both weeks in which a message works lie within those that count."""
LADDER = {
    "once": (0,),
    "twice, four weeks apart": (0, AGAIN),
    "four times, 15 days apart": (0, 15, 30, 45),
    "every week": range(0, 60, 7),
}


@dataclass(frozen=True)
class Truth:
    """What messages truly brought to the whole company: revenue net of what came back, discounts, messages, and net.

    `by_lot` is the net that they would have brought with other luck.
    """

    messages: int
    revenue: float
    discount: float
    price: float
    by_lot: tuple[float, ...] = ()

    @property
    def net(self) -> float:
        return net_of(self.revenue, self.discount, self.price)


def net_of(revenue: float, discount: float, price: float) -> float:
    return MARGIN * (revenue + discount) - discount - price


def mean_and_error(lots: Sequence[float]) -> tuple[float, float]:
    """Return the mean over lots, and its standard error."""
    return statistics.fmean(lots), statistics.stdev(lots) / len(lots) ** 0.5


def beyond(mine: Truth, its: Truth) -> tuple[float, float]:
    """Return by how much more one can be expected to bring, and the error of that: the same luck falls out."""
    return mean_and_error([a - b for a, b in zip(mine.by_lot, its.by_lot, strict=True)])


def truth_of(life: Life, rows: Sequence[dict[str, str]], name: str, days: int, lots: int = 0) -> Truth:
    """Let the company answer these messages, and compare with what it would have done without any."""
    file = write_messages(life.folder / f"{name}.csv", rows)
    folder = life.folder / f"truth-of-{name}"
    if not folder.exists():
        respond(life.arguments, file, life.folder / f"out-{name}", folder, days, 1)
    query = "select sum(spent_with - spent_without), sum(discount_with - discount_without) from read_parquet('{}')"
    revenue, discount = duckdb.execute(query.format(folder / "*.parquet")).fetchall()[0]
    price = sum(PRICES[row["channel"]] for row in rows)
    told = brought(life.arguments, file, days, lots).to_pylist() if lots else []
    by_lot = tuple(net_of(each["spent"] / 100, each["discount"] / 100, price) for each in told)
    return Truth(len(rows), revenue / 100, discount / 100, price, by_lot)


def ladder(life: Life, days: int, lots: int) -> dict[str, Truth]:
    """Return what other ways to write to everybody would truly bring: to whom the first message went."""
    first = noon(life.arguments, 0).date()
    firsts = [row for _, rows in sent(life.ws) for row in rows if row["sent_at"].startswith(str(first))]
    found: dict[str, Truth] = {}
    for name, sends in LADDER.items():
        rows = [
            row | {"message_id": f"{row['message_id']}-{day}", "sent_at": f"{first + timedelta(days=day)} 10:00:00"}
            for day in sends
            for row in firsts
        ]
        found[name] = truth_of(life, rows, f"ladder-{len(sends)}", days, lots)
    return found
