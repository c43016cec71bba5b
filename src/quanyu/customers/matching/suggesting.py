"""Writes what a match needs to be told, from the columns of a file alone; whoever knows the data corrects it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from quanyu.customers.ingest.spec import Source
from quanyu.customers.ingest.suggesting.columns import Sample, take_sample
from quanyu.customers.matching.blocks import count_pairs
from quanyu.customers.matching.cleaning import cleaned
from quanyu.customers.matching.config import read_config
from quanyu.customers.matching.files import gathered, open_file
from quanyu.customers.matching.meanings import Meant, id_score, meaning
from quanyu.customers.matching.model import HOWS, Comparison, Config, Field, Rule, Training
from quanyu.customers.matching.rules import candidates, passes
from quanyu.customers.matching.writing import write_config
from quanyu.foundation.errors import Invalid
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.text import Text

_MOST_RULES = 14
_PAIRS_OF_RULE, _PAIRS_OF_ALL = 10, 40  # for each record, at most
_FREE_PAIRS = 50_000  # whatever the number of records


@dataclass(frozen=True)
class Suggested:
    """A configuration that has been read back, its text, and what each column was taken for."""

    config: Config
    text: str
    columns: tuple[Meant, ...]
    records: int
    blocks: tuple[tuple[Rule, int], ...]


def suggest(engine: DuckDB, readers: Sequence[Source], file: Path) -> Suggested:
    """Return a configuration for this file; raises `Invalid` where no column tells anything about its records."""
    opened, _ = open_file(engine, file, readers)
    sample = take_sample(engine.backend(), opened, "UTC", "CNY")
    if not sample.cells.num_rows:
        raise Invalid(
            Text("The file has a header and no lines.", "文件只有表头，没有数据。"),
            remedy=Text("Check that the export has finished.", "请检查导出是否完成。"),
            received=file.name,
        )
    own = _own(sample)
    meant = [meaning(column) for column in sample.columns if column.name != own]
    fields = _fields(meant)
    if not fields:
        raise Invalid(
            Text("No column says anything by which records could be matched.", "没有可用于匹配的列。"),
            remedy=Text("Give columns headers such as name, birthday, phone.", "请为列加上姓名、生日、手机号等表头。"),
            received=", ".join(opened.columns[:20]),
        )
    draft = Config(tuple(fields.values()), _compare(fields), (), Training(()), id=(own,) if own else ())
    return _with_blocks(engine, readers, file, draft, meant)


def _own(sample: Sample) -> str | None:
    scored = [(id_score(column), -column.position, column.name) for column in sample.columns]
    score, _, name = max(scored)
    return name if score > 0 else None


def _fields(meant: Sequence[Meant]) -> dict[str, Field]:
    """Name the fields by their headers where those can be names, else by what they mean."""
    found: dict[str, Field] = {}
    for each in (one for one in meant if one.means):
        plain = unicodedata.normalize("NFKC", each.column.name).strip().lower()
        word = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") if plain.isascii() else ""
        wanted = word if re.fullmatch(r"[a-z][a-z0-9_]{0,30}", word) else each.means
        name, n = wanted, 2
        while name in found:
            name, n = f"{wanted}_{n}", n + 1
        found[name] = Field(name, (each.column.name,), each.means, each.forms)
    return found


def _compare(fields: Mapping[str, Field]) -> tuple[Comparison, ...]:
    """Compare each field in the usual way of its meaning; a given name and a surname together, for people swap them."""
    firsts = {field.means: field.name for field in reversed(list(fields.values()))}
    paired = [firsts[means] for means in ("given_name", "surname") if means in firsts]
    both = tuple(paired) if len(paired) == 2 else ()
    made = [Comparison("names" if "names" not in fields else "both_names", "names", both)] if both else []
    for field in fields.values():
        if field.name not in both:
            how = HOWS[field.means][0]
            made.append(Comparison(field.name, how, (field.name,), _levels(how, field.means)))
    return tuple(made)


def _levels(how: str, means: str) -> tuple[float, ...]:
    if how == "number":
        return (1,) if means == "house_number" else (1, 2)
    if how == "text":
        return (0.9,) if means in {"address", "region"} else (0.92, 0.8)
    return ()


def _with_blocks(
    engine: DuckDB, readers: Sequence[Source], file: Path, draft: Config, meant: Sequence[Meant]
) -> Suggested:
    """Choose rules that give few enough pairs of this file, and write the whole."""
    with gathered(engine, [file], readers, draft) as given, cleaned(engine, given.rows, draft) as records:
        rows = given.counts[0][1]
        counted: list[tuple[Rule, int]] = []
        most, left = max(_FREE_PAIRS, _PAIRS_OF_RULE * rows), max(_FREE_PAIRS, _PAIRS_OF_ALL * rows)
        for rule in candidates(draft.fields):
            held = {str(key) for key in rule}
            if len(counted) == _MOST_RULES or any({str(key) for key in taken} <= held for taken, _ in counted):
                continue
            pairs = count_pairs(engine, records, rule, "dedupe")
            if pairs <= min(most, left):
                counted.append((rule, pairs))
                left -= pairs
        learning = passes(draft.fields, lambda rule: count_pairs(engine, records, rule, "dedupe"), most)
    if not counted or len(learning) < 2:
        raise _nothing_to_block_on(draft)
    config = replace(draft, blocking=tuple(rule for rule, _ in counted), training=Training(tuple(learning)))
    text = write_config(config, tuple(_opening(file, rows, meant)), _remarks(draft.fields, meant))
    return Suggested(read_config(text), text, tuple(meant), rows, tuple(counted))


def _nothing_to_block_on(draft: Config) -> Invalid:
    return Invalid(
        Text(
            "The columns cannot keep strangers apart: there is nothing to block on.", "这些列区分不开记录，无法分块。"
        ),
        remedy=Text(
            "Matching needs two or more columns such as name, birthday, phone, address.",
            "匹配至少需要两列有区分力的信息，如姓名、生日、手机号、地址。",
        ),
        received=", ".join(field.name for field in draft.fields),
    )


def _opening(file: Path, rows: int, meant: Sequence[Meant]) -> Iterator[str]:
    yield f"Suggested by quanyu identity suggest-match after a look at {rows:,} records of {file.name}."
    yield "由 quanyu identity suggest-match 生成，请核对各列含义。"
    yield "One file is deduplicated, several are linked, unless task says: dedupe, link, both."
    yield "一个文件去重，多个文件关联；也可用 task 指定：dedupe、link、both。"
    yield "When each record has one partner at most, say keep: best. 每条记录至多一个对应时设 keep: best。"
    for each in (one for one in meant if not one.means):
        name = " ".join(each.column.name.split())
        yield f"Not used: {name} ({each.why.en}) · 未使用：{name}（{each.why.zh}）"


def _remarks(fields: Sequence[Field], meant: Sequence[Meant]) -> dict[str, str]:
    by_column = {each.column.name: each for each in meant}
    told = {field.name: by_column[field.columns[0]] for field in fields}
    return {name: f"{each.sure:.0%} {each.why.en} · {each.why.zh}" for name, each in told.items()}
