"""What a marketer does at the console: count while typing, save, paste from Excel, bring files in, look for names."""

import re

import pytest
import xlsxwriter

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site(retailer, serve):
    return serve(retailer)


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def choose(page, label: str, typed: str) -> None:
    """Choose an option of a field by typing it."""
    page.get_by_label(label, exact=True).last.fill(typed)
    page.keyboard.press("Enter")


def test_a_rule_is_counted_while_it_is_typed_and_saved_with_its_snapshot(here):
    page, say = here.page, here.say
    english, chinese = "Loyal ones, a name of some forty characters", "忠实顾客 ᠮᠣᠩᠭᠣᠯ 🌿"
    name = f"loyal_{here.language}"
    here.open("/audiences/new-audience")
    choose(page, say("Tag", "标签"), say("Number of orders", "购买次数"))
    page.get_by_label(say("Value", "值"), exact=True).fill("1")
    page.wait_for_function("() => /\\d/.test(document.querySelector('[data-testid=count]')?.textContent ?? '')")
    buyers = number(page.inner_text("[data-testid=count]"))
    page.get_by_label(say("Value", "值"), exact=True).fill("3")
    page.wait_for_function(f"() => !document.querySelector('[data-testid=count]')?.textContent?.includes('{buyers:,}')")
    loyal = number(page.inner_text("[data-testid=count]"))
    assert 0 < loyal < buyers
    page.keyboard.press("Escape")
    page.get_by_role("button", name=say("Save…", "保存……")).click()
    page.get_by_label(say("Chinese title", "中文名称")).fill(chinese)
    page.get_by_label(say("English title", "英文名称")).fill(english)
    page.get_by_label(re.compile(say("^Name in files", "^标识"))).fill(name)
    page.get_by_role("button", name=say("Save and take a snapshot", "保存并生成快照")).click()
    page.wait_for_url(f"**/audiences/{name}")
    page.get_by_role("heading", name=say(english, chinese)).wait_for()
    assert number(page.locator(".figure b").first.inner_text()) == loyal
    assert here.faults() == []
    assert here.told() == []


def test_a_first_audience_from_an_excel_file_takes_less_than_ten_clicks(site, visit, retailer, tmp_path):
    file = tmp_path / "phones.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_column(0, 0, ["手机号", "13800138001", "13900139002", "not a phone", "13800138001"])
    here = visit(site, "en")
    page = here.page
    clicks = 0

    def click(locator) -> None:
        nonlocal clicks
        clicks += 1
        locator.click()

    here.sign_in()  # typed and entered: no click
    click(page.get_by_role("link", name="Audiences"))
    click(page.get_by_role("button", name="From Excel…"))
    page.get_by_label("File", exact=True).set_input_files(file)
    clicks += 2  # to open the choice of a file, and to choose it
    page.wait_for_function("() => document.querySelector('textarea').value.includes('13800138001')")
    click(page.get_by_role("button", name="Match"))
    page.get_by_text("repeated 1").wait_for()
    assert sum(number(each) for each in page.locator(".ant-modal .pill").all_inner_texts()) == 4, "they add up"
    click(page.get_by_role("button", name="Use it in an audience"))
    page.wait_for_function("() => /\\d/.test(document.querySelector('[data-testid=count]')?.textContent ?? '')")
    click(page.get_by_role("button", name="Save…"))
    page.get_by_label("English title").fill("From Excel")
    click(page.get_by_role("button", name="Save and take a snapshot"))
    page.wait_for_url("**/audiences/from_excel")
    assert clicks < 10


def test_what_is_typed_while_the_words_of_a_language_are_on_their_way_stays(site, visit):
    page = visit(site, "en").page
    held = []

    def hold(route) -> None:
        held.append(route)

    page.route(re.compile(r"/en_GB-.*\.js"), hold)
    page.goto(site.address)
    page.fill("input[autocomplete=username]", "mei")
    assert len(held) == 1
    with page.expect_response(re.compile(r"/en_GB-.*\.js")):
        held[0].continue_()
    page.wait_for_load_state("networkidle")
    assert page.input_value("input[autocomplete=username]") == "mei"


