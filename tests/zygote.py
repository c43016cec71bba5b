"""Runs commands and scripts in forks of one process that has imported everything: they then start at once.

`python zygote.py SOCKET` serves; the scripts that `install` writes, `quanyu` and `python`, hand their arguments, their
folder, environment and open files over and wait. Each is a process of its own, as with the installed ones: signals
reach it, it is killed with whoever waits for it, and its end is told as it was.
"""

import atexit
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

CLIENT = """#!{python} -SEI
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: server.sendall(bytes([number])))
    said = json.dumps([os.path.basename(sys.argv[0]), sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(said).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(said)
    for file in range(3):
        os.close(file)
    status = int(server.recv(8) or -signal.SIGKILL)
if status >= 0:
    os._exit(status)
signal.signal(-status, signal.SIG_DFL) if status != -signal.SIGKILL else None
os.kill(os.getpid(), -status)
"""
LATER = (
    "quanyu.foundation.sets.kernels", "quanyu.customers.identity.kernels", "scipy.sparse.csgraph", "pytest",
    "hypothesis",
)  # fmt: skip
"""What is imported when it is first needed."""


def install(folder: Path) -> subprocess.Popen[bytes]:
    """Write the scripts into the folder, and return the process behind them, which ends with its stdin."""
    address = str(folder / "s")
    for name in PROGRAMS:
        script = folder / name
        script.write_text(CLIENT.format(python=sys.executable, address=address), encoding="utf-8")
        script.chmod(0o755)
    served = subprocess.Popen([sys.executable, __file__, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert served.stdout
    assert served.stdout.readline() == b"ready\n"
    return served


def serve(address: str) -> None:
    from quanyu.app.cli import _commands

    for name, entry in _commands.COMMANDS.items():
        _commands.load(name, entry)
    for name in LATER:
        import_module(name)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen(8)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    if os.fork():  # this one waits for the end of the tests
        sys.stdin.read()
        os.killpg(0, signal.SIGTERM)
    while True:
        caller, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            run(caller)
        caller.close()


def run(caller: socket.socket) -> None:
    """Do what the caller was told to do in a process of its own, and let him know how that ended."""
    size, files, _, _ = socket.recv_fds(caller, 8, 3)
    said = b""
    while len(said) < int.from_bytes(size, "big"):
        said += caller.recv(1 << 16)
    program, arguments, folder, environment = json.loads(said)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    working = os.fork()
    if working:
        for file in files:
            os.close(file)
        threading.Thread(target=pass_signals_on, args=(caller, working), daemon=True).start()
        _, status = os.waitpid(working, 0)
        with suppress(OSError):
            caller.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    caller.close()
    for target, file in enumerate(files):
        os.dup2(file, target)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    leave(PROGRAMS[program](arguments))


def pass_signals_on(caller: socket.socket, working: int) -> None:
    """Give the process each signal that its caller gets; who is gone himself was killed."""
    with suppress(OSError):
        while number := caller.recv(1):
            os.kill(working, number[0])
    with suppress(ProcessLookupError):
        os.kill(working, signal.SIGKILL)


def leave(status: int) -> None:
    for out in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            out.flush()
    os._exit(status)


def run_command(arguments: list[str]) -> int:
    from quanyu.app.cli import main

    sys.argv = ["quanyu", *arguments]
    return main()


def run_script(arguments: list[str]) -> int:
    """Do what `python -c TEXT …`, `python -m MODULE …` or `python FILE …` does."""
    sys.path[:0] = [str(Path.cwd()), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    status = 0
    try:
        begin(arguments)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        traceback.print_exc()
        status = 128 + signal.SIGINT
    except Exception:  # noqa: BLE001  as the interpreter does
        traceback.print_exc()
        status = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    return status


def begin(arguments: list[str]) -> None:
    if arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    elif arguments[0] == "-m":
        sys.argv = [arguments[1], *arguments[2:]]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path[0] = str(Path(arguments[0]).parent)
        runpy.run_path(arguments[0], run_name="__main__")


PROGRAMS: dict[str, Callable[[list[str]], int]] = {"quanyu": run_command, "python": run_script}


if __name__ == "__main__":
    os.setpgrp()
    serve(sys.argv[1])
