"""The page of an audience's history shows every snapshot in both languages and marks jumps."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from quanyu.targeting.audiences.history import Point
from quanyu.targeting.audiences.history_page import draw_history
from quanyu.targeting.audiences.model import Jump, Snapshot

AT = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)
AT_HOME = ZoneInfo("Asia/Shanghai")


def point(number: int, size: int, entered: int | None, jump: Jump | None = None) -> Point:
    return Point(Snapshot("vip", number, AT, "h", 1, 1, size, AT, entered, entered), 7, jump)


def test_every_snapshot_is_drawn_and_listed() -> None:
    found = [point(3, 5_000, 4_000, Jump(5_000, 1_000)), point(2, 1_000, 0), point(1, 1_200, None)]
    drawn = draw_history("vip", found, AT_HOME)
    assert drawn.count('class="calm"') == 2
    assert drawn.count('class="less"') == 1
    assert "2026-03-02 04:30" in drawn
    assert "<b>1,000</b>" in drawn
    assert "Jumps that are marked: 1." in drawn
    assert "已标出 1 次人数突变。" in drawn
    assert '<td class="number">–</td>' in drawn


def test_without_snapshots_there_is_a_page_all_the_same() -> None:
    assert "<table>" not in draw_history("vip", [], ZoneInfo("UTC"))


def test_few_snapshots_are_as_high_as_many() -> None:
    pages = [draw_history("vip", [point(n, n, 0) for n in range(1, many + 1)], AT_HOME) for many in (1, 2, 60, 200)]
    assert len({re.search(r'height="(\d+)" viewBox', page)[1] for page in pages}) == 1
