"""Draws the health of tags as one HTML page that needs nothing beside it; both languages are in it."""

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from quanyu.customers.quality.drifting import GREAT, NOTABLE
from quanyu.customers.quality.findings import percent
from quanyu.customers.quality.markup import BAD, CALM, GOOD, WARNING, bar, say, told
from quanyu.foundation.text import Text, language
from quanyu.targeting.tags.health import Health, TagHealth
from quanyu.targeting.tags.tasks import DataTask

SHOWN = 30

_COLUMNS = (
    Text("tag", "标签"),
    Text("covered", "覆盖率"),
    Text("drift", "漂移"),
    Text("fresh to", "数据截至"),
    Text("used by", "使用方"),
    Text("to look at", "待处理"),
)


def draw_health(found: Health, tasks: Sequence[DataTask]) -> str:
    """Return the page; it opens in the reader's language."""
    chosen = language()
    style = (files("quanyu.customers.quality") / "page.css").read_text("utf-8")
    tongues = "".join(
        f'<input type="radio" class="tongue" name="tongue" id="tongue-{tongue}"{" checked" * (tongue == chosen)}>'
        for tongue in ("en", "zh")
    )
    title = escape(str(Text("Health of tags", "标签健康度")))
    inside = "".join((*_head(found), '<div class="whole">', *_tasks(tasks), *_lacking(found), *_tags(found), "</div>"))
    return (
        f'<!doctype html><html lang="{"zh-Hans" if chosen == "zh" else "en"}"><head><meta charset="utf-8">'
        f'<title>{title} · {found.run.day}</title><meta name="viewport" content="width=device-width">'
        f"<style>{style}</style></head><body>{tongues}<main>{inside}</main></body></html>\n"
    )


def _head(found: Health) -> Iterator[str]:
    yield '<header><div class="tongues"><label for="tongue-en">English</label><label for="tongue-zh">中文</label></div>'
    yield f"<h1>{told('Health of tags', '标签健康度')}</h1>"
    yield f'<p class="time">{told(f"Run of {found.run.day}", f"标签日期 {found.run.day}")}</p>'
    tiles = (
        (found.customers, Text("customers", "位客户")),
        (sum(each.standing.computable for each in found.tags), Text("tags can be computed", "个标签可计算")),
        (sum(not each.standing.computable for each in found.tags), Text("lack data", "个标签缺数据")),
        (sum((each.drift or 0) >= NOTABLE for each in found.tags), Text("drift", "个标签漂移")),
        (sum(each.retire for each in found.tags), Text("unused for 180 days", "个标签 180 天未使用")),
    )
    shown = "".join(f"<li><b>{count:,}</b>{say(words)}</li>" for count, words in tiles)
    yield f'<ul class="tiles">{shown}</ul></header>'


def _tasks(tasks: Sequence[DataTask]) -> Iterator[str]:
    yield f"<h2>{told('Data to fill', '数据补全任务')}</h2><section>"
    if tasks:
        heaviest = max(task.weight for task in tasks) or 1
        lines = (
            f"<li>{bar([(max(0.02, task.weight / heaviest), WARNING)])}<div>{say(task.words)}</div></li>"
            for task in tasks[:SHOWN]
        )
        yield f'<ol class="findings">{"".join(lines)}</ol>'
    else:
        yield f"<p>{told('Nothing is missing.', '没有缺失。')}</p>"
    yield "</section>"


def _lacking(found: Health) -> Iterator[str]:
    silent = [each for each in found.tags if not each.standing.computable]
    if silent:
        yield f"<h2>{told('Tags for which data are lacking', '缺少数据的标签')}</h2><section>"
        head = "".join(f"<th>{say(words)}</th>" for words in (Text("tag", "标签"), Text("lacks", "缺少")))
        yield f"<table><thead><tr>{head}</tr></thead><tbody>"
        for each in silent:
            lacks = "<br>".join(say(lack.words) for lack in each.standing.lacks)
            yield f"<tr><td>{say(each.tag.title)}</td><td>{lacks}</td></tr>"
        yield "</tbody></table></section>"


def _tags(found: Health) -> Iterator[str]:
    yield f"<h2>{told('Tag by tag', '逐个标签')}</h2><section>"
    if found.compared is not None:
        at = found.compared
        yield f'<p class="pale">{told(f"Stroke: coverage on {at}.", f"竖线为 {at} 的覆盖率。")}</p>'
    yield f"<table><thead><tr>{''.join(f'<th>{say(words)}</th>' for words in _COLUMNS)}</tr></thead><tbody>"
    yield from (_row(each) for each in found.tags if each.standing.computable)
    yield "</tbody></table></section>"


def _row(each: TagHealth) -> str:
    colour = BAD if each.lost else CALM
    covered = f"{bar([(each.covered or 0.0, colour)], mark=each.covered_before)} {percent(each.covered)}"
    used = Text(
        f"{len(each.audiences)} audiences, {len(each.derived)} tags",
        f"{len(each.audiences)} 个人群，{len(each.derived)} 个标签",
    )
    fresh = "–" if each.fresh is None else f"{each.fresh:%Y-%m-%d}"
    look = "; ".join(say(words) for words in each.findings)
    cells = (
        f"{say(each.tag.title)} <code>{escape(each.tag.name)}</code>",
        covered,
        _drift(each),
        fresh,
        say(used),
        look,
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _drift(each: TagHealth) -> str:
    if each.drift is None:
        return "–"
    colour = BAD if each.drift >= GREAT else WARNING if each.drift >= NOTABLE else GOOD
    return f"{bar([(min(1.0, each.drift), colour)])} {each.drift:.2f}"
