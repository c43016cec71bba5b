"""Runs the command line in forks of one process that has imported everything: a test's command then starts at once.

`python zygote.py SOCKET` serves; a script that `install` writes is the `quanyu` that hands its arguments, folder,
environment and open files over and waits. Each command is a process of its own, as with the installed one.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

CLIENT = """#!{python} -SEI
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(said).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(said)
    status = server.recv(8)
sys.exit(int(status) if status else 137)
"""


def install(folder: Path) -> subprocess.Popen[bytes]:
    """Write the script `quanyu` into the folder, and return the process behind it, which ends with its stdin."""
    address = str(folder / "s")
    script = folder / "quanyu"
    script.write_text(CLIENT.format(python=sys.executable, address=address), encoding="utf-8")
    script.chmod(0o755)
    served = subprocess.Popen([sys.executable, __file__, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert served.stdout
    assert served.stdout.readline() == b"ready\n"
    return served


def serve(address: str) -> None:
    from quanyu.app.cli import _commands, main

    for name, entry in _commands.COMMANDS.items():
        _commands.load(name, entry)
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
            run(caller, main)
        caller.close()


def run(caller: socket.socket, main) -> None:  # type: ignore[no-untyped-def]
    """Do in this process what the caller was told to do, and leave with its status."""
    size, files, _, _ = socket.recv_fds(caller, 8, 3)
    said = b""
    while len(said) < int.from_bytes(size, "big"):
        said += caller.recv(1 << 16)
    arguments, folder, environment = json.loads(said)
    for target, file in enumerate(files):
        os.dup2(file, target)
        os.close(file)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["quanyu", *arguments]
    status = main()
    with suppress(OSError):
        sys.stdout.flush()
    caller.sendall(str(status).encode())
    os._exit(status)


if __name__ == "__main__":
    os.setpgrp()
    serve(sys.argv[1])