def test_everything_is_found_by_keyboard_in_three_scripts(here):
    page, say = here.page, here.say
    here.open("/")
    for typed in ("best cust", "高价值", "gaojiazhi"):
        page.keyboard.press("Control+k")
        page.get_by_role("combobox", name=say("Search", "搜索")).fill(typed)
        page.get_by_role("option", name=say("Best customers", "高价值客户")).wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url("**/audiences/best_customers")
        page.get_by_role("heading", name=say("Best customers", "高价值客户")).wait_for()
        assert page.get_by_role("combobox", name=say("Search", "搜索")).count() == 0
        here.open("/")


def test_a_file_is_sent_mapped_imported_and_what_was_refused_mended(here, tmp_path):
    page, say = here.page, here.say
    season = say("S", "A")
    file = tmp_path / say("spring_orders.csv", "autumn_orders.csv")
    file.write_text(
        "订单号,会员卡号,商品编码,数量,单价,下单时间\n"
        + "".join(
            f"{season}{n},M{n % 7},P{n % 5},{n % 3 + 1},19.90,2026-06-{n % 28 + 1:02} 10:00:00\n" for n in range(60)
        )
        + f"{season}99,M1,P1,many,19.90,2026-06-05 10:00:00\n",
        encoding="utf-8",
    )
    here.open("/data")
    page.get_by_label(say("Files", "文件"), exact=True).set_input_files(file)
    page.get_by_role("button", name=say("Import", "导入"), exact=True).wait_for()
    assert here.faults() == []
    page.get_by_text(say("1 would be refused", "1 行会被拒绝")).wait_for()
    page.get_by_role("button", name=say("Import", "导入"), exact=True).click()
    page.get_by_text(say("Imported.", "导入完成。")).wait_for()
    row = page.locator("tbody tr").first
    row.get_by_role("button", name="1", exact=True).click()
    page.get_by_label("数量 62").fill("2")
    page.get_by_role("button", name=say("Bring 1 mended lines in", "重放 1 行")).click()
    page.get_by_text(say("Every refused line has been mended.", "被拒绝的行均已修正。")).wait_for()


def test_a_wrong_type_of_file_is_refused_with_those_that_are_read(here, tmp_path):
    say = here.say
    file = tmp_path / "notes.pdf"
    file.write_bytes(b"%PDF-1.7")
    here.open("/data")
    here.page.get_by_label(say("Files", "文件"), exact=True).set_input_files(file)
    here.page.get_by_text(say("Files of this type cannot be read.", "无法读取此类型的文件。")).wait_for()
    assert ".xlsx" in here.page.inner_text(".error")


def test_a_session_that_ends_while_somebody_works_takes_nothing_away(here):
    page, say = here.page, here.say
    here.open("/audiences/new-audience")
    choose(page, say("Tag", "标签"), say("Number of orders", "购买次数"))
    page.get_by_label(say("Value", "值"), exact=True).fill("2")
    page.wait_for_function("() => /\\d/.test(document.querySelector('[data-testid=count]')?.textContent ?? '')")
    page.context.clear_cookies()
    page.get_by_label(say("Value", "值"), exact=True).fill("4")
    page.get_by_text(say("Your session has ended", "会话已结束")).wait_for()
    page.locator(".ant-modal input[autocomplete=username]").fill("mei")
    page.locator(".ant-modal input[autocomplete=current-password]").fill(here.password)
    page.keyboard.press("Enter")
    page.get_by_text(say("Your session has ended", "会话已结束")).wait_for(state="hidden")
    assert page.get_by_label(say("Value", "值"), exact=True).input_value() == "4"
    page.wait_for_function("() => /\\d/.test(document.querySelector('[data-testid=count]')?.textContent ?? '')")


def test_a_rule_that_begins_with_an_audience_is_a_draft_of_its_own(here):
    page, say = here.page, here.say
    value = page.get_by_label(say("Value", "值"), exact=True)
    here.open("/audiences/new-audience")
    choose(page, say("Tag", "标签"), say("Number of orders", "购买次数"))
    value.fill("3")
    page.wait_for_function("() => /\\d/.test(document.querySelector('[data-testid=count]')?.textContent ?? '')")
    here.open("/audiences/new-audience?audience=best_customers")
    page.get_by_text(say("Best customers", "高价值客户"), exact=True).first.wait_for()
    assert value.count() == 0
    here.open("/audiences/new-audience")
    assert value.input_value() == "3", "and the other is still there"


