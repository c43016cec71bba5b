"""Nothing outside the inbox is read, however its path is written."""

from pathlib import Path

import pytest

from quanyu.customers.ingest.inbox import load_from_inbox
from quanyu.foundation.errors import Forbidden, NotFound


class Mapping:
    """A mapping that names these files."""

    def __init__(self, *files: Path) -> None:
        self.files = files


@pytest.fixture
def inbox(workspace) -> Path:
    folder = workspace.settings.home / "inbox"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "shop.yaml").write_text("source: shop")
    return folder


def test_a_mapping_below_the_inbox_is_loaded(workspace, inbox):
    wanted = Mapping(inbox / "sub" / "orders.csv")
    assert load_from_inbox(workspace, "sub/shop.yaml", lambda _, path: wanted) is wanted


@pytest.mark.parametrize("name", ["../home.json", "/etc/passwd", "sub/../../home.json", "link.yaml", "a\0b"])
def test_paths_that_lead_out_are_refused(workspace, inbox, name):
    (inbox / "link.yaml").symlink_to(workspace.settings.home / "home.json")
    with pytest.raises(Forbidden):
        load_from_inbox(workspace, name, lambda _, path: Mapping())


def test_files_that_lie_outside_are_refused(workspace, inbox):
    with pytest.raises(Forbidden):
        load_from_inbox(workspace, "sub/shop.yaml", lambda _, path: Mapping(Path("/etc/passwd")))


def test_what_is_not_there_is_told_with_what_is(workspace, inbox):
    with pytest.raises(NotFound) as caught:
        load_from_inbox(workspace, "absent.yaml", lambda _, path: Mapping())
    assert caught.value.allowed == ("sub/shop.yaml",)
