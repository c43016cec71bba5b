"""Delivers as a process of its own; two of its builds are broken, and must fail the tests that the whole one passes."""

import sys

import numpy as np
from tests.engagement.channels.world import open_workspace, render

from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.channels.limits import Allowed
from quanyu.engagement.channels.marking import mark
from quanyu.engagement.channels.settling import Handed, settle
from quanyu.engagement.channels.spec import ACCEPTED
from quanyu.foundation import failpoints


class Before(Delivery):
    """Settles before it sends: what a crash cuts off is lost."""

    def send_chunk(self, work, account, part, retried):
        chunk = mark(self.ws, work, account, part, retried)
        if not isinstance(chunk, Allowed) and chunk.going.num_rows:
            codes = np.full(chunk.going.num_rows, ACCEPTED, np.int8)
            settle(self.ws, work, account, chunk, Handed(codes, {}))
            failpoints.reach("channels.marked")
            self.hand(work, account, chunk)
        return chunk


class After(Delivery):
    """Marks when it has sent: what a crash cuts off goes twice."""

    def send_chunk(self, work, account, part, retried):
        from quanyu.engagement.channels.marking import Chunk
        from quanyu.foundation.sets.algebra import OrdinalSet

        unmarked = Chunk(0, 1, False, OrdinalSet.of(part.receivers), part.messages, int(part.customers[-1]))
        handed = self.hand(work, account, unmarked)
        failpoints.reach("channels.handed")
        chunk = mark(self.ws, work, account, part, retried)
        assert not isinstance(chunk, Allowed)
        settle(self.ws, work, account, chunk, handed)
        return chunk


BUILDS = {"whole": Delivery, "before": Before, "after": After}

if __name__ == "__main__":
    home, workspace = open_workspace()
    with BUILDS[sys.argv[1]](workspace, installed(), render) as delivery:
        delivery.deliver(patience=30.0)
    home.close()
