"""The retailer's next weeks: a journey and a campaign run, people answer and buy, and reports say what it brought."""

import json
import shutil
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from quanyu.app.house import House, refresh
from quanyu.app.lifts import renew_lifts
from quanyu.app.overview import overview
from quanyu.engagement.campaigns.applying import apply as apply_campaign
from quanyu.engagement.campaigns.approving import approve
from quanyu.engagement.campaigns.releasing import release
from quanyu.engagement.channels.accounts import add
from quanyu.engagement.channels.model import Account
from quanyu.engagement.content.definitions import apply as apply_content
from quanyu.engagement.journeys import policy, states
from quanyu.engagement.journeys.definitions import apply as apply_journey
from quanyu.foundation import home as homes
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
from quanyu.simulator.arguments import Arguments
from quanyu.targeting.audiences.definitions import apply as apply_audience
from quanyu.targeting.experiments.terms import apply as apply_terms

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
DEFINITIONS = Path(__file__).with_name("living.yaml")
ACCOUNTS = {"guides": "wecom", "texts": "sms"}
AUTHOR, OTHER = "operator:mei", "operator:lan"
DAYS = (0, 1, 4, 8, 15, 22)
"""Days on which files come in, messages go out, and everybody moves on."""


def live_on(settings: Settings, files: Path, folder: Path, arguments: Arguments, folders: Sequence[str]) -> None:
    """Let the journey and the campaign of `living.yaml` run in a home for three weeks after the company's last day."""
    lives = _lives()
    home = homes.open_home(settings)
    ws = home.workspace()
    life = lives.Life(House(home), ws, _mappings(files, folder / "company", folders), arguments, folder)
    told = yaml.safe_load(DEFINITIONS.read_text(encoding="utf-8"))
    lives.at(ws.clock, lives.noon(arguments, 0) - timedelta(hours=1))
    _prepare(ws, told)
    refresh(ws)
    states.start(ws, told["journey"]["name"])
    apply_campaign(ws, json.dumps(told["campaign"]), AUTHOR)
    approve(ws, told["campaign"]["name"], OTHER)
    release(ws, told["campaign"]["name"], AUTHOR)
    lives.live(life, DAYS)
    refresh(ws)
    overview(ws)
    renew_lifts(ws)
    home.close()


def _lives() -> Any:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        import lives
    finally:
        sys.path.pop(0)
    return lives


def _mappings(files: Path, below: Path, folders: Sequence[str]) -> Path:
    """Copy the mappings of the systems that the home knows: from no other does anything come in afterwards."""
    for mapping in files.glob("*/*.yaml"):
        if mapping.parent.name in folders:
            (below / mapping.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(mapping, below / mapping.relative_to(files))
    return below


def _prepare(ws: Workspace, told: dict[str, Any]) -> None:
    apply_terms(ws, json.dumps(told["terms"]))
    for name, channel in ACCOUNTS.items():
        add(ws, Account(name, "simulated", channel, {}, {}))
    for kind, apply in (("audiences", apply_audience), ("contents", apply_content)):
        for each in told[kind]:
            apply(ws, json.dumps(each))
    policy.apply(ws, json.dumps(told["policy"]))
    apply_journey(ws, json.dumps(told["journey"]))
