"""Every command is listed, loads, helps in two languages, and nothing heavy is imported to say so."""

import re
import resource
import subprocess
import sys

import pytest

from quanyu.app.cli._commands import COMMANDS, load

MAIN = "from quanyu.app.cli import main; raise SystemExit(main(['--help']))"
ALLOWANCE = 0.25  # seconds beyond what Typer and Rich need to be there
WITHOUT_A_HOME = {"simulate", "match", "suggest-match", "check"}
CHINESE = re.compile(r"[一-鿿]")


def seconds(code: str) -> float:
    """Return the processor time of a child, which other work on the machine does not stretch."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_help_is_quick():
    bare = min(seconds("import typer, rich") for _ in range(5))
    ours = min(seconds(MAIN) for _ in range(5))
    assert ours <= bare + ALLOWANCE


def test_help_imports_nothing_heavy():
    heavy = "numpy|pyarrow|duckdb|ibis|sqlalchemy|psycopg|fastapi|pydantic|numba|scipy"
    code = f"""
import re, sys
from quanyu.app.cli import main
main(["--help"])
sys.exit(any(re.fullmatch("{heavy}", name) for name in sys.modules))"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_help_lists_every_command():
    text = subprocess.run([sys.executable, "-c", MAIN], capture_output=True, text=True).stdout
    assert all(re.search(rf"^  {name}\b.*[一-鿿]", text, re.MULTILINE) for name in COMMANDS)


def leaves(command):
    """Return the commands of a group, and of the groups in it."""
    below = getattr(command, "commands", None)
    return [command] if below is None else [leaf for each in below.values() for leaf in leaves(each)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_helps_in_two_languages(name):
    command = load(name, COMMANDS[name])
    for leaf in leaves(command):
        homeless = WITHOUT_A_HOME & {name, leaf.name}
        everywhere = {"as_json"} if homeless else {"home", "workspace", "as_json"}
        assert CHINESE.search(leaf.help), leaf.name
        options = {parameter.name: parameter for parameter in leaf.params}
        assert everywhere <= set(options)
        assert all(CHINESE.search(option.help) for option in options.values()), leaf.name
    assert all(CHINESE.search(option.help) for option in command.params if hasattr(option, "help")), name
