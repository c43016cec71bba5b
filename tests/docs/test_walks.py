"""Draws the two walks of the house from a real run, and holds docs/walks.md and the order of the storeys to them."""

import os
import re
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType, FrameType

import pytest

from quanyu.app.house import House, refresh
from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.importing import import_files
from quanyu.foundation.documents import read
from quanyu.foundation.home import Home
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.counting import count
from quanyu.targeting.audiences.definitions import apply

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "quanyu"
PAGE = ROOT / "docs" / "walks.md"
EXAMPLE = ROOT / "examples" / "gift_retailer"
WRITES = os.environ.get("QUANYU_WRITE_WALKS") == "1"

STOREYS = ("foundation", "customers", "commerce", "targeting", "engagement", "insight", "plugins", "app")
DRAWN_BELOW = ("bus", "lake", "sets")  # of the foundation; the rest is used everywhere and tells nothing
AT_A_TILL = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
900001,85123A,Lantern,2,2011-12-09 17:05:00,12.50,99999,United Kingdom
"""


@dataclass(frozen=True)
class Stop:
    """A function of ours, by the room it stands in."""

    storey: str
    room: str
    function: str

    @property
    def place(self) -> str:
        return f"{self.storey}/{self.room}"

    @property
    def height(self) -> int:
        return STOREYS.index(self.storey)


@dataclass
class Call:
    """A call that crosses from one room to another, and those that it leads to."""

    stop: Stop
    code: CodeType | None = None
    calls: "list[Call]" = field(default_factory=list)

    def below(self) -> "Iterator[tuple[Call, Call]]":
        for call in self.calls:
            yield self, call
            yield from call.below()


def stop_of(code: CodeType) -> Stop | None:
    path = Path(code.co_filename)
    if not path.is_relative_to(SOURCE) or path.parent == SOURCE:
        return None
    storey, room, *rest = path.relative_to(SOURCE).with_suffix("").parts
    if storey not in STOREYS:
        return None
    module = rest[0] if rest else room
    return Stop(storey, room, f"{module}.{code.co_qualname}" if rest else code.co_qualname)


class Tracer:
    """Keeps a tree of the calls that cross rooms, while it is the profiler of this thread."""

    def __init__(self, start: Stop) -> None:
        self.root = Call(start)
        self._open: list[tuple[FrameType, Call]] = []
        self._known: dict[CodeType, Stop | None] = {}

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            self._enter(frame)
        elif event == "return" and self._open and self._open[-1][0] is frame:
            self._open.pop()

    def _enter(self, frame: FrameType) -> None:
        code = frame.f_code
        if code not in self._known:
            self._known[code] = stop_of(code)
        stop = self._known[code]
        if stop is None:
            return
        caller = self._open[-1][1] if self._open else self.root
        if caller.stop.place == stop.place:
            self._open.append((frame, caller))
            return
        call = next((c for c in caller.calls if c.code is code), None)
        if call is None:
            call = Call(stop, code)
            caller.calls.append(call)
        self._open.append((frame, call))


@contextmanager
def traced(start: Stop) -> Generator[Call]:
    tracer = Tracer(start)
    sys.setprofile(tracer)
    try:
        yield tracer.root
    finally:
        sys.setprofile(None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example's mapping beside one order that was just rung up."""
    (tmp_path / "mapping.yaml").write_text((EXAMPLE / "mapping.yaml").read_text("utf-8"), encoding="utf-8")
    (tmp_path / "orders.csv").write_text(AT_A_TILL)
    return tmp_path


@pytest.fixture
def open_shop(home: Home, workspace: Workspace) -> House:
    """A home with the example in it, on the evening of its last day."""
    home.clock.move(datetime(2011, 12, 9, 18, tzinfo=UTC) - home.clock.now())
    house = House(home)
    import_files(workspace, house.mapping(workspace, EXAMPLE / "mapping.yaml"))
    for audience in sorted((EXAMPLE / "audiences").glob("*.yaml")):
        apply(workspace, audience)
    refresh(workspace)
    return house


def ring_up(house: House, workspace: Workspace, mapping: Path) -> list[str]:
    import_files(workspace, house.mapping(workspace, mapping))
    return [line.en for line in refresh(workspace)]


def count_rule(workspace: Workspace) -> tuple[int, int]:
    document = read((EXAMPLE / "audiences" / "quiet_big_spenders.yaml").read_text("utf-8"))
    found = count(workspace, document.value["rule"])
    return found.size, found.base


@pytest.mark.scale
def test_an_order_at_a_till(open_shop: House, workspace: Workspace, folder: Path):
    with traced(Stop("app", "house", "an order at a till")) as walk:
        done = ring_up(open_shop, workspace, folder / "mapping.yaml")
    assert "Audience newcomers: 73 customers, 1 entered, 0 left." in done
    nothing_goes_up_unasked(walk)
    agrees("till", walk)


