"""Plug-ins found by entry point, one registry per kind; built-ins come in by the same door."""

from functools import cached_property
from importlib.metadata import entry_points
from typing import Generic, Protocol, TypeVar

from quanyu.foundation.errors import Conflict, NotFound
from quanyu.foundation.text import Text


class Named(Protocol):
    @property
    def name(self) -> str: ...


Plugin = TypeVar("Plugin", bound=Named)


class Registry(Generic[Plugin]):
    """The plug-ins of one entry point group, loaded on first use."""

    def __init__(self, group: str) -> None:
        self.group = group

    @cached_property
    def _loaded(self) -> dict[str, Plugin]:
        plugins: list[Plugin] = [entry.load() for entry in entry_points(group=self.group)]
        loaded: dict[str, Plugin] = {}
        for plugin in sorted(plugins, key=lambda p: p.name):
            if loaded.setdefault(plugin.name, plugin) is not plugin:
                raise _two_of_a_name(self.group, plugin.name)
        return loaded

    def all(self) -> tuple[Plugin, ...]:
        return tuple(self._loaded.values())

    def get(self, name: str) -> Plugin:
        if name not in self._loaded:
            raise NotFound(
                Text(
                    f"No plug-in of this name is installed for {self.group}.", f"没有安装名为此的插件（{self.group}）。"
                ),
                received=name,
                allowed=list(self._loaded),
            )
        return self._loaded[name]


def _two_of_a_name(group: str, name: str) -> Conflict:
    return Conflict(
        Text(f"Two plug-ins for {group} have the same name.", f"两个插件重名（{group}）。"),
        remedy=Text("Uninstall one of the packages that bring it.", "请卸载其中一个提供它的软件包。"),
        received=name,
    )
