"""Three journeys over sixty days of the simulated company, beside the same promotion to everybody.

One company is imported, recognised and tagged once; its home is then copied. In the first copy three of the journeys
that come with the product run for sixty days, moved by the home's clock: second purchase, win-back, and the festival of
Qixi. Every day the simulated people's orders, refunds and responses of the day before come in, tags are computed, a
tick moves everybody, and messages go out by WeCom or, where that reaches nobody, by text message. In the second copy
everybody gets the same promotion, by the same accounts, on the first day and four weeks later. Both leave the same
share alone. Afterwards the company lives on without messages until the last goods have come back.

What is the same: the discount, the accounts, the share left alone, and the terms. The journeys name what each
customer buys most and give the discount with their last message; everybody is told of it twice, in one text, with more
messages in all. Other ways to write to everybody stand below, as the simulator's truth tells them.

The truth of a report is counted by the same query, in a copy of the home in which that journey's messages alone were
never sent, among the same customers on the same days. The truth of the whole company is of all its people, whether or
not their orders name them.

One life is chance: who happens to buy something dear in the week after a message decides more than the message. What
messages can be expected to bring is therefore the mean of many lots, in which they meet other luck, the same for all
ways to write; with it stands its standard error.

    python benchmarks/measure_journeys.py                        # 20,000 customers, 60 days
    python benchmarks/measure_journeys.py --customers 3000 --days 35 --seed 9

With `--keep FOLDER` what took long stands there, and the same command again only reports anew. Whatever changes how a
home lives on, or what is counted of customers, asks for another folder.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml
from lives import (
    Life,
    all_rows,
    at,
    bring,
    counted_there,
    cpu,
    difference,
    live,
    lived,
    noon,
    sent,
    twin,
    write_messages,
)
from truths import AGAIN, EVERYBODY, MARGIN, PRICES, Truth, beyond, ladder, mean_and_error, truth_of

from quanyu.app.house import House, refresh
from quanyu.customers.consent.projecting import project
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.importing import import_files
from quanyu.engagement.channels.accounts import add
from quanyu.engagement.channels.model import Account
from quanyu.engagement.content.definitions import apply as apply_content
from quanyu.engagement.journeys import states
from quanyu.engagement.journeys.counting import count
from quanyu.engagement.journeys.definitions import apply as apply_journey
from quanyu.engagement.journeys.effects import Report, assigned_to, report
from quanyu.engagement.journeys.installing import install, text_of_template
from quanyu.foundation import home as homes
from quanyu.foundation.errors import Conflict
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.company import simulate
from quanyu.targeting.audiences.definitions import apply as apply_audience
from quanyu.targeting.experiments.terms import apply as apply_terms
from quanyu.targeting.experiments.terms import in_force
from quanyu.targeting.tags.definitions import built_in_texts
from quanyu.targeting.tags.packs import apply as apply_pack

HERE = Path(__file__).parent
COUNTED, RETURNS = 35, 15
"""Days of each customer that count, and days in which goods come back."""
SIZES = ("customers", "days", "seed", "offer", "alone", "every", "lots")
TAGS = ("frequency", "recency_days", "lifecycle", "favourite_category_2")
ACCOUNTS = {"guides": "wecom", "texts": "sms"}
SOP = {"sop_second_purchase": "second_purchase", "sop_win_back": "win_back", "sop_festival": "festival"}
UNUSED = ("web/events", "app/events", "mini_program/events", "erp/stock", "wecom/clicks", "wecom/events")
"""Mappings that nothing here asks for."""


def furnish(home: Path, company: Path, arguments: Arguments, *, all_tags: bool) -> None:
    """Bring the company in, recognise its customers, and tell what is known of them on its last day."""
    if home.exists():
        return
    beside = home.with_name("furnishing")
    shutil.rmtree(beside, ignore_errors=True)
    made = homes.create(Settings.load(beside), "main", "Asia/Shanghai", "CNY")
    try:
        mappings = [file for file in sorted(company.glob("*/*.yaml")) if named(file) not in UNUSED]
        bring_in(House(made), made.workspace(), mappings, arguments, all_tags=all_tags)
    finally:
        made.close()
    beside.rename(home)


def named(mapping: Path) -> str:
    return f"{mapping.parent.name}/{mapping.stem}"


def bring_in(house: House, ws: Workspace, mappings: Sequence[Path], arguments: Arguments, *, all_tags: bool) -> None:
    at(ws.clock, noon(arguments, -1))
    for mapping in mappings:
        import_files(ws, house.mapping(ws, mapping))
    recognise(ws)
    project(ws)
    if not all_tags:
        apply_pack(ws, few_tags())
    apply_terms(ws, json.dumps({"returns": {"days": RETURNS}, "margin": MARGIN, "messages": PRICES}))
    for name, channel in ACCOUNTS.items():
        add(ws, Account(name, "simulated", channel, {}, {}))


def few_tags() -> str:
    """Return the shipped tags that journeys and texts ask for, as a pack in the place of all of them."""
    tags = [tag for text in built_in_texts() for tag in yaml.safe_load(text)["tags"] if tag["name"] in TAGS]
    return json.dumps({"pack": "retail", "tags": tags})


def prepare(ws: Workspace, offer: float) -> None:
    """Put contents and audiences in force, under the names by which the journeys ask for them."""
    told = yaml.safe_load((HERE / "three_journeys.yaml").read_text("utf-8"))
    for audience in told["audiences"]:
        apply_audience(ws, json.dumps(audience))
    for content in told["contents"]:
        text = content["zh"].replace("{fold}", f"{10 - 10 * offer:.1f}".removesuffix(".0"))
        channels = {channel: {"zh": {"text": text}} for channel in ACCOUNTS.values()}
        title = {"en": content["name"], "zh": content["name"]}
        made = {"name": content["name"], "title": title, "languages": ["zh"], "channels": channels}
        apply_content(ws, json.dumps(made))


def three_journeys(ws: Workspace, alone: float) -> None:
    """Install the journeys, and change what a marketer would: the share left alone, the occasion, the last text."""
    for name, template in SOP.items():
        install(ws, template, list(ACCOUNTS))
        told = yaml.safe_load(text_of_template(template, list(ACCOUNTS)))
        steps = {each["step"]: each for each in told["steps"]}
        told["control"] = alone
        if name == "sop_win_back":
            told["start"]["present"] = True
            steps["second"]["send"]["content"] = "sop_missed_offer"
        elif name == "sop_festival":
            told["start"]["calendar"] |= {"festival": "qixi", "days": -18}
            steps["a_week"]["wait"]["days"] = 15
            steps["second"]["send"]["content"] = "sop_festival_offer"
        else:
            steps["last"]["send"]["content"] = "sop_once_more_offer"
        apply_journey(ws, json.dumps(told))


def to_everybody(ws: Workspace, alone: float) -> None:
    send = {"content": EVERYBODY, "by": list(ACCOUNTS)}
    told = {
        "name": EVERYBODY,
        "title": {"en": "Everybody", "zh": "全员促销"},
        "purpose": "marketing",
        "start": {"audience": EVERYBODY, "present": True},
        "control": alone,
        "steps": [
            {"step": "first", "send": send},
            {"step": "four_weeks", "wait": {"days": AGAIN, "at": "10:00"}},
            {"step": "second", "send": send},
            {"step": "measure", "wait": {"days": 7}},
        ],
    }
    apply_journey(ws, json.dumps(told))


@dataclass(frozen=True)
class Told:
    """What a report says of a journey, and what is true of it: money in all of those who entered."""

    journey: str
    entered: int
    alone: int
    messages: int
    revenue: tuple[float, float, float]  # said, from, to
    true_revenue: float
    profit: tuple[float, float, float]
    true_profit: float

    @property
    def held(self) -> bool:
        """Say whether the truth lies within the limits, of revenue and of profit."""
        pairs = ((self.revenue, self.true_revenue), (self.profit, self.true_profit))
        return all(low <= truth <= high for (_, low, high), truth in pairs)


def settle(life: Life, names: Sequence[str], last: int) -> None:
    """Stop the journeys, and let the company live on until nothing comes back any more."""
    for name in names:
        states.stop(life.ws, name)
    at(life.ws.clock, noon(life.arguments, last + 1))
    bring(life, last)
    recognise(life.ws)


def reported(life: Life, names: Sequence[str]) -> dict[str, Report]:
    found: dict[str, Report] = {}
    for name in names:
        with suppress(Conflict):  # in a short time or a small company nobody may have entered
            found[name] = report(life.ws, name, COUNTED)
    return found


def told_and_true(life: Life, found: Report, base: Path) -> Told:
    """Hold a report against a copy of the home in which this journey's messages were never sent."""
    without = write_messages(
        life.folder / f"without-{found.journey}.csv",
        [row for journey, rows in sent(life.ws) if journey != found.journey for row in rows],
    )
    assigned = assigned_to(life.ws, found.journey)
    mine = count(life.ws, assigned, COUNTED, in_force(life.ws)).rows
    there = life.folder / f"there-{found.journey}.parquet"
    if not there.exists():
        with twin(life, base, found.journey, without) as other:
            pq.write_table(counted_there(life, other, assigned, COUNTED), there)
    theirs = pq.read_table(there)
    many = sum(len(rows) for journey, rows in sent(life.ws) if journey == found.journey)
    price = sum(PRICES[row["channel"]] for journey, rows in sent(life.ws) if journey == found.journey for row in rows)
    spent, discount = (difference(mine, theirs, each) for each in ("spent", "discount"))
    (effect,) = [each for each in found.analysis.effects if each.outcome == "spent"]
    (paid,) = found.paid
    size = effect.arm_customers
    return Told(
        found.journey,
        size,
        effect.control_customers,
        many,
        (effect.absolute * size, (effect.absolute_low or 0) * size, (effect.absolute_high or 0) * size),
        spent,
        (paid.profit, paid.profit_low, paid.profit_high),
        MARGIN * (spent + discount) - discount - price,
    )


