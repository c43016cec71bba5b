"""Plug-ins come in by entry point, from any installed package."""

import importlib
import sys
from pathlib import Path

import pytest

from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.registry import Registry

GROUP = "quanyu.test.greetings"


def install(folder: Path, package: str, *names: str) -> None:
    """Write an installed package that brings one plug-in of each name."""
    module = f"greetings_of_{package}"
    lines = ["from types import SimpleNamespace"]
    lines += [f"plugin_{at} = SimpleNamespace(name={name!r}, package={package!r})" for at, name in enumerate(names)]
    (folder / f"{module}.py").write_text("\n".join(lines))
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    entries = [f"entry_{at} = {module}:plugin_{at}" for at in range(len(names))]
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n" + "\n".join(entries))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path
    for module in [name for name in sys.modules if name.startswith("greetings_of_")]:
        del sys.modules[module]


def test_plug_ins_of_all_packages_are_found_in_order_of_name(folder):
    install(folder, "alpha", "salute", "bow")
    install(folder, "beta", "nod")
    registry = Registry(GROUP)
    assert [plugin.name for plugin in registry.all()] == ["bow", "nod", "salute"]
    assert registry.get("nod").package == "beta"


def test_an_unknown_name_is_answered_with_the_known_ones(folder):
    install(folder, "alpha", "salute", "bow")
    with pytest.raises(NotFound, match=GROUP) as refused:
        Registry(GROUP).get("wave")
    assert refused.value.received == "wave"
    assert refused.value.allowed == ("bow", "salute")


def test_two_plug_ins_of_one_name_are_refused(folder):
    install(folder, "alpha", "bow")
    install(folder, "beta", "bow")
    with pytest.raises(Conflict, match="same name") as refused:
        Registry(GROUP).all()
    assert refused.value.received == "bow"


def test_a_group_without_plug_ins_is_empty():
    assert Registry(GROUP).all() == ()
