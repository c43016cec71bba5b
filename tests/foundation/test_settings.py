"""Settings come from the environment, else from the machine."""

import os
from pathlib import Path

import psutil
import pytest

from quanyu.foundation.errors import Invalid
from quanyu.foundation.settings import GIGABYTE, Settings


@pytest.fixture(autouse=True)
def _unset(monkeypatch):
    for name in [name for name in os.environ if name.startswith("QUANYU_")]:
        monkeypatch.delenv(name)


def test_the_home_is_where_it_is_said(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert Settings.load().home == tmp_path / "quanyu-home"
    monkeypatch.setenv("QUANYU_HOME", "~/shop")
    monkeypatch.setenv("HOME", "/somewhere")
    assert Settings.load().home == Path("/somewhere/shop")
    assert Settings.load(tmp_path / "given").home == tmp_path / "given"


def test_the_environment_sets_numbers(monkeypatch):
    monkeypatch.setenv("QUANYU_MEMORY_MB", "2048")
    monkeypatch.setenv("QUANYU_THREADS", "3")
    monkeypatch.setenv("QUANYU_DATABASE_URL", "postgresql://elsewhere/quanyu")
    settings = Settings.load()
    assert (settings.memory, settings.threads) == (2 * GIGABYTE, 3)
    assert settings.database_url == "postgresql://elsewhere/quanyu"


def test_what_is_unset_comes_from_the_machine(monkeypatch):
    monkeypatch.setenv("QUANYU_DATABASE_URL", "")
    settings = Settings.load()
    assert settings.database_url is None
    assert GIGABYTE <= settings.memory <= max(GIGABYTE, psutil.virtual_memory().total // 2)
    assert 1 <= settings.threads <= (os.cpu_count() or 1)


@pytest.mark.parametrize("text", ["many", "-1", "1.5", "²", " 4"])
def test_numbers_must_be_whole(monkeypatch, text):
    monkeypatch.setenv("QUANYU_THREADS", text)
    with pytest.raises(Invalid, match="QUANYU_THREADS") as refused:
        Settings.load()
    assert refused.value.received == text
