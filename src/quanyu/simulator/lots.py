"""What messages can be expected to bring: the days ahead lived again and again, with the same messages and other luck.

Whether somebody buys on a day hangs on his rate and on the messages of that week, not on what he has bought. So the
same messages may be held against other luck, even if what was bought under the first decided who got them: the mean
over many lots is what they can be expected to bring, and their spread tells how sure it is. What a message met, and
who has left, stays as it was.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from quanyu.simulator.ahead import in_both_worlds, meet
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.blocks import blocks_of, draw_block
from quanyu.simulator.company import world_of
from quanyu.simulator.people import Integers
from quanyu.simulator.recipients import Sent, block_of, read_messages
from quanyu.simulator.workers import open_workers

_WHAT = ("spent", "discount")


def brought(arguments: Arguments, messages: Path, days: int, lots: int, processes: int = 2) -> pa.Table:
    """Return what the messages change in the whole company within `days`, one row a lot: spent and discount, in fen.

    Row for row the luck is the same whatever the messages are; no lots make no rows.
    """
    sent = read_messages(world_of(arguments), messages)
    whose = block_of(sent)
    with open_workers(processes) as workers:
        work = [
            workers.submit(_of_block, arguments, number, sent.only(whose == number), days, range(1, lots + 1))
            for number in blocks_of(arguments)
        ]
        totals = np.sum([each.result() for each in work], axis=0)
    return pa.table({"lot": np.arange(1, lots + 1), **dict(zip(_WHAT, totals, strict=True))})


def _of_block(arguments: Arguments, number: int, sent: Sent, days: int, lots: Sequence[int]) -> Integers:
    """Return what the messages change in a block: of what, by lot."""
    world, block = world_of(arguments), draw_block(world_of(arguments), number)
    met, inside = meet(world, block, sent), block.inside(world)
    changed = np.empty((len(_WHAT), len(lots)), np.int64)
    for place, lot in enumerate(lots):
        other = replace(block, shopping=block.shopping.again(world, block.people, lot))
        _, effects = in_both_worlds(world, other, met, arguments.days + days)
        changed[:, place] = [(effects[f"{what}_with"] - effects[f"{what}_without"])[inside].sum() for what in _WHAT]
    return changed
