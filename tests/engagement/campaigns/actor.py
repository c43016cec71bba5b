"""Puts a campaign in force, or lets a stage out, as a process of its own, which a test may kill."""

import sys

from tests.engagement.campaigns.conftest import AUTHOR, CAMPAIGN
from tests.engagement.channels.world import open_workspace

from quanyu.engagement.campaigns.applying import apply
from quanyu.engagement.campaigns.releasing import release

VERBS = {
    "apply": lambda ws: apply(ws, CAMPAIGN, AUTHOR),
    "release": lambda ws: release(ws, "spring", AUTHOR, 1),
}

if __name__ == "__main__":
    home, workspace = open_workspace()
    VERBS[sys.argv[1]](workspace)
    home.close()
