"""A made-up retailer behind a real server, and a real browser before it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from quanyu.app.house import House
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.importing import import_files
from quanyu.foundation import home as homes
from quanyu.foundation.access.operators import add_operator
from quanyu.foundation.settings import Settings
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.company import simulate
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.tags.computing import compute

sys.path.insert(0, str(Path(__file__).parents[2] / "console" / "browser"))
import chromium

ROOT = Path(__file__).parents[2]
CONSOLE = ROOT / "console"
AXE = (CONSOLE / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")

LAST = datetime(2026, 6, 30, 12, tzinfo=UTC)
PASSWORD = "look and choose"
COMMAND = [sys.executable, "-c", "import sys; from quanyu.app.cli import main; sys.exit(main())"]
CUSTOMERS = int(os.environ.get("QUANYU_CONSOLE_CUSTOMERS", "400"))


@pytest.fixture(scope="module")
def retailer(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with a company's files of a year, recognised, tagged, with three audiences; nobody has it open."""
    company = tmp_path_factory.mktemp("company") / "files"
    simulate(Arguments(CUSTOMERS, years=1, seed=5), company, company.parent / "truth", processes=1)
    home = homes.create(module_settings, "main", "Asia/Shanghai", "CNY")
    workspace = home.workspace()
    workspace.clock.move(LAST - workspace.clock.now())
    house = House(home)
    for mapping in sorted(company.glob("*/*.yaml")):
        import_files(workspace, house.mapping(workspace, mapping))
    recognise(workspace)
    compute(workspace)
    for audience in sorted((ROOT / "examples" / "company" / "audiences").glob("*.yaml")):
        apply(workspace, audience.read_text(encoding="utf-8"))
    refresh(workspace)
    _add_operators(workspace)
    home.close()
    return module_settings


@pytest.fixture(scope="module")
def nothing(module_settings: Settings) -> Settings:
    """A home in which nothing is, but somebody who may sign in."""
    home = homes.create(module_settings, "main", "Asia/Shanghai", "CNY")
    _add_operators(home.workspace())
    home.close()
    return module_settings


def _add_operators(workspace) -> None:  # type: ignore[no-untyped-def]
    for name, title, role in (("mei", "梅", "owner"), ("bo", "博", "viewer"), ("lan", "兰", "service")):
        add_operator(workspace, name, title, role, PASSWORD)


@dataclass
class Site:
    """A running server."""

    address: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Settings], Site]]:
    """Return a function that serves a home until the module's tests have ended."""
    running: list[Site] = []

    def started(settings: Settings) -> Site:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = tmp_path_factory.mktemp("site") / "serve.log"
        environment = {
            **os.environ,
            "QUANYU_HOME": str(settings.home),
            "QUANYU_DATABASE_URL": settings.database_url or "",
            "QUANYU_MEMORY_MB": "1024",
        }
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*COMMAND, "serve", "--port", str(port)], env=environment, stdout=out, stderr=out
            )
        site = Site(f"http://127.0.0.1:{port}", process, log)
        running.append(site)
        for _ in range(900):
            try:
                if httpx.get(f"{site.address}/ready").status_code == 200:
                    return site
            except httpx.TransportError:
                assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        raise AssertionError(log.read_text())

    yield started
    for site in running:
        site.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = chromium.find()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=found.path, env=found.environment, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()


@dataclass
class Visit:
    """Somebody at the console: his page, and what the browser has complained of."""

    page: Page
    site: Site
    complaints: list[str]
    password: str = PASSWORD

    def open(self, path: str) -> None:
        """Go to a page and wait until it shows what it has to show."""
        self.page.goto(f"{self.site.address}{path}")
        self.page.wait_for_selector("h1")
        self.page.wait_for_function("() => !document.querySelector('[role=status] .ant-skeleton')", timeout=60_000)
        self.page.wait_for_load_state("networkidle")

    def sign_in(self, name: str = "mei") -> None:
        self.page.goto(self.site.address)
        self.page.fill("input[autocomplete=username]", name)
        self.page.fill("input[autocomplete=current-password]", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector(".frame")

    def faults(self) -> list[str]:
        """Return what axe finds on the page: its rule, and the first place."""
        self.page.evaluate(AXE)
        found = self.page.evaluate(
            "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})"
        )
        return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found["violations"]]

    def told(self) -> list[str]:
        """Return complaints, but not that nobody was signed in at first, which the browser logs as an error."""
        return [each for each in self.complaints if not re.search(r"status of 401", each)]

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        return self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Return a function that opens the console of a site in a language, at a width."""
    contexts: list[BrowserContext] = []

    def opened(site: Site, language: str = "zh", width: int = 1440) -> Visit:
        context = browser.new_context(
            locale="zh-CN" if language == "zh" else "en-GB", viewport={"width": width, "height": 860}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        return Visit(page, site, complaints)

    yield opened
    for context in contexts:
        context.close()