@pytest.mark.scale
def test_an_audience_is_counted(open_shop: House, workspace: Workspace):
    with traced(Stop("app", "house", "an audience is counted")) as walk:
        found = count_rule(workspace)
    assert found == (13, 300)
    nothing_goes_up_unasked(walk)
    agrees("count", walk)


def nothing_goes_up_unasked(walk: Call) -> None:
    """A call up is the bus handing over a fact, ingest landing or settling a kind or asking to read, or kept answers.

    These make what whoever asked for them has given to be made.
    """
    handlers = {s.handler.__code__ for room in ROOMS for s in room.subscriptions}
    doors = [door for room in ROOMS for kind in room.kinds for door in (kind.land, kind.settle)]
    kinds = {door.__code__ for door in doors if door is not None}
    up = [(caller.stop, call) for caller, call in walk.below() if call.stop.height > caller.stop.height]
    for caller, call in up:
        by_bus = caller.place == "foundation/bus" and call.code in handlers
        by_kind = caller.place == "customers/ingest" and call.code in kinds
        by_plugin = caller.place == "customers/ingest" and call.stop.storey == "plugins"
        by_kept = caller.place == "foundation/kept"
        assert by_bus or by_kind or by_plugin or by_kept, f"{caller} calls up: {call.stop}"


def test_a_call_up_is_found():
    walk = Call(Stop("customers", "identity", "recognising.recognise"))
    walk.calls.append(Call(Stop("targeting", "tags", "computing.compute")))
    with pytest.raises(AssertionError, match="calls up"):
        nothing_goes_up_unasked(walk)


def drawn(calls: list[Call]) -> list[Call]:
    """Leave out what is used everywhere and nameless functions, and put what they lead to in their place."""
    kept: list[Call] = []
    for call in calls:
        inner = drawn(call.calls)
        stop = call.stop
        leads_up = any(c.stop.storey != "foundation" for c in inner)
        if stop.storey == "foundation" and not leads_up:
            inner = []
        hidden = stop.storey == "foundation" and stop.room not in DRAWN_BELOW
        if hidden or "<" in stop.function or "__" in stop.function:
            kept += inner or [c for c in drawn(call.calls) if hidden]
        else:
            kept.append(Call(stop, call.code, inner))
    return folded(kept)


def folded(calls: list[Call]) -> list[Call]:
    found: dict[Stop, Call] = {}
    for call in calls:
        if call.stop in found:
            found[call.stop].calls = folded([*found[call.stop].calls, *call.calls])
        else:
            found[call.stop] = call
    return list(found.values())


def tree(calls: list[Call], depth: int = 0) -> Iterator[str]:
    """Write the walk as indented lines; what it does below stands on one line for each room of the foundation."""
    below: dict[str, list[str]] = {}
    for call in calls:
        if call.stop.storey == "foundation" and not call.calls:
            below.setdefault(call.stop.place, []).append(short(call.stop))
    for place, functions in below.items():
        yield f"{'  ' * depth}· {place}: {', '.join(dict.fromkeys(functions))}"
    for call in calls:
        if call.stop.storey != "foundation" or call.calls:
            yield f"{'  ' * depth}{call.stop.place}: {call.stop.function}"
            yield from tree(call.calls, depth + 1)


def short(stop: Stop) -> str:
    return stop.function.rpartition(".")[2]


def sequence(walk: Call) -> Iterator[str]:
    yield "sequenceDiagram"
    arrows = list(messages(walk))
    places = {place for caller, called, _ in arrows for place in (caller, called)}
    for place in sorted(places, key=lambda p: (-STOREYS.index(p.split("/")[0]), p)):
        yield f"  participant {place.replace('/', '_')} as {place}"
    for caller, called, said in arrows:
        yield f"  {caller.replace('/', '_')}->>{called.replace('/', '_')}: {said}"


def messages(walk: Call) -> Iterator[tuple[str, str, str]]:
    for call in walk.calls:
        if call.stop.storey == "foundation" and not call.calls:
            continue
        yield walk.stop.place, call.stop.place, short(call.stop)
        yield from messages(call)


def agrees(name: str, walk: Call) -> None:
    """Compare the page's block of this name with the walk, or write it."""
    shown = Call(walk.stop, None, drawn(walk.calls))
    block = "\n".join(["```mermaid", *sequence(shown), "```", "", "```text", *tree(shown.calls), "```"])
    page = PAGE.read_text("utf-8")
    between = re.compile(rf"(<!-- walk: {name} -->\n).*?(<!-- end of walk -->)", re.DOTALL)
    assert between.search(page), f"docs/walks.md has no place for the walk {name}"
    now = between.sub(lambda found: f"{found[1]}{block}\n{found[2]}", page)
    if WRITES:
        PAGE.write_text(now, encoding="utf-8")
    assert now == page or WRITES, "the code walks another way than docs/walks.md says: run `make walks`"
