"""Campaigns of the simulated company, whose truth is known, measured as a marketer would measure them.

Each run takes other customers of one company, writes by lot to some of them and leaves the others alone. The company
then lives on for 30 days, as the simulator draws it: what each customer buys if he is written to, and what the same
customer buys, with the same luck, if he is not. The analysis sees one of the two, as ever; the truth is the difference
of both, summed over those who were written to. Printed are, over all runs:

- how often the 95% interval of incremental revenue holds the truth, and how wide it is beside that of an oracle: a
  difference in means with the standard deviations of both outcomes of everybody known;
- the same without adjusting for the year before (plain: with the normal approximation);
- how often a test in which nobody is written to says that something changed.

    python benchmarks/measure_effects.py                       # 200 runs of 20,000 customers
    python benchmarks/measure_effects.py --runs 40 --customers 4000
    python benchmarks/measure_effects.py --everybody           # dealers too, who buy by the carton
    python benchmarks/measure_effects.py --small               # few left alone of few, among last year's buyers
    python benchmarks/measure_effects.py --lognormal --runs 600    # amounts of a known shape in place of a company's
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.lots import parted
from quanyu.simulator.accounts import Accounts, draw_accounts
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.baskets import CLOSED, UNPAID, fill_baskets
from quanyu.simulator.blocks import blocks_of
from quanyu.simulator.campaigns import past_messages, reachable
from quanyu.simulator.contact import ARTICLE, CHANNELS, PUSH, SMS, WECOM_MESSAGE, Messages, Responses, rate_factor
from quanyu.simulator.people import STAFF, People, draw_people
from quanyu.simulator.shopping import Visits, draw_shopping
from quanyu.simulator.world import World, build_world
from quanyu.targeting.experiments.amounts import compare_amounts
from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.model import Effect

Floats = NDArray[np.float64]
Found = dict[str, dict[str, float]]
DAYS, RETURNS, BEFORE = 30, 15, 365
OFFER = 0.10
ALONE = (0.5, 0.2, 0.1)
"""Shares that are left alone; the first is the one that is judged."""
SMALL = ((20, 250), (50, 250), (50, 500), (100, 500), (50, 1_000), (100, 1_000), (200, 1_000))
"""How many are left alone of how many, where `--small` asks."""
LOGNORMAL = (
    (1_500, 1_500, 0.1, 0.0, 1.0),
    (1_500, 1_500, 0.1, 0.5, 1.0),
    (6_000, 1_500, 0.1, 0.0, 1.0),
    (9_000, 1_000, 0.1, 0.0, 1.0),
    (9_000, 1_000, 0.03, 0.0, 1.0),
    (20_000, 20_000, 0.01, 0.3, 1.0),
    (5_000, 500, 0.05, 0.0, 1.5),
)
"""Customers written to and left alone, the share of buyers, what writing adds to their number, and sigma."""
_ORDER = (WECOM_MESSAGE, SMS, PUSH, ARTICLE)


@dataclass(frozen=True)
class Lives:
    """What customers spend, net, in major units, in the days that count: if written to, and if not; and before."""

    written: Floats
    alone: Floats
    spent_before: Floats
    orders_before: Floats
    kind: Floats

    def only(self, which: slice | NDArray[np.int64]) -> "Lives":
        return Lives(*(getattr(self, f.name)[which] for f in fields(self)))


def live(arguments: Arguments) -> Lives:
    """Draw the company block by block, and let it live on twice: everybody written to, and nobody."""
    world = build_world(arguments)
    parts = [_live(world, number) for number in blocks_of(arguments)]
    columns = [np.concatenate([part[i] for part in parts])[: arguments.customers] for i in range(len(fields(Lives)))]
    return Lives(*columns)


def _live(world: World, number: int) -> tuple[Floats, ...]:
    people = draw_people(world, number)
    accounts = draw_accounts(world, people)
    messages, responses = past_messages(world, people, accounts)
    shopping = draw_shopping(world, people)
    both = messages.joined(_campaign(world, people, accounts, messages, responses))
    day = world.arguments.days

    def visits(sent: Messages) -> Visits:
        return shopping.visits(world, people, rate_factor(people, sent, world.horizon))

    without = visits(messages)
    spent = [
        _spent(world, people, accounts, each.between(day, day + DAYS), day + DAYS + RETURNS)[0]
        for each in (visits(both), without)
    ]
    before = _spent(world, people, accounts, without.between(day - BEFORE, day), day)
    return (*spent, *before, people.kind.astype(np.float64))


def _campaign(world: World, people: People, accounts: Accounts, before: Messages, met: Responses) -> Messages:
    """Write to everybody once, on the first day, by the first channel that reaches him; who left one is not there."""
    gone = np.zeros((len(people), len(CHANNELS)), np.bool_)
    gone[before.who[met.left], before.channel[met.left]] = True
    who, day = np.arange(len(people)), np.full(len(people), world.arguments.days)
    channel = np.full(len(people), -1)
    for each in reversed(_ORDER):
        able = reachable(accounts, np.full(len(people), each), who, day) & ~gone[:, each]
        channel = np.where(able, each, channel)
    reached = channel >= 0
    none = np.full(len(people), -1)
    sent = Messages(who, day, channel, np.full(len(people), 1), none, np.full(len(people), OFFER))
    return sent.only(reached)


def _spent(world: World, people: People, accounts: Accounts, visits: Visits, known: int) -> tuple[Floats, Floats]:
    """Return net amounts and orders of each, as the simulator's own truth counts them."""
    orders, lines = fill_baskets(world, people, accounts, visits, known)
    counts = ~np.isin(orders.status, (UNPAID, CLOSED))
    net = np.where(counts[lines.order], lines.paid - lines.refund, 0)
    amounts = np.bincount(orders.who[lines.order], net, len(people)) / 100
    return amounts, np.bincount(orders.who, counts, len(people)).astype(np.float64)