@dataclass(frozen=True)
class Measured:
    """All that one company tells."""

    customers: int
    journeys: tuple[Told, ...]
    everybody: Told
    journeys_truth: Truth
    everybody_truth: Truth
    same_text: Truth
    ladder: dict[str, Truth]


def measure(
    folder: Path, customers: int, days: int = 60, seed: int = 7, offer: float = 0.1, alone: float = 0.2,
    every: int = 1, lots: int = 40, *, all_tags: bool = False,
) -> Measured:  # fmt: skip
    arguments, company, base = Arguments(customers, seed=seed), folder / "company", folder / "base"
    if not company.exists():
        simulate(arguments, company, folder / "truth", 1)
    furnish(base, company, arguments, all_tags=all_tags)
    last = days + COUNTED + RETURNS
    begin = partial(lived_out, folder, base, company, arguments, offer, last)

    def everybody_lives(life: Life) -> None:
        to_everybody(life.ws, alone)
        start(life, [EVERYBODY])
        live(life, sorted({0, AGAIN, days}))
        settle(life, [EVERYBODY], last)

    def journeys_live(life: Life) -> None:
        three_journeys(life.ws, alone)
        start(life, list(SOP))
        live(life, range(days + 1), every)
        settle(life, list(SOP), last)

    with begin("everybody", everybody_lives) as life:
        everybody = told_and_true(life, reported(life, [EVERYBODY])[EVERYBODY], base)
        everybody_truth = truth_of(life, all_rows(life), EVERYBODY, last, lots)
        steps = ladder(life, last, lots)
        text = all_rows(life)[0]["text"]
    with begin("journeys", journeys_live) as life:
        journeys = tuple(told_and_true(life, each, base) for each in reported(life, list(SOP)).values())
        rows = all_rows(life)
        found = truth_of(life, rows, "journeys", last, lots)
        same = truth_of(life, [row | {"text": text} for row in rows], "same-text", last, lots)
    return Measured(customers, journeys, everybody, found, everybody_truth, same, steps)


