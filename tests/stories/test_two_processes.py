"""Server, worker and command line share one embedded home; a signal ends them all and stops the database."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

COMMAND = [sys.executable, "-c", "import sys; from quanyu.app.cli import main; sys.exit(main())"]
LINES = 400
MAPPING = """source: shop
files: orders.csv
kinds:
  - kind: order_line
    columns: {order_number: number, customer: buyer, product: item, quantity: pieces, unit_price: price, placed_at: at}
  - kind: customer_record
    columns: {key: buyer, observed_at: at}
"""


def write_files(folder: Path) -> Path:
    folder.mkdir(parents=True)
    lines = [f"{n},b{n % 50},i{n % 7},1,9.90,2024-0{1 + n % 9}-11 10:00:00" for n in range(LINES)]
    (folder / "orders.csv").write_text("\n".join(["number,buyer,item,pieces,price,at", *lines]))
    (folder / "shop.yaml").write_text(MAPPING)
    return folder / "shop.yaml"


def run(environment: dict[str, str], *arguments: object) -> dict:
    command = ["quanyu", *map(str, arguments), "--json"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


def wait_until(true, seconds: float = 90.0) -> bool:
    for _ in range(int(seconds * 10)):
        if true():
            return True
        time.sleep(0.1)
    return False


def ready(client: httpx.Client) -> bool:
    try:
        return client.get("/ready").status_code == 200
    except httpx.TransportError:
        return False


def alive_with(text: str) -> list[str]:
    """Return the command lines of other processes that name `text`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line and int(entry.parent.name) != os.getpid():
            found.append(line)
    return found


@pytest.mark.scale
@pytest.mark.long
def test_server_worker_and_command_line_share_a_home(tmp_path, commands):
    home = tmp_path / "my data 全域"
    path = f"{commands}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "QUANYU_HOME": str(home), "QUANYU_MEMORY_MB": "1024"}
    token = run(environment, "init")["token"]
    assert token
    mapping = write_files(home / "inbox")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (tmp_path / "log").open("w") as log:
        serving = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port)], env=environment, stdout=log, stderr=log, start_new_session=True
        )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    try:
        assert wait_until(lambda: ready(client)), (tmp_path / "log").read_text()
        all_at_once(environment, client, mapping)
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(60) == 0
        assert wait_until(lambda: not alive_with(str(home)), 20), alive_with(str(home))
        assert not (home / "postgres" / "data" / "postmaster.pid").exists()
        assert run(environment, "status")["customers"] == 50
        assert "Traceback" not in (tmp_path / "log").read_text()
    finally:
        client.close()
        if serving.poll() is None:
            os.killpg(serving.pid, signal.SIGKILL)


def all_at_once(environment: dict[str, str], client: httpx.Client, mapping: Path) -> None:
    """Import the same file by the API and by the command line while statuses are read: it lands once."""
    job = client.post("/api/v1/imports", json={"mapping": "shop.yaml"}).json()["job"]
    seen: list[int] = []
    reading = threading.Thread(
        target=lambda: [seen.append(client.get("/api/v1/sources").status_code) for _ in range(20)]
    )
    reading.start()
    run(environment, "import", mapping)
    reading.join()
    assert seen == [200] * 20
    assert wait_until(lambda: client.get(f"/api/v1/jobs/{job}").json()["state"] == "succeeded")
    lines = next(c for c in client.get("/api/v1/sources").json()["sources"][0]["counts"] if c["grain"])
    assert (lines["read"], lines["landed"], lines["known"]) == (2 * LINES, LINES, LINES)
    assert wait_until(lambda: client.get("/api/v1/customers").json()["customers"] == 50)
    assert wait_until(lambda: client.get("/api/v1/tags").status_code == 200)
