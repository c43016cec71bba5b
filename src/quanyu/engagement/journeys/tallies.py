"""How many messages each customer was to get, by day: numbers kept as sets, one for each bit.

To count one more for a set of customers is to add with carry, bit by bit; whether somebody has had so many in some days
is to add the days up in the same way, and to compare with a number: a handful of operations on whole sets, however many
customers there are.
"""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from quanyu.engagement.journeys.tables import journey_tally
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes
from quanyu.foundation.workspace import Workspace

Bits = Sequence[OrdinalSet]
"""A number for each customer: those in `bits[i]` have 2**i in theirs."""


def plus(one: Bits, other: Bits) -> list[OrdinalSet]:
    """Return the sums."""
    total: list[OrdinalSet] = []
    carry = OrdinalSet.empty()
    for place in range(max(len(one), len(other))):
        a = one[place] if place < len(one) else OrdinalSet.empty()
        b = other[place] if place < len(other) else OrdinalSet.empty()
        either = a ^ b
        total.append(either ^ carry)
        carry = (a & b) | (carry & either)
    return [*total, carry] if carry else total


def at_least(bits: Bits, number: int, everybody: OrdinalSet) -> OrdinalSet:
    """Return whose number is that or more; who has none has 0."""
    if number <= 0:
        return everybody
    if number >= 1 << len(bits):
        return OrdinalSet.empty()
    more, same = OrdinalSet.empty(), everybody
    for place in reversed(range(len(bits))):
        if number >> place & 1:
            same = same & bits[place]
        else:
            more = more | (same & bits[place])
            same = same - bits[place]
    return more | same


def added(bits: Bits, sets: Sequence[OrdinalSet]) -> list[OrdinalSet]:
    """Return the numbers with one more for the members of each set; sets of different people are added together."""
    total, together = list(bits), OrdinalSet.empty()
    for members in sets:
        if together.isdisjoint(members):
            together = together | members
        else:
            total, together = plus(total, [together]), members
    return plus(total, [together]) if together else total


class Tallies:
    """The tallies of a workspace as one tick sees and changes them; what was added is kept with `keep`."""

    def __init__(self, ws: Workspace, epoch: int, today: date) -> None:
        self._ws, self._epoch, self._today = ws, epoch, today
        self._known: dict[str, dict[date, list[OrdinalSet]]] = {}
        self._news: dict[str, list[OrdinalSet]] = {}
        self._sums: dict[tuple[str, date], tuple[list[OrdinalSet], int]] = {}

    def since(self, counted: str, first: date) -> list[OrdinalSet]:
        """Return how many each customer has had from a day on, today included."""
        news = self._news.get(counted, [])
        total, seen = self._sums.get((counted, first)) or (self._before(counted, first), 0)
        total = added(total, news[seen:])
        self._sums[counted, first] = total, len(news)
        return total

    def _before(self, counted: str, first: date) -> list[OrdinalSet]:
        total: list[OrdinalSet] = []
        for day, bits in self._of(counted).items():
            if first <= day:
                total = plus(total, bits)
        return total

    def add(self, counted: Sequence[str], members: OrdinalSet) -> None:
        """Count one more today for these."""
        for each in counted if members else ():
            self._news.setdefault(each, []).append(members)

    def keep(self, connection: sa.Connection) -> None:
        """Write today's numbers that have changed."""
        c = journey_tally.c
        for counted, news in sorted(self._news.items()):
            mine = (c.workspace == self._ws.number, c.counted == counted, c.day == self._today)
            connection.execute(sa.delete(journey_tally).where(*mine))
            values = {"workspace": self._ws.number, "day": self._today, "counted": counted, "epoch": self._epoch}
            bits = added(self._of(counted).get(self._today, []), news)
            rows = [{**values, "bit": bit, "members": to_bytes(members)} for bit, members in enumerate(bits)]
            connection.execute(sa.insert(journey_tally), rows)

    def _of(self, counted: str) -> dict[date, list[OrdinalSet]]:
        if counted not in self._known:
            c = journey_tally.c
            mine = (c.workspace == self._ws.number, c.counted == counted, c.epoch == self._epoch)
            query = sa.select(c.day, c.members).where(*mine).order_by(c.day, c.bit)
            found: dict[date, list[OrdinalSet]] = {}
            with self._ws.begin() as connection:
                for row in connection.execute(query):
                    found.setdefault(row.day, []).append(from_bytes(row.members))
            self._known[counted] = found
        return self._known[counted]
