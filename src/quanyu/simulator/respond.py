"""Lets the company live on after messages were sent: what their readers do, and what everybody buys."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quanyu.simulator.arguments import DAYS_AHEAD, Arguments, Refused
from quanyu.simulator.baskets import CLOSED, UNPAID, fill_baskets
from quanyu.simulator.blocks import Block, blocks_of, draw_block
from quanyu.simulator.campaigns import after_leaving
from quanyu.simulator.company import BATCH, PARTS, Progress, silent, staged, world_of, write_files
from quanyu.simulator.contact import CHANNELS, Messages, Responses, opens_after, rate_factor, responses_to
from quanyu.simulator.moments import moment
from quanyu.simulator.parts import lines_of, write_parts
from quanyu.simulator.people import Flags, Integers
from quanyu.simulator.recipients import Sent, block_of, positions, read_messages
from quanyu.simulator.shopping import Visits
from quanyu.simulator.workers import open_workers
from quanyu.simulator.world import World

DAYS = (1, DAYS_AHEAD)
_LEFT = ("unsubscribed", "deleted_guide", "uninstalled", "unfollowed")  # what leaving means on each channel


@dataclass(frozen=True)
class Responded:
    """What was written: rows of responses by event, and the files of orders."""

    messages: int
    reached: int
    events: dict[str, int]
    orders: int


def respond(
    arguments: Arguments,
    messages: Path,
    out: Path,
    truth: Path,
    days: int = 30,
    processes: int = 2,
    progress: Progress | None = None,
) -> Responded:
    """Write what people do in the `days` after the company's last day, some of them having got these messages.

    `out` gets responses.csv and the order files of every sales channel; `truth` what each customer buys with the
    messages and what the same customer, with the same luck, buys without them.
    """
    if not DAYS[0] <= days <= DAYS[1]:
        en = f"days: {days} was given, {DAYS[0]} to {DAYS[1]} are allowed"
        raise Refused([(en, f"天数：收到 {days}，允许 {DAYS[0]} 至 {DAYS[1]}")])
    world = world_of(arguments)
    sent = read_messages(world, messages)
    blocks = block_of(sent)
    numbers = list(blocks_of(arguments))
    batches = [numbers[i : i + BATCH] for i in range(0, len(numbers), BATCH)]
    told = progress or silent
    with staged(out) as folder, staged(truth) as aside:
        with open_workers(processes) as workers:
            mine = [_only(sent, np.isin(blocks, batch)) for batch in batches]
            given = (arguments, days, folder, aside)
            work = [
                workers.submit(_respond_batch, *given, batch, some) for batch, some in zip(batches, mine, strict=True)
            ]
            tables = []
            for done, each in enumerate(work, 1):
                tables.append(each.result())
                told("people", done, len(batches))
            orders = sum(count for _, count in tables)
            write_files(workers, arguments, folder, told, only="lines/")
        responses = pa.concat_tables([table for table, _ in tables]).sort_by(
            [("occurred_at", "ascending"), ("message_id", "ascending"), ("event", "ascending")]
        )
        pyarrow.csv.write_csv(responses, folder / "responses.csv")
    counted = responses.group_by("event").aggregate([("event", "count")]).to_pydict()
    events = dict(zip(counted["event"], counted["event_count"], strict=True))
    reached = len(responses["message_id"].unique())
    return Responded(len(sent), reached, events, orders)


def _only(sent: Sent, kept: Flags | Integers) -> Sent:
    return Sent(*(getattr(sent, f.name)[kept] for f in fields(sent)))


def _respond_batch(
    arguments: Arguments, days: int, out: Path, truth: Path, numbers: Sequence[int], sent: Sent
) -> tuple[pa.Table, int]:
    world, told, orders = world_of(arguments), [_nothing()], 0
    blocks = block_of(sent)
    for number in numbers:
        block = draw_block(world, number)
        visits, table = _live_on(world, block, _only(sent, blocks == number), days)
        told.append(table)
        orders += _write_orders(world, block, visits, days, out, truth, f"{number:06d}")
    return pa.concat_tables(told), orders


def _live_on(world: World, block: Block, sent: Sent, days: int) -> tuple[list[Visits], pa.Table]:
    """Return who buys when, with the messages and without, and what the messages met."""
    who = positions(sent, block.phones, block.accounts, int(block.people.person[0]), int(block.inside(world).sum()))
    gone = np.zeros((len(block.people), len(CHANNELS)), np.bool_)
    gone[block.messages.who[block.responses.left], block.messages.channel[block.responses.left]] = True
    arrives = (who >= 0) & ~gone[np.maximum(who, 0), sent.channel]
    new, place = _messages(sent, who, np.flatnonzero(arrives))
    both = block.messages.joined(new)
    met, ahead = responses_to(world, block.people, both), both.day >= world.arguments.days
    new, met = both.only(ahead), met.only(ahead)
    stays = ~after_leaving(len(block.people), new, met.left)
    new, met, place = new.only(stays), met.only(stays), place[stays]
    first = world.arguments.days
    visits = [
        block.shopping.visits(world, block.people, rate_factor(block.people, messages, world.horizon))
        for messages in (block.messages.joined(new), block.messages)
    ]
    return [v.between(first, first + days) for v in visits], _responses(world, block, _only(sent, place), new, met)


def _messages(sent: Sent, who: Integers, arriving: Integers) -> tuple[Messages, Integers]:
    """Return the messages that arrive, as `Messages.joined` sorts them, and where in `sent` each stands."""
    place = arriving[np.lexsort((sent.campaign[arriving], sent.day[arriving], who[arriving]))]
    of = _only(sent, place)
    return Messages(who[place], of.day, of.channel, of.campaign, of.category, of.offer), place


def _responses(world: World, block: Block, sent: Sent, new: Messages, met: Responses) -> pa.Table:
    """Return one row an event: which message, what happened, when."""
    wait = opens_after(world.arguments.seed, block.people, new)
    at = moment(world, sent.day, sent.second)
    left = np.array(_LEFT, object)[new.channel]
    happened = [
        (met.delivered, "delivered", at + 5),
        (met.opened, "opened", at + wait),
        (met.clicked, "clicked", at + wait + 15),
        (met.left, left, at + wait + 60),
        (met.complained, "complained", at + wait + 3600),
    ]
    tables = [
        pa.table(
            {
                "message_id": pa.array(sent.message[which], pa.string()),
                "event": pa.array(np.broadcast_to(np.asarray(event, object), which.shape)[which], pa.string()),
                "occurred_at": pa.array(when[which], pa.int64()).cast(pa.timestamp("s")),
            }
        )
        for which, event, when in happened
    ]
    return pa.concat_tables(tables)


def _write_orders(
    world: World, block: Block, visits: list[Visits], days: int, out: Path, truth: Path, label: str
) -> int:
    """Write the orders that are placed, and what each customer buys in both worlds; return how many orders."""
    until, people = world.arguments.days + days, block.people
    effects: dict[str, NDArray[np.generic]] = {"person": people.person}
    worlds = [fill_baskets(world, people, block.accounts, some, until) for some in visits]
    for name, (orders, lines) in zip(("with", "without"), worlds, strict=True):
        spent = np.where(np.isin(orders.status, (UNPAID, CLOSED))[lines.order], 0, lines.paid - lines.refund)
        effects[f"orders_{name}"] = np.bincount(orders.who, minlength=len(people))
        effects[f"spent_{name}"] = np.bincount(orders.who[lines.order], spent, len(people)).astype(np.int64)
    inside, (orders, lines) = block.inside(world), worlds[0]
    pq.write_table(pa.table({name: column[inside] for name, column in effects.items()}), truth / f"{label}.parquet")
    write_parts(out / PARTS, "lines", [lines_of(world, replace(block, orders=orders, lines=lines))], label)
    return int(inside[orders.who].sum())


def _nothing() -> pa.Table:
    return pa.schema(
        [("message_id", pa.string()), ("event", pa.string()), ("occurred_at", pa.timestamp("s"))]
    ).empty_table()