@pytest.mark.parametrize("status", [500, 0])
def test_a_server_that_fails_or_is_gone_is_told_with_what_to_do(here, status):
    page, say = here.page, here.say
    words = (
        say("Something went wrong", "出现了意外错误")
        if status
        else say("The server cannot be reached", "无法连接服务器")
    )
    error = '{"error": {"code": "unexpected", "message": "' + words + '", "remedy": '
    body = error + '"See the log.", "received": null, "allowed": [], "retry": false, "faults": []}}'
    page.route(
        "**/api/v1/audiences",
        lambda route: route.fulfill(status=500, body=body) if status else route.abort("connectionrefused"),
    )
    page.goto(f"{here.site.address}/audiences")
    page.get_by_text(words).wait_for()
    page.unroute("**/api/v1/audiences")
    page.get_by_role("button", name=say("Try again", "重试")).click()
    page.get_by_text(say("Best customers", "高价值客户")).first.wait_for()
    assert page.locator(".error").count() == 0


def test_a_server_that_is_slow_is_waited_for_and_says_so(here):
    page, say = here.page, here.say
    held = []

    def hold(route) -> None:
        held.append(route)

    page.route("**/api/v1/audiences", hold)
    with page.expect_request("**/api/v1/audiences"):
        page.goto(f"{here.site.address}/audiences")
    page.get_by_role("status", name=say("Loading", "加载中")).wait_for()
    assert page.get_by_role("link", name=say("Best customers", "高价值客户")).count() == 0
    held[0].continue_()
    page.unroute("**/api/v1/audiences")
    page.get_by_role("link", name=say("Best customers", "高价值客户")).first.wait_for()
    assert here.told() == []


def test_of_an_audience_of_nobody_every_tab_says_so(here):
    page, say = here.page, here.say
    here.open("/audiences/new-audience")
    choose(page, say("Tag", "标签"), say("Number of orders", "购买次数"))
    page.get_by_label(say("Value", "值"), exact=True).fill("99999")
    page.wait_for_function("() => document.querySelector('[data-testid=count]')?.textContent === '0'")
    page.get_by_role("button", name=say("Save…", "保存……")).click()
    page.get_by_label(say("English title", "英文名称")).fill(say("Nobody", "Nobody again"))
    page.get_by_role("button", name=say("Save and take a snapshot", "保存并生成快照")).click()
    page.wait_for_url(say("**/audiences/nobody", "**/audiences/nobody_again"))
    page.get_by_role("heading", name=say("Nobody", "Nobody again"), exact=True).wait_for()
    assert number(page.locator(".figure b").first.inner_text()) == 0
    page.locator("[role=tabpanel] .state, [role=tabpanel] .error").first.wait_for()
    page.get_by_role("tab", name=say("People", "客户样例")).click()
    page.get_by_text(say("Nobody is in this audience.", "此人群中没有客户。")).wait_for()
    assert here.faults() == []


def test_audiences_are_laid_over_each_other_and_read_by_keyboard(here):
    page, say = here.page, here.say
    here.open("/audiences")
    boxes = page.locator("tbody").get_by_role("checkbox")
    for at in range(3):
        boxes.nth(at).check()
    page.get_by_role("button", name=say("Overlap of 3", "重叠（3）")).click()
    cells = page.locator(".upset tbody button")
    cells.first.wait_for()
    assert here.faults() == []
    any_one = number(re.search(r"[\d,]+", page.locator(".ant-modal [role=status]").inner_text())[0])
    assert sum(number(each.inner_text()) for each in cells.all()) == any_one, "each customer stands in one row"
    cells.first.focus()
    page.keyboard.press("Enter")
    page.get_by_text(re.compile(say("in none of the others", "不在其他人群中"))).wait_for()
    assert page.locator(".upset [aria-pressed=true]").count() == 1


