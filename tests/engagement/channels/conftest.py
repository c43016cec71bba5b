"""Members who may be written to, a receiver in a process of its own, and ways to look at what became of messages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.customers.conftest import ask, rows
from tests.engagement.channels.world import Receiver, join_club, start_receiver

from quanyu.foundation import home as homes
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

__all__ = ["ask", "rows"]
MEMBERS = 500


@pytest.fixture(scope="package")
def club_home(server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:  # type: ignore[no-untyped-def]
    """A home of a club with 500 members, which nobody has open."""
    from tests.conftest import new_settings

    with new_settings(server, tmp_path_factory.mktemp("club")) as settings:
        home = homes.create(settings, "main", "Asia/Shanghai", "CNY")
        join_club(home.workspace(), tmp_path_factory.mktemp("files"), MEMBERS)
        home.close()
        yield settings


@pytest.fixture
def furnished(request: pytest.FixtureRequest) -> Settings | None:
    return request.getfixturevalue("club_home") if request.module.__name__ not in BARE else None


BARE = ("tests.engagement.channels.test_accounts", "tests.engagement.channels.test_outbox")


@pytest.fixture
def club(workspace: Workspace) -> Workspace:
    return workspace


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    started = start_receiver(tmp_path)
    yield started
    started.stop()
