"""Lets the company live on after messages were sent: what their readers do, and what everybody buys."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from quanyu.simulator.aftermath import returns_of
from quanyu.simulator.ahead import Met, in_both_worlds, meet
from quanyu.simulator.arguments import DAYS_AHEAD, Arguments, Refused
from quanyu.simulator.blocks import Block, blocks_of, draw_block
from quanyu.simulator.company import BATCH, PARTS, Progress, silent, staged, world_of, write_files
from quanyu.simulator.contact import opens_after
from quanyu.simulator.moments import moment
from quanyu.simulator.parts import lines_of, write_parts
from quanyu.simulator.recipients import Sent, block_of, read_messages
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
    *,
    since: int = 0,
) -> Responded:
    """Write what people do in the `days` after the company's last day, some of them having got these messages.

    `out` gets responses.csv, the order files of every sales channel and the after-sales cases, without what happened on
    the first `since` of these days: told before. `truth` gets what each customer buys in all of them with the messages,
    and what the same customer, with the same luck, buys without them.
    """
    _check(days, since)
    world = world_of(arguments)
    sent = read_messages(world, messages)
    blocks = block_of(sent)
    numbers = list(blocks_of(arguments))
    batches = [numbers[i : i + BATCH] for i in range(0, len(numbers), BATCH)]
    told = progress or silent
    with staged(out) as folder, staged(truth) as aside:
        with open_workers(processes) as workers:
            mine = [sent.only(np.isin(blocks, batch)) for batch in batches]
            given = (arguments, (since, days), folder, aside)
            work = [
                workers.submit(_respond_batch, *given, batch, some) for batch, some in zip(batches, mine, strict=True)
            ]
            tables = []
            for done, each in enumerate(work, 1):
                tables.append(each.result())
                told("people", done, len(batches))
            orders = sum(count for _, count in tables)
            for part in ("lines/", "returns/"):
                write_files(workers, arguments, folder, told, only=part)
        met = pa.concat_tables([table for table, _ in tables])
        responses = _between(world_of(arguments), met, since, days)
        pyarrow.csv.write_csv(responses, folder / "responses.csv")
    counted = responses.group_by("event").aggregate([("event", "count")]).to_pydict()
    events = dict(zip(counted["event"], counted["event_count"], strict=True))
    reached = len(met["message_id"].unique())
    return Responded(len(sent), reached, events, orders)


def _check(days: int, since: int) -> None:
    faults: list[tuple[str, str]] = []
    if not DAYS[0] <= days <= DAYS[1]:
        en = f"days: {days} was given, {DAYS[0]} to {DAYS[1]} are allowed"
        faults.append((en, f"天数：收到 {days}，允许 {DAYS[0]} 至 {DAYS[1]}"))
    elif not 0 <= since < days:
        en = f"since: {since} was given, 0 to {days - 1} are allowed"
        faults.append((en, f"起始天：收到 {since}，允许 0 至 {days - 1}"))
    if faults:
        raise Refused(faults)


def _between(world: World, responses: pa.Table, since: int, days: int) -> pa.Table:
    """Return what happened on days since ≤ day < days, counted from the company's last, in the order of time."""
    first = world.arguments.days
    low, high = moment(world, np.array([first + since, first + days]), np.zeros(2, np.int64))
    at = responses["occurred_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    return responses.filter(pa.array((low <= at) & (at < high))).sort_by(
        [("occurred_at", "ascending"), ("message_id", "ascending"), ("event", "ascending")]
    )


def _respond_batch(
    arguments: Arguments, days: tuple[int, int], out: Path, truth: Path, numbers: Sequence[int], sent: Sent
) -> tuple[pa.Table, int]:
    world, told, orders = world_of(arguments), [_nothing()], 0
    blocks = block_of(sent)
    for number in numbers:
        block = draw_block(world, number)
        met = meet(world, block, sent.only(blocks == number))
        told.append(_responses(world, block, met))
        orders += _write_orders(world, block, met, days, (out, truth), f"{number:06d}")
    return pa.concat_tables(told), orders


def _responses(world: World, block: Block, met: Met) -> pa.Table:
    """Return one row an event: which message, what happened, when."""
    sent, new, found = met.sent, met.messages, met.responses
    wait = opens_after(world.arguments.seed, block.people, new)
    at = moment(world, sent.day, sent.second)
    left = np.array(_LEFT, object)[new.channel]
    happened = [
        (found.delivered, "delivered", at + 5),
        (found.opened, "opened", at + wait),
        (found.clicked, "clicked", at + wait + 15),
        (found.left, left, at + wait + 60),
        (found.complained, "complained", at + wait + 3600),
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
    world: World, block: Block, met: Met, days: tuple[int, int], folders: tuple[Path, Path], label: str
) -> int:
    """Write the orders that are placed, what comes back, and what each buys in both worlds; return how many orders."""
    out, truth = folders
    first, inside = world.arguments.days, block.inside(world)
    since, until = first + days[0], first + days[1]
    ordered, effects = in_both_worlds(world, block, met, until)
    pq.write_table(pa.table({name: column[inside] for name, column in effects.items()}), truth / f"{label}.parquet")
    orders, lines = ordered
    whole = replace(block, orders=orders, lines=lines)
    write_parts(out / PARTS, "returns", [returns_of(world, whole, since, until)], label)
    news = (orders.day >= since) | (orders.balance_day >= since)
    write_parts(out / PARTS, "lines", [lines_of(world, whole, news)], label)
    return int((inside[orders.who] & (orders.day >= since)).sum())


def _nothing() -> pa.Table:
    return pa.schema(
        [("message_id", pa.string()), ("event", pa.string()), ("occurred_at", pa.timestamp("s"))]
    ).empty_table()