@dataclass(frozen=True)
class Run:
    """One measured campaign: the effect and what it was, per customer who was written to."""

    effect: Effect
    unadjusted: Effect
    truth: float
    oracle: float


def campaigns(lives: Lives, customers: int, alone: float, *, nobody: bool = False) -> Iterator[Run]:
    """Measure one campaign after the other; with `nobody` the lot is drawn and nobody is written to."""
    word = "aa" if nobody else "ab"
    for run, first in enumerate(range(0, len(lives.alone), customers)):
        mine = lives.only(slice(first, first + customers))
        told = parted(OrdinalSet.first(customers), [1 - alone, alone], f"{word}/{run}")[0].ordinals()
        written = np.zeros(customers, np.bool_)
        written[told] = True
        could = mine.alone if nobody else mine.written
        yield _measured(mine, written, could, alone)


def small_campaigns(lives: Lives, alone: int, customers: int, runs: int, *, nobody: bool = False) -> Iterator[Run]:
    """Measure campaigns to few customers, drawn again each time from those who bought in the year before."""
    buyers, chance = np.flatnonzero(lives.orders_before > 0), np.random.default_rng([alone, customers])
    for _ in range(runs):
        mine = lives.only(chance.choice(buyers, customers, replace=False))
        written = np.arange(customers) >= alone
        yield _measured(mine, written, mine.alone if nobody else mine.written, alone / customers)


def _measured(mine: Lives, written: NDArray[np.bool_], could: Floats, alone: float) -> Run:
    seen = np.where(written, could, mine.alone)
    table = pa.table(
        {
            "arm": np.where(written, "written", "alone"),
            "spent": seen,
            "spent_before": mine.spent_before,
            "orders_before": mine.orders_before,
        }
    )
    shares = {"written": 1 - alone, "alone": alone}
    before = ["spent_before", "orders_before"]
    effect = analyze(table, "arm", "alone", ["spent"], shares, before).effects[0]
    unadjusted = analyze(table, "arm", "alone", ["spent"], shares).effects[0]
    variance = could.var(ddof=1) / written.sum() + mine.alone.var(ddof=1) / (~written).sum()
    truth = float((could - mine.alone)[written].mean())
    return Run(effect, unadjusted, truth, float(2 * 1.959964 * np.sqrt(variance)))


def summary(runs: list[Run]) -> dict[str, float]:
    """Return coverage, the median width over the oracle's, and how often zero was left out."""
    mine, plain = [r.effect for r in runs], [r.unadjusted for r in runs]
    truths = np.array([r.truth for r in runs])

    def covered(effects: list[Effect]) -> float:
        ends = np.array([(e.absolute_low, e.absolute_high) for e in effects], np.float64)
        return float(((ends[:, 0] <= truths) & (truths <= ends[:, 1])).mean())

    def width(effects: list[Effect]) -> float:
        widths = [(e.absolute_high or 0) - (e.absolute_low or 0) for e in effects]
        return float(np.median(np.array(widths) / [r.oracle for r in runs]))

    normal = np.mean([e.plain_low <= t <= e.plain_high for e, t in zip(plain, truths, strict=True)])
    return {
        "runs": len(runs),
        "truth_mean": float(truths.mean()),
        "estimate_mean": float(np.mean([e.absolute for e in mine])),
        "covered": covered(mine),
        "width": width(mine),
        "alarms": sum(e.certain for e in mine),
        "removed": float(np.mean([e.removed or 0.0 for e in mine])),
        "covered_unadjusted": covered(plain),
        "width_unadjusted": width(plain),
        "alarms_unadjusted": sum(e.certain for e in plain),
        "covered_normal": float(normal),
    }


