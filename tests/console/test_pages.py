"""Every page of the console, in both languages, wide and on a phone: it shows what it has, and anybody can use it."""

import os
from pathlib import Path

import pytest

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
DRAW = bool(os.environ.get("QUANYU_WRITE_PICTURES"))
PICTURES = Path(__file__).parents[2] / "docs" / "pictures" / "console"


@pytest.fixture(scope="module")
def site(retailer, serve):
    return serve(retailer)


@pytest.mark.parametrize(
    ("language", "width"),
    [
        ("zh", 1440),
        ("en", 360),
        pytest.param("en", 1440, marks=pytest.mark.scale),
        pytest.param("zh", 360, marks=pytest.mark.scale),
    ],
)
def test_every_page_shows_what_it_has_and_anybody_can_use_it(site, visit, language, width):
    here = visit(site, language, width)
    here.sign_in()
    wrong: dict[str, object] = {}
    for name, path in PAGES.items():
        here.open(path)
        found = {
            "heading": here.page.inner_text("h1") != HEADINGS[name][language == "zh"] and here.page.inner_text("h1"),
            "faults": here.faults(),
            "wider than the window by": max(0, here.overflow()),
            "refused": here.page.locator(".error").all_inner_texts(),
        }
        wrong |= {f"{name}: {what}": told for what, told in found.items() if told}
        if DRAW:
            PICTURES.mkdir(parents=True, exist_ok=True)
            here.page.screenshot(path=PICTURES / f"{name}-{language}-{width}.png")
    assert wrong == {}
    assert here.told() == []


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


def test_the_first_load_is_small():
    place = Path(__file__).parents[2] / "src" / "quanyu" / "app" / "console_build"
    page = (place / "index.html").read_text(encoding="utf-8")
    first = [file for file in (place / "assets").glob("*.gz") if file.name.removesuffix(".gz") in page]
    assert len(first) >= 2
    assert sum(file.stat().st_size for file in first) <= 350 * 1024
