"""Writes a suggestion as a mapping file that the import takes as it is, with a comment for every column."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from quanyu.customers.ingest.suggesting.columns import Column
from quanyu.customers.ingest.suggesting.masking import personal_columns, show_samples
from quanyu.customers.ingest.suggesting.model import Choice, Entry, Identified, Suggestion
from quanyu.foundation.documents import read
from quanyu.foundation.text import Text

_PLAIN = re.compile(r"[^\W\d_][\w.\-/() ]*")
_COLUMN = 46  # where comments begin
_SENDS: Mapping[str, str] = {
    "phone": "sms",
    "email": "email",
    "external_userid": "wecom",
    "openid": "official_account",
    "registration_id": "push",
}
_MOST_UNUSED = 200


def write(suggestion: Suggestion, files: Sequence[str]) -> str:
    """Return the text of the mapping; `files` are the names that stand in it."""
    lines = [*_opening(suggestion), *_top(suggestion, files), *_basis(suggestion), "", "kinds:"]
    for entry in suggestion.entries:
        lines += [*_entry(suggestion, entry), ""]
    return "\n".join([*lines, *_unused(suggestion)]).rstrip() + "\n"


def _opening(suggestion: Suggestion) -> Iterator[str]:
    rows = max((column.rows for column in suggestion.columns), default=0)
    yield f"# Suggested by quanyu suggest after a look at {rows:,} lines; check what is below 80%."
    yield f"# 由 quanyu suggest 查看 {rows:,} 行后生成。百分数为把握程度，低于 80% 的请核对。"
    if suggestion.export:
        yield f"# Known by its headers: {suggestion.export.en} · 按表头识别为：{suggestion.export.zh}"
    for note in suggestion.notes:
        yield f"# {_one_line(note.en)} · {_one_line(note.zh)}"
    yield ""


def _top(suggestion: Suggestion, files: Sequence[str]) -> Iterator[str]:
    yield _told(
        f"source: {scalar(suggestion.source)}", "the same in every mapping of this system · 同一系统的各映射一致"
    )
    if len(files) == 1:
        yield _told(f"files: {scalar(files[0])}", "relative to this file · 相对本文件")
    else:
        yield "files:"
        yield from (f"  - {scalar(name)}" for name in files)
    if suggestion.format:
        yield f"format: {suggestion.format}"
    yield _told(f"time_zone: {scalar(suggestion.time_zone)}", "of the times in the files · 文件中时间所在的时区")
    seen = "seen in the files · 据文件判断" if suggestion.currency_seen else "the workspace's · 工作区的货币"
    yield _told(f"currency: {suggestion.currency}", seen)
    yield _told(f"class: {suggestion.source_class}", "a guess: first_party, media, marketplace, third_party · 推测")
    if suggestion.missing:
        yield _told(f"missing: [{', '.join(map(quoted, suggestion.missing))}]", "these mean nothing · 这些表示空")


def _basis(suggestion: Suggestion) -> Iterator[str]:
    """Propose a legal basis as a comment: a person has to answer for it."""
    types = {each.type for entry in suggestion.entries for each in entry.identifiers}
    if not types:
        return
    channels = sorted({_SENDS[type_] for type_ in types if type_ in _SENDS})
    basis = "contract" if suggestion.entries[0].kind.name.startswith("order") else "consent"
    yield "# To be confirmed by whoever answers for personal data; then take the # away · 请个人信息负责人确认后去掉 #"
    yield "# legal_basis:"
    yield f"#   basis: {basis}"
    yield "#   purposes: [service, analysis]"
    if channels:
        yield f"#   channels: [{', '.join(channels)}]"


def _entry(suggestion: Suggestion, entry: Entry) -> Iterator[str]:
    first = entry is suggestion.entries[0]
    kind = entry.kind
    said = Text("One line is", "每行是") if first else Text("It also tells of", "同时含有")
    yield f"  # {said.en}: {kind.title.en} · {said.zh}：{kind.title.zh}"
    if first and suggestion.rivals:
        rivals = ", ".join(f"{name} {score:.0%}" for name, score in suggestion.rivals)
        yield f"  # It could also be · 也可能是：{rivals}"
    yield f"  - kind: {kind.name}"
    columns = [choice for choice in entry.chosen if choice.column is not None]
    yield "    columns:" if columns else "    columns: {}"
    for choice in columns:
        yield from _column(suggestion, choice)
    for choice in entry.doubtful:
        yield from _doubtful(entry, choice)
    constants = [choice for choice in entry.chosen if choice.column is None]
    if constants:
        yield "    constants:"
        yield from (f"      {choice.wanted.name}: {scalar(choice.constant)}" for choice in constants)
    yield from _codes(entry)
    yield from _formats(entry)
    yield from _identifiers(suggestion, entry)
    if entry.whole:
        yield _told("    whole: true", "an order that comes again replaces its lines · 再次导入的订单替换其明细")


def _column(suggestion: Suggestion, choice: Choice) -> Iterator[str]:
    if choice.column is None:
        return
    samples = samples_of(suggestion, choice.column)
    told = f"{choice.score:.0%}" + (f" · {samples}" if samples else "")
    yield _told(f"      {choice.wanted.name}: {_named(choice)}", told)
    if choice.others:
        others = ", ".join(f"{_one_line(name)} {score:.0%}" for name, score in choice.others)
        yield f"      # or · 或：{others}"


def _named(choice: Choice) -> str:
    """Return the columns of an input as a mapping names them."""
    names = [quoted_if_needed(column.name) for column in choice.columns]
    listed = f"[{', '.join(names)}]"
    if choice.how == "joined":
        return f"{{join: {listed}}}"
    if choice.how == "column":
        return scalar(choice.columns[0].name) if len(names) == 1 else listed
    signed = list(zip(choice.how, names, strict=True))
    added, less = (", ".join(name for sign, name in signed if sign == wanted) for wanted in "+-")
    return f"{{sum: [{added}], less: [{less}]}}" if less else f"{{sum: [{added}]}}"


def _doubtful(entry: Entry, choice: Choice) -> Iterator[str]:
    if choice.column is None:
        return
    why = f"{choice.why.en} · {choice.why.zh}" if choice.why else ""
    yield _told(f"      # {choice.wanted.name}: {_named(choice)}", f"{choice.score:.0%} · {why}")
    if choice.reading.unread:
        words = ", ".join(_one_line(word)[:20] for word in choice.reading.unread[:8])
        allowed = ", ".join(code.value for code in choice.wanted.codes)
        yield f"      #   {words} → {allowed}"


def _codes(entry: Entry) -> Iterator[str]:
    coded = [choice for choice in entry.chosen if choice.reading.codes and choice.column is not None]
    if coded:
        yield "    codes:"
    for choice in coded:
        words = ", ".join(f"{quoted(word)}: {scalar(code)}" for word, code in choice.reading.codes.items())
        yield f"      {choice.wanted.name}: {{{words}}}"


def _formats(entry: Entry) -> Iterator[str]:
    formed = [choice for choice in entry.chosen if choice.reading.forms and choice.column is not None]
    if formed:
        yield "    formats:"
    for choice in formed:
        forms = choice.reading.forms
        written = quoted(forms[0]) if len(forms) == 1 else f"[{', '.join(map(quoted, forms))}]"
        others = f"or as well · 也可能是：{', '.join(choice.reading.others)}" if choice.reading.others else ""
        yield _told(f"      {choice.wanted.name}: {written}", others)


def _identifiers(suggestion: Suggestion, entry: Entry) -> Iterator[str]:
    if entry.identifiers:
        yield "    identifiers:"
    for each in entry.identifiers:
        said = f"{{type: {each.type}, scope: {scalar(each.scope)}, column: {quoted_if_needed(each.column.name)}}}"
        yield _told(f"      - {said}", _sampled(suggestion, each))


def _sampled(suggestion: Suggestion, each: Identified) -> str:
    samples = samples_of(suggestion, each.column)
    shared = " · one scope for all sources of the company · 全公司各来源共用" if each.shared else ""
    return f"{each.score:.0%} · {samples}{shared}"


def _unused(suggestion: Suggestion) -> Iterator[str]:
    if not suggestion.unused:
        return
    yield "# Columns that nobody asked for · 未使用的列："
    for column in suggestion.unused[:_MOST_UNUSED]:
        samples = samples_of(suggestion, column) or "empty · 空"
        yield _told(f"#   {_one_line(column.name)}", f"filled · 填充率 {column.fill:.0%} · {samples}")
    if len(suggestion.unused) > _MOST_UNUSED:
        yield f"#   … {len(suggestion.unused) - _MOST_UNUSED}"


def samples_of(suggestion: Suggestion, column: Column) -> str:
    """Return a few values of a column as everybody may see them."""
    return ", ".join(show_samples(column, personal=column.name in personal_columns(suggestion.entries)))


def _told(written: str, comment: str) -> str:
    if not comment:
        return written
    wide = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in written)
    return f"{written}{' ' * max(2, _COLUMN - wide)}# {_one_line(comment)}"


def _one_line(text: str) -> str:
    """Return a text that ends no comment: without line breaks of any sort."""
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029\ufeff]+", " ", text)


def scalar(text: str) -> str:
    """Return a text as a YAML value that is read back as this text."""
    if _PLAIN.fullmatch(text) and text == text.strip() and " #" not in text and _reads_as_text(text):
        return text
    return quoted(text)


def quoted_if_needed(text: str) -> str:
    """Return a text as a YAML value inside braces."""
    return scalar(text) if not set(text) & set(",[]{}") else quoted(text)


def quoted(text: str) -> str:
    shown = json.dumps(text, ensure_ascii=False)
    return re.sub(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda sign: f"\\u{ord(sign[0]):04x}", shown)


def _reads_as_text(text: str) -> bool:
    return read(f"a: {text}").value == {"a": text}
