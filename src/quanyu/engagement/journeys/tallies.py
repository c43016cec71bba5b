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


class Tallies:
    """The tallies of a workspace as one tick sees and changes them; what was changed is kept with `keep`."""

    def __init__(self, ws: Workspace, epoch: int, today: date) -> None:
        self._ws, self._epoch, self._today = ws, epoch, today
        self._known: dict[str, dict[date, list[OrdinalSet]]] = {}
        self._sums: dict[tuple[str, date], list[OrdinalSet]] = {}
        self._changed: set[str] = set()

    def since(self, counted: str, first: date) -> list[OrdinalSet]:
        """Return how many each customer has had from a day on, today included."""
        if (counted, first) not in self._sums:
            total: list[OrdinalSet] = []
            for day, bits in self._of(counted).items():
                if first <= day:
                    total = plus(total, bits)
            self._sums[counted, first] = total
        return self._sums[counted, first]

    def add(self, counted: Sequence[str], members: OrdinalSet) -> None:
        """Count one more today for these."""
        if not members:
            return
        for each in counted:
            days = self._of(each)
            days[self._today] = plus(days.get(self._today, []), [members])
            for name, first in list(self._sums):
                if name == each:
                    self._sums[name, first] = plus(self._sums[name, first], [members])
            self._changed.add(each)

    def keep(self, connection: sa.Connection) -> None:
        """Write today's numbers that have changed."""
        c = journey_tally.c
        for counted in sorted(self._changed):
            mine = (c.workspace == self._ws.number, c.counted == counted, c.day == self._today)
            connection.execute(sa.delete(journey_tally).where(*mine))
            for bit, members in enumerate(self._of(counted)[self._today]):
                values = {"day": self._today, "counted": counted, "bit": bit, "epoch": self._epoch}
                insert = sa.insert(journey_tally).values(workspace=self._ws.number, **values, members=to_bytes(members))
                connection.execute(insert)
        self._changed.clear()

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
