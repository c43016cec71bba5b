"""Writes docs/reference from kinds, fields and the tag pack, in both languages, and finds pages that have drifted."""

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.foundation.kinds import Code, Input, Kind
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.measuring import PRIVACY
from quanyu.foundation.money import exponent
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.fields.entries import ENTRIES, Entry
from quanyu.targeting.fields.model import Statistic, tags_of
from quanyu.targeting.tags.definitions import built_in
from quanyu.targeting.tags.model import Bands, Cases, FromField, Highest, Joined, Pack, Ratio, Tag
from quanyu.targeting.tags.taxonomy import FAMILIES, SCENARIOS, titles_of

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
WRITES = os.environ.get("QUANYU_WRITE_REFERENCE") == "1"
CURRENCY = "CNY"  # of the amounts in the pack, which are the same number in every currency
Say = Callable[[Text], str]

GENERATED = Text(
    "Written from the code by `QUANYU_WRITE_REFERENCE=1 pytest tests/docs/test_reference.py`; do not edit.",
    "由 `QUANYU_WRITE_REFERENCE=1 pytest tests/docs/test_reference.py` 从代码生成，请勿手工修改。",
)
YES = Text("yes", "是")
TYPES = {
    "text": Text("text", "文字"),
    "key": Text("text that tells a thing apart; 1.38E+10 is refused", "用于区分事物的文字；1.38E+10 等失真值会被拒绝"),
    "decimal": Text(
        "number: at most 12 digits before the point and 6 after it", "数字：整数部分至多 12 位，小数至多 6 位"
    ),
    "integer": Text("whole number", "整数"),
    "date": Text("day: ISO 8601, or a form given in `formats`", "日期：ISO 8601，或在 `formats` 中给出格式"),
    "flag": Text("yes or no: true, yes, 1, 是 …", "是或否：true、yes、1、是 等"),
    "code": Text("one of the list below", "下表之一"),
    "instant": Text(
        "local time: ISO 8601, or a form given in `formats`", "当地时间：ISO 8601，或在 `formats` 中给出格式"
    ),
}
VALUES = {
    "integer": Text("whole number", "整数"),
    "number": Text("number", "数字"),
    "money": Text("amount in major units", "金额（主单位）"),
    "share": Text("share, 0.3 is 30%", "比例，0.3 即 30%"),
    "text": Text("text", "文字"),
    "code": Text("code", "代码"),
    "date": Text("day", "日期"),
    "boolean": Text("true or false", "true 或 false"),
}
TAKES = {
    "count": Text("number", "次数"),
    "sum": Text("sum of {of}", "{of} 之和"),
    "average": Text("average {of}", "{of} 平均"),
    "min": Text("lowest {of}", "{of} 最小"),
    "max": Text("highest {of}", "{of} 最大"),
    "first": Text("first {of}", "最早 {of}"),
    "last": Text("last {of}", "最近 {of}"),
    "distinct": Text("different {of}", "不同 {of} 数"),
    "share": Text("share", "占比"),
    "trend": Text("trend", "趋势"),
    "top": Text("most frequent {of}", "最多 {of}"),
    "streak": Text("{of} in a row", "连续 {of} 数"),
}


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    yield from ("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
    yield ""


def heading(title: Text, other: str, say: Say) -> Iterator[str]:
    language = Text("中文", "English")
    yield from (f"# {say(title)}", "", f"*[{say(language)}]({other})*", "", say(GENERATED), "")


def data_standard(say: Say, other: str) -> Iterator[str]:
    yield from heading(Text("Data standard", "数据标准"), other, say)
    yield say(
        Text(
            "What may be imported, and what becomes of it. A mapping names a kind and, for each input, a column of the "
            "file; see [Import your files](../guides/import-your-files.md).",
            "可以导入什么，导入后成为什么。映射文件写明类型，并为每个输入指定文件中的列；参见"
            "[导入文件](../guides/import-your-files.zh.md)。",
        )
    )
    yield ""
    for kind in (kind for room in ROOMS for kind in room.kinds):
        yield from kind_page(kind, say)


def kind_page(kind: Kind, say: Say) -> Iterator[str]:
    yield from (f"## `{kind.name}` · {say(kind.title)}", "")
    columns = (Text("input", "输入"), Text("meaning", "含义"), Text("type", "类型"), Text("unit", "单位"))
    wide = (*columns, Text("example", "示例"), Text("needed", "必填"))
    yield from table([say(c) for c in wide], [input_row(kind, wanted, say) for wanted in kind.inputs])
    for wanted in kind.inputs:
        yield from code_list(wanted, say)
    key = say(Text(" or ", "或")).join(f"`{name}`" for name in kind.key)
    said = Text(
        "A line in which {key} is empty says nothing of this kind.", "{key} 为空的行不含此类型的信息。"
    ).format_with(key=key)
    identified = Text("Takes identifiers.", "可带标识。") if kind.takes_identifiers else Text("", "")
    known = Text("", "")
    if kind.content:
        content = ", ".join(f"`{name}`" for name in kind.content)
        known = Text(
            "Its rows have no key of their own: {content} tell them apart.", "行没有自己的主键：以 {content} 区分。"
        ).format_with(content=content)
    yield from (" ".join(filter(None, map(say, (said, known, identified)))), "")
    for landed in kind.tables:
        yield from lake_table(landed, say)


def input_row(kind: Kind, wanted: Input, say: Say) -> tuple[str, ...]:
    unit = say(wanted.unit) if wanted.unit else ""
    others = [f"`{name}`" for group in kind.either if wanted.name in group for name in group if name != wanted.name]
    instead = Text("or {others}", "或 {others}").format_with(others=", ".join(others))
    needed = say(YES) if wanted.required else say(instead) if others else ""
    return f"`{wanted.name}`", say(wanted.title), typed(wanted, say), unit, f"`{wanted.example}`", needed


def typed(wanted: Input, say: Say) -> str:
    """Return the type and what is refused as absurd."""
    if wanted.most is None:
        return say(TYPES[wanted.type])
    least = -wanted.most if wanted.least is None else wanted.least
    bounds = Text("; {least:,} to {most:,}", "；{least:,} 至 {most:,}").format_with(least=least, most=wanted.most)
    return say(TYPES[wanted.type]) + say(bounds)


def code_list(wanted: Input, say: Say) -> Iterator[str]:
    if wanted.codes:
        said = Text("`{name}`, capitals or not:", "`{name}` 的取值，不分大小写：").format_with(name=wanted.name)
        yield from (say(said), "")
        columns = (Text("kept as", "存为"), Text("meaning", "含义"), Text("files may also say", "文件中也可写"))
        yield from table([say(c) for c in columns], [code_row(known, say) for known in wanted.codes])


def code_row(known: Code, say: Say) -> tuple[str, ...]:
    others = dict.fromkeys(word for word in known.words if word not in (known.value, say(known.title)))
    return f"`{known.value}`", say(known.title), ", ".join(others)


def lake_table(landed: LakeTable, say: Say) -> Iterator[str]:
    said = Text("Lands in the lake table `{name}`:", "写入数据湖的表 `{name}`：").format_with(name=landed.name)
    yield from (say(said), "")
    columns = (Text("column", "列"), Text("stored as", "存储类型"))
    yield from table([say(c) for c in columns], [(f"`{f.name}`", f"`{f.type}`") for f in landed.schema])


def tags_page(say: Say, other: str) -> Iterator[str]:
    yield from heading(Text("Tags", "标签"), other, say)
    yield say(
        Text(
            "The retail pack. A rule asks for a tag by its name; see "
            "[Rules and audiences](../guides/rules-and-audiences.md). Days are whole days up to the day of the run.",
            "零售标签包。规则以名称使用标签；参见[规则与人群](../guides/rules-and-audiences.zh.md)。天数为截至统计日的整天数。",
        )
    )
    yield ""
    pack = built_in(FIELDS, CURRENCY)
    for family, title in FAMILIES.items():
        yield from (f"## {say(title)}", "")
        columns = (Text("tag", "标签"), Text("title", "名称"), Text("level", "层级"), Text("type", "类型"))
        wide = (*columns, Text("meaning", "含义"), Text("made from", "来源"), Text("used to", "场景"))
        rows = [tag_row(tag, pack, say) for tag in pack.tags if tag.family == family]
        yield from table([say(c) for c in wide], rows)
    for tag in pack.tags:
        if isinstance(tag.source, (Cases, Highest)):
            yield from (f"### `{tag.name}` · {say(tag.title)}", "")
            columns = (Text("value", "取值"), Text("meaning", "含义"))
            listed = tag.source.cases if isinstance(tag.source, Cases) else tag.source.of
            yield from table([say(c) for c in columns], [(f"`{c.value}`", say(c.title)) for c in listed])


def tag_row(tag: Tag, pack: Pack, say: Say) -> tuple[str, ...]:
    of_type = say(VALUES[tag.type])
    return (
        f"`{tag.name}`",
        say(tag.title),
        " / ".join(say(title) for title in titles_of(tag.family, tag.level)[1:]),
        of_type,
        say(tag.description),
        made_from(tag, pack, say),
        ", ".join(say(SCENARIOS[scenario]) for scenario in tag.scenarios),
    )


def made_from(tag: Tag, pack: Pack, say: Say) -> str:
    match tag.source:
        case FromField(field=field, form=form):
            counted = {
                "days_since": Text(", days since", "，距今天数"),
                "days_until": Text(", days until", "，剩余天数"),
            }
            return f"`{field}`{say(counted[form]) if form in counted else ''}"
        case Bands(of=of, better=better, thresholds=thresholds):
            sign = "≤" if better == "lower" else "≥"
            unit = 10 ** exponent(CURRENCY) if pack.askables[of].type == "money" else 1
            bounds = ", ".join(f"{bound / unit:,g}" for bound in thresholds)
            said = Text(
                "`{of}`: one point more for each of {sign} {bounds}", "`{of}`：每满足 {sign} {bounds} 之一加 1 分"
            )
            return say(said.format_with(of=of, sign=sign, bounds=bounds))
        case Joined(of=of):
            return " + ".join(f"`{name}`" for name in of)
        case Statistic():
            return taken(tag.source, say)
        case Ratio(of=of, over=over):
            return f"`{of}` / `{over}`"
        case Highest(of=ranked):
            return say(Text("the highest of {tags}", "{tags} 中最高者")).replace(
                "{tags}", ", ".join(f"`{each.tag}`" for each in ranked)
            )
        case Cases():
            return (
                say(Text("the first case that fits", "第一个符合的条件"))
                + f": {', '.join(sorted(f'`{n}`' for n in tag.needs))}"
            )


def taken(source: Statistic, say: Say) -> str:
    """Say what is taken of which behaviour, and of which days."""
    what = say(TAKES[source.take]).replace("{of}", f"`{source.of}`")
    parts = [f"`{source.over}`", what]
    if source.where is not None:
        asked = ", ".join(f"`{name}`" for name in sorted(tags_of(source.where)))
        parts.append(say(Text("by", "按")) + f" {asked}")
    if source.by is not None:
        parts.append(say(Text("weighed by", "加权")) + f" `{source.by}`")
    if source.within.days is not None:
        parts.append(say(Text("{days} days", "{days} 天")).replace("{days}", str(source.within.days)))
    if source.within.before:
        parts.append(
            say(Text("that end {days} days ago", "截至 {days} 天前")).replace("{days}", str(source.within.before))
        )
    return ", ".join(parts)


def fields_page(say: Say, other: str) -> Iterator[str]:
    yield from heading(Text("Fields", "字段"), other, say)
    yield say(
        Text(
            "Everything from which tags are made: fields of a customer, and columns of what customers did, of which "
            "statistics are taken. Which systems fill them in your workspace: `quanyu fields`; see "
            "[Health of tags](../guides/tag-health.md). Rules over customers ask for [tags](tags.md).",
            "标签的全部来源：客户字段，以及可做统计的客户行为列。本工作区由哪些系统填充：`quanyu fields`，参见"
            "[标签健康度](../guides/tag-health.zh.md)。面向客户的规则使用[标签](tags.zh.md)。",
        )
    )
    yield from ("", f"## {say(Text('Privacy', '隐私级别'))}", "")
    columns = [say(Text("class", "级别")), say(Text("meaning", "含义"))]
    yield from table(columns, [(f"`{name}`", say(meaning)) for name, meaning in PRIVACY.items()])
    for about, entries in groupby(ENTRIES, key=lambda entry: (entry.role, entry.name.partition(".")[0], entry.about)):
        yield from entry_table(about[1], about[2], list(entries), say)


def entry_table(name: str, about: Text, entries: Sequence[Entry], say: Say) -> Iterator[str]:
    of_customer = f" · `{name}.*`" if entries[0].role == "field" else f" · `{name}`"
    yield from (f"## {say(about)}{of_customer}", "")
    columns = (
        Text("name", "名称"),
        Text("title", "标题"),
        Text("type", "类型"),
        Text("unit", "单位"),
        Text("privacy", "隐私级别"),
        Text("comes from", "取自"),
        Text("description", "说明"),
    )
    rows = [
        (
            f"`{entry.name}`",
            say(entry.title),
            say(VALUES[entry.type]),
            say(entry.unit) if entry.unit else "",
            entry.privacy,
            ", ".join(f"`{given}`" for given in entry.inputs),
            say(entry.description),
        )
        for entry in entries
    ]
    yield from table([say(column) for column in columns], rows)
    for entry in entries:
        if entry.codes:
            listed = ", ".join(f"`{code.value}` {say(code.title)}" for code in entry.codes)
            yield from (f"`{entry.name}`: {listed}", "")


PAGES: dict[str, Callable[[Say, str], Iterator[str]]] = {
    "data-standard": data_standard,
    "tags": tags_page,
    "fields": fields_page,
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_what_the_code_says(name: str, language: str):
    english, chinese = f"{name}.md", f"{name}.zh.md"
    file, other = (english, chinese) if language == "en" else (chinese, english)
    page = "\n".join(PAGES[name](lambda text: getattr(text, language), other)).rstrip() + "\n"
    if WRITES:
        (FOLDER / file).write_text(page, encoding="utf-8")
    assert (FOLDER / file).read_text("utf-8") == page, f"{GENERATED.en} ({file})"


def test_every_kind_and_every_tag_has_its_place():
    standard, tags, fields = ((FOLDER / f"{name}.md").read_text("utf-8") for name in PAGES)
    assert [kind.name for room in ROOMS for kind in room.kinds if f"## `{kind.name}`" not in standard] == []
    assert [tag.name for tag in built_in(FIELDS, CURRENCY).tags if f"| `{tag.name}` |" not in tags] == []
    assert [entry.name for entry in ENTRIES if f"| `{entry.name}` |" not in fields] == []
