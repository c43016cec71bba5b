"""Turns whatever ends a command into plain words, or one JSON document, and an exit status."""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

from quanyu.app.cli import INTERRUPTED
from quanyu.app.cli.reporting import in_words
from quanyu.app.failures import recognised
from quanyu.foundation.errors import Invalid, QuanyuError
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text

FAILED, USAGE = 1, 2
_QUERY_INTERRUPTED = "Query interrupted"  # what the engine makes of Ctrl-C


class WrongUse(QuanyuError):
    """The command line itself cannot be understood."""

    code, status = "usage", 400


class Unexpected(QuanyuError):
    """Something that nobody foresaw; its message may hold personal data and is not shown."""

    code = "unexpected"


def exit_status(error: BaseException, arguments: Sequence[str]) -> int:
    """Say what happened where the caller looks for it, and return the exit status."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILED
    if isinstance(error, BrokenPipeError):
        _forget_stdout()
        return FAILED
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(f"{error}\n")
        return USAGE
    if isinstance(error, KeyboardInterrupt | typer.Abort) or str(error) == _QUERY_INTERRUPTED:
        return INTERRUPTED
    if os.environ.get("QUANYU_DEBUG") == "1":
        traceback.print_exception(error, file=sys.stderr)
    found = _ours(error, arguments)
    _say(found, as_json=asks_for_json(arguments))
    return USAGE if isinstance(found, WrongUse) else FAILED


def asks_for_json(arguments: Sequence[str]) -> bool:
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def _ours(error: BaseException, arguments: Sequence[str]) -> QuanyuError:
    if getattr(error, "exit_code", None) == USAGE and hasattr(error, "format_message"):
        return _wrong_use(error)
    known = recognised(error)
    if known is not None:
        return known
    if isinstance(error, OSError) and error.filename is not None:
        return Invalid(
            Text("A file or folder cannot be used.", "无法使用该文件或目录。"),
            remedy=Text("Check the path and who may read and write it.", "请检查路径与读写权限。"),
            received=f"{error.filename}: {error.strerror}",
        )
    return _unexpected(error, arguments)


def _wrong_use(error: BaseException) -> WrongUse:
    message: str = error.format_message()  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "quanyu"
    return WrongUse(
        Text(message.rstrip(".") + ".", f"命令用法有误：{message}"),
        remedy=Text(f"See: {path} --help", f"请看：{path} --help"),
    )


def _unexpected(error: BaseException, arguments: Sequence[str]) -> Unexpected:
    kept = _keep(error, arguments)
    remedy = Text("Run it again with QUANYU_DEBUG=1 to see more.", "设置 QUANYU_DEBUG=1 后重试可看到更多信息。")
    if kept is not None:
        remedy = Text(f"Where it happened is kept in {kept}. {remedy.en}", f"出错位置记录在 {kept}。{remedy.zh}")
    return Unexpected(
        Text("Sorry, something went wrong that we did not foresee.", "抱歉，出现了意外错误。"),
        remedy=remedy,
        received=type(error).__name__,
    )


def _keep(error: BaseException, arguments: Sequence[str]) -> Path | None:
    """Write down where it happened, without its message, which may hold personal data."""
    places = [f"  {f.filename}:{f.lineno} {f.name}\n" for f in traceback.extract_tb(error.__traceback__)]
    try:
        home = Settings.load(_home_of(arguments)).home
        if not (home / "home.json").is_file():
            return None
        log = home / "log" / "errors.log"
        log.parent.mkdir(mode=0o700, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{type(error).__name__}\n{''.join(places)}")
    except (OSError, QuanyuError):
        return None
    return log


def _home_of(arguments: Sequence[str]) -> Path | None:
    for i, argument in enumerate(arguments):
        if argument == "--home" and i + 1 < len(arguments):
            return Path(arguments[i + 1])
        if argument.startswith("--home="):
            return Path(argument.removeprefix("--home="))
    return None


def _say(error: QuanyuError, *, as_json: bool) -> None:
    try:
        if as_json:
            sys.stdout.write(in_words(error, as_json=True))
            sys.stdout.flush()
        else:
            sys.stderr.write(in_words(error, as_json=False))
    except BrokenPipeError:
        _forget_stdout()


def _forget_stdout() -> None:
    """Nobody reads any more: without this, the interpreter complains when it flushes at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
