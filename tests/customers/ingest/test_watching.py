"""An import says how far it is, and stops when it is asked to, with nothing landed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SOURCES

from quanyu.app.rooms import ROOMS
from quanyu.commerce.orders.tables import ORDER_LINES
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.mapping import load_mapping
from quanyu.customers.ingest.watching import Advance, Cancelled, cancel_import
from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

LINES = [f"{n},{n % 7},A{n % 5},Mug,1,2.50,2011-03-01 09:00,France" for n in range(50)]


def test_an_import_says_how_far_it_is_and_stops_when_asked(
    write: Callable[..., Path],
    workspace: Workspace,
    rows: Callable[..., list[dict[str, Any]]],
    ask: Callable[[str], list[Any]],
):
    kinds = [kind for room in ROOMS for kind in room.kinds]
    path = write(LINES)
    mapping = load_mapping(path, kinds, SOURCES, workspace.time_zone, workspace.currency)
    told: list[Advance] = []

    def cancel(advance: Advance) -> None:
        told.append(advance)
        ((number,),) = ask("select number from data_import where state = 'running'")
        cancel_import(workspace, number)

    with pytest.raises(Cancelled, match="nothing of it has landed"):
        import_files(workspace, mapping, cancel)
    assert ask("select state, error from data_import") == [("cancelled", "Cancelled")]
    assert (rows(ORDER_LINES), told[0].step.en) == ([], "reading and checking")

    told.clear()
    assert import_files(workspace, mapping, told.append).lines.landed == 50
    shares = [advance.share for advance in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert [a.step.en for a in told][-1] == "settling"
    assert told[-1].lines == 50
    with pytest.raises(Conflict) as caught:
        cancel_import(workspace, ask("select max(number) from data_import")[0][0])
    assert "landed" in str(caught.value.received)
    with pytest.raises(NotFound):
        cancel_import(workspace, 10_000)


def test_what_is_left_follows_from_what_is_done():
    advance = Advance(Text("landing", "写入"), 0.25, 10, 40_000_000)
    assert advance.remaining == 30
    assert advance.rate.en == "1 MB/s"
    assert Advance(Text("landing", "写入"), 0.5, 10, 1, 1_000).rate.zh == "50 行/秒"
    assert Advance(Text("landing", "写入"), 0.01, 10, 1).remaining is None
