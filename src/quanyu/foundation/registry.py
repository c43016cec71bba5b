"""Plug-ins found by entry point, one registry per kind; built-ins come in by the same door."""

from functools import cached_property
from importlib.metadata import entry_points
from typing import Generic, Protocol, TypeVar

from quanyu.foundation.errors import NotFound
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
        plugins = [entry.load() for entry in entry_points(group=self.group)]
        return {plugin.name: plugin for plugin in sorted(plugins, key=lambda p: p.name)}

    def all(self) -> tuple[Plugin, ...]:
        return tuple(self._loaded.values())

    def get(self, name: str) -> Plugin:
        if name not in self._loaded:
            raise NotFound(
                Text(f"No plug-in of this name is installed for {self.group}.", f"没有安装名为此的插件（{self.group}）。"),
                received=name,
                allowed=list(self._loaded),
            )
        return self._loaded[name]
