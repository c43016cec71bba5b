"""The console at a million customers, in a real browser: first useful paint, interactions, counting while typing.

A home is made by the commands that a person would type, then served as `quanyu serve` does, its worker beside it.
Chromium opens every page with an empty cache of its own, `--times` times, and then does on each what somebody would:
opens tabs, sorts, filters, turns pages, types. Every time is of the browser's clock, from the key or click until what
was asked for is seen: not until something moves.

    python benchmarks/bench_console.py --keep /tmp/console          # a million customers; the home is made once
    python benchmarks/bench_console.py --customers 20000
"""

import argparse
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "console" / "browser"))
import chromium

ROOT = Path(__file__).parents[1]
QUANYU = str(Path(sys.executable).with_name("quanyu"))
FOLDERS = ("erp", "mini_program", "pos_south", "sms", "tmall_flagship", "wecom")
LAST = "2026-06-30T20:00"
PASSWORD = "look and choose"
PAINT, ACT, COUNT = 1.5, 0.3, 0.2
"""Bars in seconds: first useful paint of each page, p95 of interactions, and of counts while typing."""
PAGES = (
    "/",
    "/data",
    "/data/survey",
    "/data/identity",
    "/tags",
    "/tags/frequency",
    "/customers",
    "/review",
    "/audiences",
    "/audiences/best_customers",
    "/audiences/new-audience",
    "/journeys",
    "/journeys/new-journey",
    "/campaigns",
    "/campaigns/new-campaign?audience=best_customers",
    "/settings",
)
SEEN = """() => document.querySelector('h1') && !document.querySelector('.ant-skeleton, .ant-spin-spinning')
    && performance.now()"""
"""The page's own heading stands, and nothing on it is still on its way."""


def furnish(home: Path, company: Path, customers: int, years: int) -> None:
    """Make the home by commands, each said with its seconds."""
    if (home / "furnished").exists():
        return
    shutil.rmtree(home, ignore_errors=True)
    if not company.exists():
        run(home, "simulate", "--customers", customers, "--years", years, "--seed", 5, "--out", company)
    run(home, "init", "--time-zone", "Asia/Shanghai", "--currency", "CNY")
    run(home, "clock", "--to", LAST)
    run(home, "import", *sorted(each for each in company.glob("*/*.yaml") if each.parent.name in FOLDERS))
    run(home, "identify")
    run(home, "tag", "compute")
    run(home, "audience", "apply", *sorted((ROOT / "examples" / "company" / "audiences").glob("*.yaml")))
    run(home, "audience", "refresh")
    run(home, "compact")  # what the worker does at night
    run(home, "quality", "--keep")
    run(home, "operator", "add", "mei", "--role", "owner", "--title", "梅", said=PASSWORD)
    (home / "furnished").touch()