@cache
def company(customers: int, seed: int, *, everybody: bool = False) -> Lives:
    """Return so many lives of those whom the company's own campaigns address, or of everybody."""
    lives = live(Arguments(customers if everybody else int(customers * 1.02), years=1, seed=seed))
    whom = np.flatnonzero((lives.kind <= STAFF) | everybody)
    return lives.only(whom[:customers])


def measure(runs: int, customers: int, alone: float, seed: int = 1, *, everybody: bool = False) -> Found:
    """Return the summaries of so many campaigns, and of as many in which nobody was written to."""
    lives = company(runs * customers, seed, everybody=everybody)
    return {
        "written": summary(list(campaigns(lives, customers, alone))),
        "nobody": summary(list(campaigns(lives, customers, alone, nobody=True))),
    }


def measure_small(lives: Lives, alone: int, customers: int, runs: int) -> Found:
    return {
        "written": summary(list(small_campaigns(lives, alone, customers, runs))),
        "nobody": summary(list(small_campaigns(lives, alone, customers, runs, nobody=True))),
    }


def lognormal(written: int, alone: int, buying: float, lift: float, sigma: float, runs: int) -> tuple[float, float]:
    """Return how often our interval, and that of the normal approximation, hold the truth of the means."""
    held = np.zeros(2)
    for seed in range(runs):
        chance = np.random.default_rng(seed)
        shares = ((written, buying * (1 + lift)), (alone, buying))
        arm, control = (np.where(chance.random(n) < s, chance.lognormal(0, sigma, n), 0.0) for n, s in shares)
        found, truth = compare_amounts(arm, control), buying * lift * float(np.exp(sigma**2 / 2))
        ends = ((found.absolute_low or 0, found.absolute_high or 0), (found.plain_low, found.plain_high))
        held += [low <= truth <= high for low, high in ends]
    return float(held[0] / runs), float(held[1] / runs)


def told(alone: str, found: Found) -> str:
    written, nobody = found["written"], found["nobody"]
    return (
        f"left alone {alone}: covered {written['covered']:.1%} (unadjusted {written['covered_unadjusted']:.1%}, "
        f"normal {written['covered_normal']:.1%}); width {written['width']:.2f} of the oracle's (unadjusted "
        f"{written['width_unadjusted']:.2f}), variance removed {written['removed']:.0%}; brought "
        f"{written['truth_mean']:.3f} a customer, estimated {written['estimate_mean']:.3f}; A/A: {nobody['alarms']} of "
        f"{nobody['runs']} alarm (unadjusted {nobody['alarms_unadjusted']})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--everybody", action="store_true", help="dealers, fakers and testers too")
    parser.add_argument("--small", action="store_true", help="campaigns to 250 to 1,000 customers, few left alone")
    parser.add_argument("--lognormal", action="store_true", help="amounts of a known shape")
    asked = parser.parse_args()
    if asked.lognormal:
        for each in LOGNORMAL:
            ours, normal = lognormal(*each, asked.runs)
            print(f"{each[0]:,} / {each[1]:,}, {each[2]:.0%}, {each[3]:+.0%}, {each[4]}: {ours:.1%}, {normal:.1%}")
        return
    start = time.perf_counter()
    if asked.small:
        lives = company(200_000, asked.seed, everybody=asked.everybody)
        for alone, customers in SMALL:
            found = measure_small(lives, alone, customers, asked.runs)
            print(told(f"{alone} of {customers:,}", found))
        return
    company(asked.runs * asked.customers, asked.seed, everybody=asked.everybody)
    print(f"{asked.runs * asked.customers:,} customers drawn in {time.perf_counter() - start:.0f} s")
    for alone in ALONE:
        start = time.perf_counter()
        found = measure(asked.runs, asked.customers, alone, asked.seed, everybody=asked.everybody)
        print(f"{told(f'{alone:.0%}', found)}; {time.perf_counter() - start:.0f} s")
        print(json.dumps({"alone": alone, **found}))


if __name__ == "__main__":
    main()