def test_an_audience_is_portrayed_and_exported(here):
    page, say = here.page, here.say
    here.open("/audiences/best_customers")
    page.get_by_role("tab", name=say("Portrait", "画像")).click()
    page.locator(".portrait .row-bar").first.wait_for()
    assert here.faults() == []
    page.get_by_role("button", name=re.compile(say("^Export", "^导出"))).click()
    page.locator(".ant-modal").get_by_role("button", name=say("Export", "导出"), exact=True).click()
    with page.expect_download() as file:
        page.get_by_role("link", name=say("Download", "下载")).first.click()
    assert file.value.suggested_filename.endswith(".xlsx")
    assert file.value.path().stat().st_size > 1_000
    assert here.told() == []


def test_somebody_is_let_in_and_out_again_and_a_key_is_shown_once(site, here, visit):
    page, say = here.page, here.say
    name, purpose = say("ning", "xin"), say("till", "收银台")
    here.open("/settings")
    page.get_by_role("button", name=say("Add somebody…", "新增操作员……")).click()
    page.get_by_label(re.compile(say("^Name to sign in", "^登录名"))).fill(name)
    page.get_by_label(say("Name that others read", "显示名称")).fill(say("宁", "欣"))
    page.get_by_label(re.compile(say("^Password", "^密码"))).fill(here.password)
    page.get_by_role("button", name=say("Add", "新增"), exact=True).click()
    row = page.locator("tr", has_text=name)
    row.wait_for()
    other = visit(site, "zh")
    other.sign_in(name)
    row.get_by_role("button", name=say("Close", "停用")).click()
    row.get_by_text(say("closed", "已停用")).wait_for()
    other.page.reload()
    other.page.wait_for_selector("input[autocomplete=username]")
    page.get_by_role("tab", name=say("API keys", "API 密钥")).click()
    page.get_by_label(say("What the key is for", "密钥用途")).fill(purpose)
    page.get_by_role("button", name=say("Make a key", "创建密钥")).click()
    page.locator("pre.code").wait_for()
    assert here.faults() == []
    page.reload()
    page.get_by_role("tab", name=say("API keys", "API 密钥")).click()
    page.get_by_role("cell", name=purpose).wait_for()
    assert page.locator("pre.code").count() == 0
    assert here.told() == []


def test_a_viewer_sees_and_changes_nothing(site, visit, language):
    here = visit(site, language)
    say = here.say
    here.sign_in("bo")
    here.open("/audiences")
    assert here.page.get_by_role("button", name=say("From Excel…", "从 Excel 导入……")).count() == 0
    assert here.page.get_by_role("link", name=say("Settings", "设置")).count() == 0
    here.open("/settings")
    here.page.get_by_text(say("Only owners may change settings.", "仅所有者可更改设置。")).wait_for()


def test_two_who_edit_one_tag_do_not_overwrite_each_other(site, visit):
    first, second = visit(site, "en"), visit(site, "en")
    for here in (first, second):
        here.sign_in()
        here.open("/tags/frequency")
        here.page.get_by_role("button", name="Edit the file…").click()
    for at, here in enumerate((first, second)):
        field = here.page.get_by_label("File of the tag")
        field.fill(field.input_value().replace("Number of orders,", f"Number of orders {at},"))
        here.page.get_by_role("button", name="Preview").click()
        here.page.get_by_role("button", name="Publish").click()
        if at == 0:
            here.page.wait_for_function("() => document.querySelector('pre.code, .error')", timeout=60_000)
    second.page.get_by_text("Somebody else has changed this file").wait_for()
    assert "Number of orders 1" in second.page.get_by_label("File of the tag").input_value()


def test_an_empty_workspace_invites(nothing, serve, visit, language):
    here = visit(serve(nothing), language)
    say = here.say
    here.sign_in()
    here.open("/")
    here.page.get_by_text(say("Nothing has come in yet.", "还没有任何数据。")).wait_for()
    here.page.get_by_role("link", name=say("Import the first file", "导入第一个文件")).click()
    here.page.wait_for_url("**/data")
    for path in ("/audiences", "/data", "/settings"):
        here.open(path)
        assert here.faults() == []
