"""Every page of the console, in both languages, wide and on a phone: it shows what it has, and anybody can use it."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page
from tests.console.conftest import COMPANY, FOLDERS, Visit
from tests.console.living import live_on

pytestmark = pytest.mark.long
PAGES = {
    "overview": "/",
    "data": "/data",
    "survey": "/data/survey",
    "one-id": "/data/identity",
    "tags": "/tags",
    "tag": "/tags/frequency",
    "customers": "/customers",
    "review": "/review",
    "audiences": "/audiences",
    "audience": "/audiences/best_customers",
    "builder": "/audiences/best_customers/edit",
    "journeys": "/journeys",
    "new-journey": "/journeys/new-journey",
    "campaigns": "/campaigns",
    "new-campaign": "/campaigns/new-campaign?audience=best_customers",
    "settings": "/settings",
}
HEADINGS = {
    "overview": ("Overview", "总览"),
    "data": ("Data", "数据"),
    "survey": ("Data survey", "数据质量"),
    "one-id": ("One-ID report", "One-ID 报告"),
    "tags": ("Tags", "标签"),
    "tag": ("Tags", "标签"),
    "customers": ("Customers", "客户"),
    "review": ("Merge review", "合并审核"),
    "audiences": ("Audiences", "人群"),
    "audience": ("Best customers", "高价值客户"),
    "builder": ("Edit the audience", "编辑人群"),
    "journeys": ("Journeys", "旅程"),
    "new-journey": ("New journey", "新建旅程"),
    "campaigns": ("Campaigns", "活动"),
    "new-campaign": ("New campaign", "新建活动"),
    "settings": ("Settings", "设置"),
}
CUSTOMER = {"who": "customer", **{tab: f"customer-{tab}" for tab in ("tags", "timeline", "orders", "records")}}
"""Tabs of one customer, and what their pictures are called."""
LIVED = {
    "journey": "/journeys/come_back",
    "journey-effect": "/journeys/come_back?tab=effect",
    "campaign": "/campaigns/summer",
    "campaign-report": "/campaigns/summer?tab=report",
    "overview-running": "/",
}
LIVED_HEADINGS = {
    "journey": ("Back after sixty days", "六十天未购唤回"),
    "journey-effect": ("Back after sixty days", "六十天未购唤回"),
    "campaign": ("Summer week", "夏季会员周"),
    "campaign-report": ("Summer week", "夏季会员周"),
    "overview-running": ("Overview", "总览"),
}
WHOLE = ("journey-effect", "campaign", "campaign-report", "overview-running")
"""Pages of which the picture shows what is below the window as well."""
VIEWS = [("zh", 1440), ("en", 360), ("en", 1440), ("zh", 360)]
SLOW = pytest.mark.scale
DRAW = bool(os.environ.get("QUANYU_WRITE_PICTURES"))
PICTURES = Path(__file__).parents[2] / "docs" / "pictures" / "console"


@pytest.fixture(scope="module")
def site(retailer, serve):
    return serve(retailer)


@pytest.fixture(scope="module")
def lived_site(company, copying, serve, tmp_path_factory):
    """The company's site three weeks later: a journey and a campaign have run."""
    folder = tmp_path_factory.mktemp("lived")
    with copying(company, folder) as settings:
        with ThreadPoolExecutor(1) as apart:  # from the loop that the browser's driver runs here
            apart.submit(live_on, settings, company.home.with_name("files"), folder, COMPANY, FOLDERS).result()
        yield serve(settings)


@dataclass
class Walk:
    """A walk from page to page: what is wrong with each, and its picture where pictures are asked for."""

    here: Visit
    wrong: dict[str, object] = field(default_factory=dict)

    def look(self, name: str, heading: str) -> None:
        page = self.here.page
        found = {
            "heading": page.inner_text("h1") != heading and page.inner_text("h1"),
            "faults": self.here.faults(),
            "wider than the window by": max(0, self.here.overflow()),
            "refused": page.locator(".error").all_inner_texts(),
        }
        self.wrong |= {f"{name}: {what}": told for what, told in found.items() if told}
        if DRAW:
            draw(page, PICTURES / f"{name}-{self.here.language}-{page.viewport_size['width']}.png", whole=name in WHOLE)

    def tour(self, pages: dict[str, str], headings: dict[str, tuple[str, str]]) -> None:
        for name, path in pages.items():
            self.here.open(path)
            self.look(name, self.here.say(*headings[name]))


def draw(page: Page, file: Path, *, whole: bool) -> None:
    """Draw a page in few colours; all of it, on a screen as high as it is, if that is not a phone's."""
    size = page.viewport_size
    if whole and size["width"] > 1_000:
        page.set_viewport_size({**size, "height": page.evaluate("document.documentElement.scrollHeight")})
        page.wait_for_load_state("networkidle")
    page.evaluate("() => document.fonts.ready.then(() => new Promise(done => setTimeout(done, 300)))")
    taken = Image.open(BytesIO(page.screenshot())).convert("RGB")
    page.set_viewport_size(size)
    file.parent.mkdir(parents=True, exist_ok=True)
    taken.quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("language", "width"), [*VIEWS[:2], *(pytest.param(*each, marks=SLOW) for each in VIEWS[2:])])
