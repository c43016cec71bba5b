"""A group of commands whose help says each of them in both languages."""

from typing import Any

import typer.core


class Group(typer.core.TyperGroup):
    """As Typer's own, which cuts the help of a command after its first sentence."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands 命令"):
            formatter.write_dl([(name, command.help or "") for name, command in self.commands.items()])


class ListFirst(Group):
    """A group that lists what it is about when no other command is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {*self.commands, "--help"}
        return super().parse_args(ctx, args if args and args[0] in known else ["list", *args])