@contextmanager
def lived_out(
    folder: Path, base: Path, company: Path, arguments: Arguments, offer: float, last: int,
    name: str, lives: Callable[[Life], None],
) -> Generator[Life]:  # fmt: skip
    """Yield a copy of the home whose days are over; where it stands already, as it was left."""
    home, beside = folder / f"home-{name}", folder / f"living-{name}"
    if not home.exists():
        shutil.rmtree(beside, ignore_errors=True)
        shutil.copytree(base, beside)
        with lived(beside, company, arguments, folder / name) as life:
            at(life.ws.clock, noon(arguments, 0) - timedelta(hours=2))
            prepare(life.ws, offer)
            lives(life)
        beside.rename(home)
    with lived(home, company, arguments, folder / name) as life:
        life.brought = last
        yield life


def start(life: Life, names: Sequence[str]) -> None:
    refresh(life.ws)
    for name in names:
        states.start(life.ws, name)


def show(found: Measured) -> Iterator[str]:
    yield "journey, entered, left alone, messages; revenue: said (from – to), true; profit: said (from – to), true"
    for each in (*found.journeys, found.everybody):
        money = [f"{s:,.0f} ({low:,.0f} – {high:,.0f})" for s, low, high in (each.revenue, each.profit)]
        yield (
            f"{each.journey:<22}{each.entered:>8,}{each.alone:>7,}{each.messages:>9,}  "
            f"{money[0]}, {each.true_revenue:,.0f}; {money[1]}, {each.true_profit:,.0f}"
            f"{'' if each.held else '   the truth is outside'}"
        )
    yield "of the whole company, in truth: messages, revenue, discounts, net of both; net that was to be expected"
    told = {"three journeys": found.journeys_truth, "everybody": found.everybody_truth}
    told |= {"journeys, everybody's text": found.same_text}
    told |= {f"everybody {name}": each for name, each in found.ladder.items()}
    for name, each in told.items():
        mean, error = mean_and_error(each.by_lot)
        money = f"{each.revenue:>12,.0f}{each.discount:>12,.0f}{each.net:>12,.0f}; {mean:>11,.0f} ± {error:,.0f}"
        yield f"{name:<36}{each.messages:>9,}{money}"
    more, error = beyond(found.journeys_truth, found.everybody_truth)
    yield f"three journeys can be expected to bring more than everybody by {more:,.0f} ± {error:,.0f} (standard error)"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--customers", type=int, default=20_000)
    arguments.add_argument("--days", type=int, default=60)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--offer", type=float, default=0.1, help="the discount of the promotion")
    arguments.add_argument("--alone", type=float, default=0.2, help="the share that each journey leaves alone")
    arguments.add_argument("--every", type=int, default=1, help="days whose files come in together")
    arguments.add_argument("--lots", type=int, default=40, help="how often messages meet other luck: 2 or more")
    arguments.add_argument("--all-tags", action="store_true", help="compute every shipped tag each day")
    arguments.add_argument("--keep", type=Path, help="work in this folder, and leave it")
    given = arguments.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="quanyu-journeys-"))
    folder.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    try:
        sizes: dict[str, Any] = {name: getattr(given, name) for name in SIZES}
        found = measure(folder, **sizes, all_tags=given.all_tags)
        print(json.dumps(sizes))
        print("\n".join(show(found)))
        print(f"{time.perf_counter() - started:,.0f} s, {cpu():,.0f} s of processors")
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
