"""How many messages each customer was to get, by day: numbers kept as sets, one for each bit.

To count one more for a set of customers is to add with carry, bit by bit; whether somebody has had so many in some days
is to add the days up in the same way, and to compare with a number: a handful of operations on sets, however many
customers there are. What a tick adds is counted in place, once for all that it counts for, and asked of those
alone whom a message would go to.
"""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from quanyu.engagement.journeys.tables import journey_tally
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.counters import Counter
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


class Tallies:
    """The tallies of a workspace as one tick sees and changes them; what was added is kept with `keep`."""

    def __init__(self, ws: Workspace, epoch: int, today: date) -> None:
        self._ws, self._epoch, self._today = ws, epoch, today
        self._known: dict[str, dict[date, list[OrdinalSet]]] = {}
        self._before: dict[tuple[str, date], list[OrdinalSet]] = {}
        self._news: dict[frozenset[str], Counter] = {}

    def since(self, counted: str, first: date, among: OrdinalSet) -> list[OrdinalSet]:
        """Return how many each of these has had from a day on, today included."""
        if (counted, first) not in self._before:
            self._before[counted, first] = self._kept_since(counted, first)
        total = [bits & among for bits in self._before[counted, first]]
        for news in self._news_of(counted):
            total = plus(total, news.bits_of(among))
        return total

    def add(self, counted: Sequence[str], members: OrdinalSet) -> None:
        """Count one more today for these."""
        if counted and members:
            self._news.setdefault(frozenset(counted), Counter()).add(members)

    def keep(self, connection: sa.Connection) -> None:
        """Write today's numbers that have changed."""
        c = journey_tally.c
        for counted in sorted(frozenset().union(*self._news)):
            mine = (c.workspace == self._ws.number, c.counted == counted, c.day == self._today)
            connection.execute(sa.delete(journey_tally).where(*mine))
            values = {"workspace": self._ws.number, "day": self._today, "counted": counted, "epoch": self._epoch}
            bits = self._of(counted).get(self._today, [])
            for news in self._news_of(counted):
                bits = plus(bits, news.bits())
            rows = [{**values, "bit": bit, "members": to_bytes(members)} for bit, members in enumerate(bits)]
            connection.execute(sa.insert(journey_tally), rows)

    def _news_of(self, counted: str) -> list[Counter]:
        return [news for together, news in self._news.items() if counted in together]

    def _kept_since(self, counted: str, first: date) -> list[OrdinalSet]:
        total: list[OrdinalSet] = []
        for day, bits in self._of(counted).items():
            if first <= day:
                total = plus(total, bits)
        return total

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
