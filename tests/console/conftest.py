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
from fcntl import LOCK_EX, flock
from pathlib import Path

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from quanyu.app.house import House
from quanyu.app.overview import overview
from quanyu.customers.consent.projecting import project
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.quality.findings import find
from quanyu.customers.quality.goals import hold_against, retail_goals
from quanyu.customers.quality.keeping import keep
from quanyu.customers.quality.report import document
from quanyu.customers.quality.surveying import take_survey
from quanyu.foundation import home as homes
from quanyu.foundation.access.operators import add_operator
from quanyu.foundation.database import launcher
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
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
FAULTS = """async () => {
    const rules = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"];
    const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
    return found.violations.map(each => `${each.id}: ${each.nodes[0].html.slice(0, 160)}`);
}"""

LAST = datetime(2026, 6, 30, 12, tzinfo=UTC)
PASSWORD = "look and choose"
COMMAND = [sys.executable, "-c", "import sys; from quanyu.app.cli import main; sys.exit(main())"]
FOLDERS = ("erp", "mini_program", "pos_south", "sms", "tmall_flagship", "wecom")
CUSTOMERS = int(os.environ.get("QUANYU_CONSOLE_CUSTOMERS", "2000"))
COMPANY = Arguments(CUSTOMERS, years=1, seed=5)


@pytest.fixture(scope="session")
def company(server: launcher.Address, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Settings:
    """A home with a company's files of a year, recognised, tagged, with three audiences: made once for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "retailer"
    folder.mkdir(exist_ok=True)
    url = psycopg.conninfo.make_conninfo(**{**server.parameters, "dbname": "quanyu_retailer"})
    settings = Settings(folder / "home", url, memory=2 << 30, threads=2)
    with (folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not (folder / "made").exists():
            _make_database(server)
            _make_retailer(settings, folder / "files")
            (folder / "made").touch()
    return settings


def _make_database(server: launcher.Address) -> None:
    with psycopg.connect(**server.superuser_parameters, autocommit=True) as connection:
        connection.execute(f"create database quanyu_retailer template quanyu_template owner {server.user}")


def _make_retailer(settings: Settings, files: Path) -> None:
    simulate(COMPANY, files, files.with_name("truth"), processes=1)
    home = homes.create(settings, "main", "Asia/Shanghai", "CNY")
    workspace = home.workspace()
    workspace.clock.move(LAST - workspace.clock.now())
    house = House(home)
    for mapping in sorted(each for each in files.glob("*/*.yaml") if each.parent.name in FOLDERS):
        import_files(workspace, house.mapping(workspace, mapping))
    recognise(workspace)
    project(workspace)
    compute(workspace)
    _keep_survey(workspace, house)
    for audience in sorted((ROOT / "examples" / "company" / "audiences").glob("*.yaml")):
        apply(workspace, audience.read_text(encoding="utf-8"))
    refresh(workspace)
    _add_operators(workspace)
    overview(workspace)  # somebody has looked before: from then on the worker makes it
    home.close()


def _keep_survey(workspace: Workspace, house: House) -> None:
    found = take_survey(workspace, house.kinds, as_of=workspace.clock.now())
    goals = hold_against(retail_goals(house.kinds), found)
    keep(workspace, found, document(found, find(found), goals, ()))


@pytest.fixture(scope="module")
def retailer(company: Settings, copying, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:  # type: ignore[no-untyped-def]
    """The company's home, for the tests of one module."""
    with copying(company, tmp_path_factory.mktemp("retailer")) as settings:
        yield settings


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
    language: str
    complaints: list[str]
    password: str = PASSWORD

    def say(self, english: str, chinese: str) -> str:
        """Return the words of the language in which he reads."""
        return chinese if self.language == "zh" else english

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
        """Return what axe finds on the page, once lists of choices have closed: its rule, and the first place."""
        self.page.wait_for_function(
            "() => !document.querySelector('.ant-select-dropdown:not(.ant-select-dropdown-hidden)')"
        )
        self.page.evaluate(AXE)
        return self.page.evaluate(FAULTS)

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
        return Visit(page, site, language, complaints)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(params=["en", pytest.param("zh", marks=pytest.mark.scale)])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def here(site: Site, visit: Callable[..., Visit], language: str) -> Visit:
    """Somebody who may do everything, at the site of the module, in either language.

    Both share the site: what a test makes there has a name in each language.
    """
    found = visit(site, language)
    found.sign_in()
    return found
