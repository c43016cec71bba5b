"""Whoever decides waits for recognition, which empties what waits: nothing that is decided is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookLonger
from typing import Any

import pytest
from tests.conftest import delivered
from tests.customers.conftest import furnishing

from quanyu.customers.identity.deciding import Decision, take_back
from quanyu.customers.identity.parting import cut, unlink
from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.reviewing import answer
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

WHY = Decision("wang", "asked her")
LONG = "key type scope value"


@pytest.fixture(scope="module")
def furnished(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("decided")
    both = [("phone", "", "13800138001"), ("member_card", "group", "C1")]
    with furnishing(module_settings, folder) as (workspace, _):
        delivered(workspace, folder, "customer_record", "key name", [("c", "王芳"), ("d", "李强")])
        delivered(workspace, folder, "identifier", LONG, [(key, *each) for key in ("a", "b") for each in both])
        delivered(workspace, folder, "identifier", LONG, [(key, "phone", "", "13800138002") for key in ("c", "d")])
        recognise(workspace)
        assert unlink(workspace, "erp:a", "member_card", WHY) == 1
        recognise(workspace)
    return module_settings


@pytest.fixture
def decided(workspace: Workspace) -> Workspace:
    """Two records of one customer by phone and card, a family of two names, and an act."""
    return workspace


@pytest.mark.parametrize(
    "act",
    [
        lambda ws: unlink(ws, "erp:b", "phone", WHY),
        lambda ws: cut(ws, "erp:a", "erp:b", WHY),
        lambda ws: answer(ws, "together", WHY, [1]),
        lambda ws: take_back(ws, [1], "li"),
    ],
)
def test_who_decides_waits_for_recognition(act: Callable[[Workspace], Any], decided: Workspace) -> None:
    with ThreadPoolExecutor(1) as aside:
        with decided.begin() as connection:
            lock_people(decided, connection)
            deciding = aside.submit(act, decided)
            with pytest.raises(TookLonger):
                deciding.result(0.5)
        deciding.result(30)
    done = recognise(decided)
    assert done.parted or done.merged or done.customers == 3
