"""A made-up action, installed as any plug-in is, happens once for each customer of a step in a tick."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.engagement.journeys.conftest import MORNING, at, journey, outcomes, standing

from quanyu.engagement.journeys import ticking
from quanyu.engagement.journeys.canvas import to_canvas, to_definition
from quanyu.engagement.journeys.definitions import apply, parse
from quanyu.engagement.journeys.states import bring, start
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.targeting.fields.catalogue import Catalogue

ROOT = Path(__file__).parents[4]
MADE_UP = """
import sqlalchemy as sa

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text


class Stamp:
    name, title = "stamp", Text("A stamp", "盖章")

    def read(self, reader, raw, path):
        given = reader.mapping(raw, path, ("stamps", "most"), ("stamps", "most"))
        return given if not reader.reading.faults else None

    def decide(self, asked, members):
        return {"sold_out": OrdinalSet.of(members.ordinals()[int(asked.settings["most"]) :])}

    def carry_out(self, asked, connection, members):
        rows = [{"key": asked.key, "customer": each} for each in members.ordinals().tolist()]
        connection.execute(sa.text("insert into made_up values (:key, :customer)"), rows)


ACTION = Stamp()
"""
SCRIPT = """
from tests.engagement.channels.world import open_workspace
from quanyu.engagement.journeys.ticking import tick
home, workspace = open_workspace()
tick(workspace)
"""
STAMP = "{step: stamp, act: {action: stamp, with: {stamps: 2, most: 7}, next: thank, otherwise: wait}}"
STEPS = (STAMP, "{step: thank, wait: {days: 1, next: end}}", "{step: wait, wait: {days: 2}}")


@pytest.fixture
def installed(tmp_path, monkeypatch) -> Path:
    """A folder as a package manager leaves it."""
    about = tmp_path / "site" / "made_up-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: made-up\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[quanyu.actions]\nstamp = made_up_action:ACTION\n")
    (about.parent / "made_up_action.py").write_text(MADE_UP)
    monkeypatch.syspath_prepend(str(about.parent))
    yield about.parent
    sys.modules.pop("made_up_action", None)


@pytest.fixture
def stamped(stage, installed):
    with stage.begin() as connection:
        connection.execute(sa.text("create table made_up (key text, customer bigint)"))
    apply(stage, journey("{call: {}}", *STEPS, again="{days: 0}"))
    start(stage, "play")
    bring(stage, "play", "1", OrdinalSet.first(10))
    return stage


def done(ws) -> Counter[tuple[str, int]]:
    with ws.begin() as connection:
        return Counter((row.key, row.customer) for row in connection.execute(sa.text("select * from made_up")))


def test_who_can_have_it_has_it_once_and_the_others_go_elsewhere(stamped):
    tick(stamped)
    tick(stamped)
    assert done(stamped) == Counter({("play/1/stamp/1", each): 1 for each in range(7)})
    told = outcomes(stamped)
    assert told["stamp", "done:stamp"] == set(range(7))
    assert told["stamp", "refused:sold_out"] == {7, 8, 9}
    assert standing(stamped) == {"thank": set(range(7)), "wait": {7, 8, 9}}
    at(stamped, MORNING.replace(day=14))
    tick(stamped)
    bring(stamped, "play", "2", OrdinalSet.first(2))
    tick(stamped)
    tick(stamped)
    assert sorted(Counter(customer for _, customer in done(stamped)).items())[:3] == [(0, 2), (1, 2), (2, 1)]


@pytest.mark.scale
@pytest.mark.parametrize("failpoint", ticking.FAILPOINTS)
def test_it_happens_once_wherever_the_process_dies(stamped, environment, installed, failpoint):
    told = {**environment, "QUANYU_FAILPOINT": failpoint, "PYTHONPATH": os.pathsep.join([str(ROOT), str(installed)])}
    ran = subprocess.run([sys.executable, "-c", SCRIPT], env=told, cwd=ROOT)
    assert ran.returncode == -signal.SIGKILL
    tick(stamped)
    tick(stamped)
    assert Counter(customer for _, customer in done(stamped)) == Counter(range(7))


def test_what_is_wrong_with_it_is_told_with_its_line(installed):
    text = journey("{call: {}}", STAMP.replace("stamps: 2, ", ""), *STEPS[1:])
    with pytest.raises(Invalid) as raised:
        parse(read(text), Catalogue(()), "CNY", text)
    assert [fault.place for fault in raised.value.faults] == ["line 6: steps[0].act.with.stamps"]
    text = journey("{call: {}}", STAMP.replace("action: stamp", "action: stmp"), *STEPS[1:])
    with pytest.raises(Invalid) as raised:
        parse(read(text), Catalogue(()), "CNY", text)
    assert raised.value.faults[0].allowed == ("stamp",)


def test_a_canvas_draws_it(installed):
    text = journey("{call: {}}", *STEPS)
    canvas = to_canvas(text, Catalogue(()), "CNY")
    ways = {(edge["source"], edge["key"], edge["target"]) for edge in canvas["edges"]}
    assert {("stamp", "next", "thank"), ("stamp", "otherwise", "wait")} <= ways
    back = to_definition(canvas)
    assert back["steps"][0]["act"]["with"] == {"stamps": 2, "most": 7}
    assert back["steps"][0]["act"]["otherwise"] == "wait"