def test_every_page_shows_what_it_has_and_anybody_can_use_it(site, visit, language, width, tmp_path):
    here = visit(site, language, width)
    here.sign_in()
    walk = Walk(here)
    walk.tour(PAGES, HEADINGS)
    place = with_most_records(here)
    here.open(place)
    heading = here.page.inner_text("h1")
    assert "*" in heading
    for tab, name in CUSTOMER.items():
        here.open(f"{place}?tab={tab}")
        walk.look(name, heading)
    send_a_file(here, tmp_path)
    walk.look("mapping", here.say(*HEADINGS["data"]))
    assert walk.wrong == {}
    assert here.told() == []


def with_most_records(here) -> str:
    """Return the page of one of the best customers: of whom most is known."""
    here.open("/audiences/best_customers")
    here.page.get_by_role("tab", name=here.say("People", "客户样例")).click()
    here.page.locator("a[href^='/customers/cus_']").first.wait_for()
    places = [link.get_attribute("href") for link in here.page.locator("a[href^='/customers/cus_']").all()]
    ask = "async path => (await (await fetch('/api/v1' + path)).json()).records.length"
    return max(places, key=lambda place: here.page.evaluate(ask, place))


def send_a_file(here, folder: Path) -> None:
    """Send a file of orders as a shop exports it, and wait for the suggested mapping."""
    file = folder / "shop_orders.csv"
    rows = (f"D{n},138{n % 9:08d},P{n % 5},{n % 3 + 1},19.90,2026-06-{n % 28 + 1:02} 10:00:00" for n in range(60))
    file.write_text("\n".join(["订单号,手机号,商品编码,数量,单价,下单时间", *rows, ""]), encoding="utf-8")
    here.open("/data")
    here.page.get_by_label(here.say("Files", "文件"), exact=True).set_input_files(file)
    here.page.get_by_role("button", name=here.say("Import", "导入"), exact=True).wait_for()


@SLOW
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize(("language", "width"), VIEWS)
def test_what_runs_is_shown_with_who_stands_where_and_what_it_changed(lived_site, visit, language, width):
    here = visit(lived_site, language, width)
    here.sign_in()
    walk = Walk(here)
    walk.tour(LIVED, LIVED_HEADINGS)
    here.open("/journeys/come_back")
    here.page.locator(".step-card.send").first.click()
    here.page.get_by_text(here.say("Why not sent", "未发送的原因")).scroll_into_view_if_needed()
    here.page.wait_for_load_state("networkidle")
    walk.look("journey-step", here.say(*LIVED_HEADINGS["journey"]))
    look_at_messages(walk)
    assert walk.wrong == {}
    assert here.told() == []


def look_at_messages(walk: Walk) -> None:
    """Look at what the journey did with somebody who was in it, and why a message did not go."""
    here, page = walk.here, walk.here.page
    here.open("/audiences/active_buyers")
    page.get_by_role("tab", name=here.say("People", "客户样例")).click()
    page.locator("a[href^='/customers/cus_']").first.wait_for()
    for link in [each.get_attribute("href") for each in page.locator("a[href^='/customers/cus_']").all()]:
        here.open(f"{link}?tab=journeys")
        if page.locator("table.plain a[href='/journeys/summer']").count():
            return walk.look("customer-journeys", page.inner_text("h1"))
    raise AssertionError("nobody of these was in the campaign")


def test_dark_colours_can_be_read_as_well(site, visit):
    here = visit(site, "en")
    here.sign_in()
    here.page.click("[aria-label='Dark colours']")
    for path in ("/", "/tags/frequency", "/audiences", "/audiences/new-audience"):
        here.open(path)
        assert here.page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert here.faults() == []


def test_chinese_signs_are_drawn_and_differ(site, visit):
    """A machine without a Chinese font would draw the same box for every sign."""
    here = visit(site, "zh")
    here.sign_in()
    here.open("/")
    here.page.evaluate("document.fonts.ready")
    drawn = [
        here.page.evaluate(
            """async sign => {
                await document.fonts.load('40px "Noto Sans SC Variable"', sign);
                const canvas = document.createElement('canvas');
                const pen = canvas.getContext('2d');
                pen.font = '40px ' + getComputedStyle(document.body).fontFamily;
                pen.fillText(sign, 10, 60);
                return canvas.toDataURL();
            }""",
            sign,
        )
        for sign in "你好"
    ]
    assert drawn[0] != drawn[1]


def test_chinese_words_of_an_english_page_are_drawn_once_their_font_has_come(site, visit):
    """Boxes that stand for them are narrower than they are."""
    here = visit(site, "en")
    here.sign_in()
    here.open("/")
    here.page.wait_for_function(
        """() => [...document.querySelectorAll('[lang=zh-CN]')].every(each => {
            const size = parseFloat(getComputedStyle(each).fontSize);
            return Math.abs(each.getBoundingClientRect().width - each.textContent.length * size) < 1;
        })"""
    )
    assert here.page.locator("[lang=zh-CN]").count() == 2


def test_the_first_load_is_small():
    place = Path(__file__).parents[2] / "src" / "quanyu" / "app" / "console_build"
    page = (place / "index.html").read_text(encoding="utf-8")
    first = [file for file in (place / "assets").glob("*.gz") if file.name.removesuffix(".gz") in page]
    assert len(first) >= 2
    assert sum(file.stat().st_size for file in first) <= 350 * 1024
