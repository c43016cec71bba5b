"""Hides persons in the samples that are shown: 138****0001, z***@qq.com, 王**."""

import re
from collections.abc import Sequence

from quanyu.customers.ingest.suggesting.columns import Column
from quanyu.customers.ingest.suggesting.model import Choice, Entry

_LONGEST = 28
_PHONE = re.compile(r"(?<!\d)((?:\+?86)?[- ]?1[3-9]\d)[- ]?\d{4}[- ]?(\d{4})(?!\d)")
_EMAIL = re.compile(r"([^\s@,;<]?)[^\s@,;<]*@([^\s@,;>]+)")
_ID_CARD = re.compile(r"(?<!\d)([1-9]\d{3})\d{10}(\d{3}[\dXx])(?![\dXx])")
_PERSONAL_INPUTS = frozenset({"name", "address", "recipient", "birth_date", "value"})
_PERSONAL_SHAPES = ("phone", "landline", "id_card", "address", "person", "wechat_id", "external_userid", "taobao_id")
_PERSONAL_HEADERS = re.compile(
    r"(?i)姓名|昵称|联系人|收[货件]人|地址|住址|身份证|电话|手机|name|nick|address|street|phone|mobile|surname|birth|dob|生日|"
    r"email|ssn|soc_sec|passport"
)
_NO_PERSON = re.compile(
    r"(?i)(product|item|store|shop|brand|event|campaign|file|sheet|商品|产品|门店|店铺|类目|品牌|组织|仓库).{0,6}(name|名)"
)


def show_samples(column: Column, *, personal: bool = False) -> tuple[str, ...]:
    """Return up to three values of a column as they may be shown; `personal` where its input says so."""
    if column.share("json") > 0.5:
        return ("{…}",) * bool(column.samples)
    hidden = personal or looks_personal(column)
    return tuple(_shortened(_hidden(text) if hidden else _masked(text)) for text in column.samples)


def personal_columns(entries: Sequence[Entry]) -> frozenset[str]:
    """Return the columns that hold who somebody is, by what they are mapped to."""
    named = {
        column.name
        for entry in entries
        for choice in (*entry.chosen, *entry.doubtful)
        for column in choice.columns
        if _is_personal(entry, choice)
    }
    return frozenset(named | {each.column.name for entry in entries for each in entry.identifiers})


def _is_personal(entry: Entry, choice: Choice) -> bool:
    return choice.wanted.name in _PERSONAL_INPUTS and (
        entry.kind.takes_identifiers or choice.wanted.name == "recipient"
    )


def looks_personal(column: Column) -> bool:
    """Say whether a column holds who somebody is, by its values and its header."""
    if _NO_PERSON.search(column.name):
        return False
    shaped = column.share(*_PERSONAL_SHAPES) > 0.5 and (column.variety > 0.05 or column.share("phone") > 0.5)
    return shaped or bool(_PERSONAL_HEADERS.search(column.name))


def show_cell(header: str, text: str) -> str:
    """Return a value of a column of which only the header is known, as it may be shown."""
    personal = _PERSONAL_HEADERS.search(header) and not _NO_PERSON.search(header)
    return _shortened(_hidden(text) if personal else _masked(text))


def _masked(text: str) -> str:
    return _PHONE.sub(r"\1****\2", _ID_CARD.sub(r"\1**********\2", _EMAIL.sub(r"\1***@\2", text)))


def _hidden(text: str) -> str:
    masked = _masked(text)
    if masked != text:
        return masked
    if re.fullmatch(r"[\d./: -]+", text) and len(text) < 11:
        return text[:4] + "*" * max(0, len(text) - 4)
    return text[:1] + "**" if len(text) < 8 else text[:3] + "***"


def _shortened(text: str) -> str:
    plain = re.sub(r"\s+", " ", re.sub(r"[\x00-\x1f\x7f]", " ", text))
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