def run(home: Path, *arguments: object, said: str = "") -> None:
    started = time.perf_counter()
    words = [QUANYU, *map(str, arguments)]
    done = subprocess.run(
        words, input=said, capture_output=True, text=True, env={**os.environ, "QUANYU_HOME": str(home)}, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(words[1:3])} failed:\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
    print(f"{' '.join(words[1:3])[:40]:<40}{time.perf_counter() - started:>9,.1f} s", flush=True)


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve the home, wait until it is ready, and stop it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (home.parent / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [QUANYU, "serve", "--port", str(port)],
            env={**os.environ, "QUANYU_HOME": str(home)},
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/ready", process)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(1200):
        try:
            if httpx.get(address).status_code == 200:
                return
        except httpx.TransportError:
            if process.poll() is not None:
                sys.exit("the server has ended")
        time.sleep(0.1)
    sys.exit("the server is not ready after two minutes")


CLOCK = """for (const kind of ['keydown', 'pointerdown'])
    addEventListener(kind, (event) => { window.began = event.timeStamp; }, true);
window.paints = [];
new PerformanceObserver((told) => told.getEntries().forEach((each) => each.interactionId && paints.push(each.duration)))
    .observe({type: 'event', durationThreshold: 16});"""
"""When the last key or click came, and how long each took until the browser painted what followed at once."""
STILL = "!document.querySelector('.ant-skeleton, .ant-spin-spinning')"


class Visitor:
    """Somebody who has signed in, with a browser's cache of his own; tells how long what he does takes."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.context = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 860})
        self.context.add_init_script(CLOCK)
        self.address = address
        self.painted_after: list[float] = []
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.goto(address)
        self.page.fill("input[autocomplete=username]", "mei")
        self.page.fill("input[autocomplete=current-password]", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector(".frame")
        self.page.wait_for_load_state("networkidle")

    def painted(self, path: str) -> float:
        """Return the seconds from the beginning of a visit until the page shows what it has to show."""
        self.page.goto(f"{self.address}{path}", wait_until="commit")
        return self.page.wait_for_function(SEEN).json_value() / 1e3

    def took(self, act: "Act") -> float:
        """Return the seconds from the key or click of an act until what was asked for is seen."""
        self.page.evaluate("() => { window.began = undefined; }")
        self.page.evaluate("() => { paints.length = 0; }")
        act.do(self.page)
        waited = f"() => window.began !== undefined && {STILL} && ({act.seen}) && performance.now() - window.began"
        seconds = self.page.wait_for_function(waited).json_value() / 1e3
        self.painted_after.append(self.page.evaluate("() => Math.max(0, ...paints)") / 1e3)
        return seconds

    def quiet(self) -> None:
        self.page.wait_for_load_state("networkidle")


def paint_all(browser: Browser, address: str, times: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for _ in range(times):
        for path in PAGES:
            visitor = Visitor(browser, address)
            found.setdefault(path, []).append(visitor.painted(path))
            visitor.context.close()
    return found


@dataclass(frozen=True)
class Act:
    """Something that somebody does at a page, and the script that says that what he asked for is seen."""

    name: str
    do: Callable[[Page], object]
    seen: str


def there(selector: str) -> str:
    return f'document.querySelector("{selector}")'


def has(text: str) -> str:
    return f"{there('main')}?.textContent.includes('{text}')"


def heading(text: str) -> str:
    return f"{there('h1')}?.textContent === '{text}'"


def press(name: str, key: str, seen: str) -> Act:
    return Act(name, lambda page: page.keyboard.press(key), seen)


def link(text: str, title: str) -> Act:
    return Act(
        f"go to {text}", lambda page: page.get_by_role("link", name=text, exact=True).first.click(), heading(title)
    )


def click(name: str, selector: str, seen: str) -> Act:
    return Act(name, lambda page: page.locator(selector).first.click(), seen)


def button(text: str, seen: str) -> Act:
    return Act(text, lambda page: page.get_by_role("button", name=text, exact=True).first.click(), seen)


def tab(text: str, seen: str = "true") -> Act:
    chosen = f"{there('main .ant-tabs-tab-active')}?.textContent.startsWith('{text}')"
    return Act(f"tab {text}", lambda page: page.get_by_role("tab", name=text).first.click(), f"{chosen} && {seen}")


def typed(name: str, selector: str, text: str, last: str, seen: str) -> Act:
    """Type a text, and then the key from which the clock counts."""

    def do(page: Page) -> None:
        field = page.locator(selector).last
        field.fill(text)
        field.press(last)

    return Act(name, do, seen)


CUSTOMER = "main a[href^='/customers/cus_']"
ASKED = "main .ask input[maxlength]"
FREQUENCY = "nav a[href='/tags/frequency']"
SECTIONS = ("Customers", "Tags", "Audiences", "Journeys", "Campaigns", "Data", "Settings", "Overview")


def interactions(tail: str) -> dict[str, tuple[str, list[Act]]]:
    """Return what somebody does, by where: the page on which he begins, and each act."""
    people = tab("People", there(CUSTOMER))
    one = ["Tags", "Timeline", "Orders"]
    return {
        "menu": ("/", [link(each, each) for each in SECTIONS]),
        "find": (
            "/",
            [
                press("open", "Control+k", there("[role=combobox]")),
                typed("type", "[role=combobox]", "bes", "t", there("[role=option]")),
                press("go", "Enter", heading("Best customers")),
            ],
        ),
        "tags": (
            "/tags",
            [
                typed("find a tag", "main input", "frequenc", "y", there(FREQUENCY)),
                click("open a tag", FREQUENCY, f"{there('main h2 code')}?.textContent === 'frequency'"),
            ],
        ),
        "audience": ("/audiences/best_customers", [tab("History"), people, tab("Portrait")]),
        "customer": (
            "/audiences/best_customers",
            [people, click("open one", CUSTOMER, has("Who he is")), *map(tab, one), tab("Records", has("Evidence"))],
        ),
        "customers": (
            "/customers",
            [typed("four digits", ASKED, tail, "Enter", has("found by"))],
        ),
        "data": ("/data", [link("Survey", "Data survey"), link("One-ID", "One-ID report")]),
        "review": ("/review", [tab("Decisions")]),
        "campaign": (
            "/campaigns/new-campaign?audience=best_customers",
            [
                typed("title", "main label:has-text('English title') input", "Autumn offe", "r", "true"),
                button("Next", f"!{has('Whom, and for what?')}"),
            ],
        ),
        "settings": ("/settings", [tab("Audit log"), tab("API keys")]),
    }


def act_all(browser: Browser, address: str, times: int, tail: str) -> tuple[dict[str, list[float]], list[float]]:
    """Return the seconds until each answer was seen, and those until the browser painted at all after each act."""
    found: dict[str, list[float]] = {}
    painted: list[float] = []
    for _ in range(times):
        visitor = Visitor(browser, address)
        for where, (path, acts) in interactions(tail).items():
            visitor.page.goto(f"{address}{path}")
            visitor.page.wait_for_function(SEEN)
            visitor.quiet()
            for act in acts:
                found.setdefault(f"{where}: {act.name}", []).append(visitor.took(act))
                visitor.quiet()
        painted += visitor.painted_after
        visitor.context.close()
    return found, painted


def count_while_typing(browser: Browser, address: str, keys: int) -> list[float]:
    """Return the seconds from each key of a value until the count for it stands, at thresholds never asked before."""
    visitor = Visitor(browser, address)
    visitor.page.goto(f"{address}/audiences/new-audience")
    visitor.page.wait_for_function(SEEN)
    visitor.page.get_by_label("Tag", exact=True).last.fill("Amount bought")
    visitor.page.locator(".ant-select-item-option[title='Amount bought']").click()
    value = visitor.page.get_by_label("Value", exact=True)
    value.fill("1")
    visitor.quiet()
    found: list[float] = []
    for place in range(keys):
        value.fill(f"{100 + place * 13}")
        visitor.quiet()
        before = visitor.page.inner_text("[data-testid=count]")
        changed = f"{there('[data-testid=count]')}.textContent !== '{before}'"
        found.append(visitor.took(press("a digit", str(place % 10), changed)))
    visitor.context.close()
    return found


def p95(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(0.95 * len(values)))]


def show(title: str, bar: float, found: dict[str, list[float]]) -> Iterator[str]:
    yield f"{title}: median, slowest; bar {bar} s"
    for name, values in sorted(found.items(), key=lambda each: -statistics.median(each[1])):
        slow = "   over" if statistics.median(values) > bar else ""
        yield f"  {name:<44}{statistics.median(values):>8.2f}{max(values):>8.2f}{slow}"


def tail_of(browser: Browser, address: str) -> str:
    """Return the last four digits of a customer's phone, as the page shows them."""
    visitor = Visitor(browser, address)
    visitor.page.goto(f"{address}/audiences/best_customers")
    visitor.took(tab("People", there(CUSTOMER)))
    visitor.page.locator(CUSTOMER).first.wait_for()
    digits = visitor.page.evaluate("() => document.querySelector('main').innerText.match(/1\\d\\d\\*{4}(\\d{4})/)?.[1]")
    visitor.context.close()
    return digits or "8000"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--customers", type=int, default=1_000_000)
    arguments.add_argument("--years", type=int, default=1)
    arguments.add_argument("--times", type=int, default=5)
    arguments.add_argument("--keep", type=Path, help="work in this folder, and leave it")
    arguments.add_argument("--furnish", action="store_true", help="make the home, and no more")
    given = arguments.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="quanyu-console-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        furnish(folder / "home", folder / "company", given.customers, given.years)
        if not given.furnish:
            look(folder / "home", given.times)
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process: {peak:,.0f} MB")


def look(home: Path, times: int) -> None:
    browser = chromium.find()
    with served(home) as address, sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=browser.path, env=browser.environment, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        for path in PAGES:  # as the worker and the first visitors of a day leave it
            visitor = Visitor(launched, address)
            visitor.painted(path)
            visitor.quiet()
            visitor.context.close()
        painted = paint_all(launched, address, times)
        acted, next_paints = act_all(launched, address, times, tail_of(launched, address))
        counted = count_while_typing(launched, address, 40)
        launched.close()
    print("\n".join(show("first useful paint, empty cache", PAINT, painted)))
    print("\n".join(show("interactions", ACT, acted)))
    everything = [value for values in acted.values() for value in values]
    print(f"interactions until the answer is seen, p95 of {len(everything)}: {p95(everything):.3f} s (bar {ACT})")
    print(f"interactions until the next paint, p95 of {len(next_paints)}: {p95(next_paints):.3f} s (bar {ACT})")
    print(f"counts while typing, p95 of {len(counted)}: {p95(counted):.3f} s (bar {COUNT})")


if __name__ == "__main__":
    main()
