"""The command that grades who is whose record against a truth."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import table
from quanyu.customers.identity.evaluation.evaluating import evaluate as evaluate_mapping
from quanyu.customers.identity.evaluation.model import (
    BARE,
    KEPT,
    NOTHING,
    OTHERS,
    SEVERAL,
    UNKNOWN,
    UNTOLD,
    Evaluation,
    FalseMerge,
    FalseSplit,
    Kind,
    Named,
    Scores,
    Splits,
)
from quanyu.foundation.text import Text

HELP = Text("Grade who is whose record against a truth.", "对照真相评估识别质量。")
_WHY = {
    UNKNOWN: Text("the home has no such record", "数据目录中没有该记录"),
    UNTOLD: Text("the truth does not tell of it", "真相未说明"),
    SEVERAL: Text("several persons use it", "由多人共用"),
}


def evaluate(
    truth: Annotated[
        Path, typer.Option(metavar="PATH", help="Folder of a simulation's truth, or a file of yours. 真相目录或文件。")
    ],
    worst: Annotated[int, typer.Option(metavar="N", min=0, help="How many errors to show. 列出的错误数。")] = 20,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        found = evaluate_mapping(desk.workspace, truth, worst)
    desk.screen.answer(_document(found), *_shown(found))


def _document(found: Evaluation) -> dict[str, object]:
    joinable = found.joinable
    return {
        "graded": found.graded,
        "without_customer": found.alone,
        "not_graded": [asdict(each) for each in found.ungraded],
        "scores": _figures(found.scores),
        "exact_phone_alone": _figures(found.floor),
        "sizes": [asdict(band) for band in found.bands],
        "confidence": [asdict(band) for band in found.sureness],
        "joinable": None
        if joinable is None
        else {
            "pairs": joinable.pairs,
            "found": joinable.found,
            "recall": joinable.recall,
            "reachable": joinable.reachable,
            "share_that_nothing_joins": _unjoined(found),
            "ceiling": _figures(joinable.ceiling),
        },
        "false_merges": [asdict(each) for each in found.errors.merges],
        "false_splits": [asdict(each) for each in found.errors.splits],
        "worst_merges": [_merge(each) for each in found.errors.worst_merges],
        "worst_splits": [_split(each) for each in found.errors.worst_splits],
    }


def _figures(scores: Scores) -> dict[str, object]:
    rates = ("precision", "recall", "f1", "bcubed_precision", "bcubed_recall", "bcubed_f1")
    return {
        "true_pairs": scores.true_pairs,
        "found_pairs": scores.found_pairs,
        "right_pairs": scores.right_pairs,
        **{rate: round(getattr(scores, rate), 6) for rate in rates},
    }


def _merge(each: FalseMerge) -> dict[str, object]:
    return {**asdict(each), "between": [_name(named) for named in each.between]}


def _split(each: FalseSplit) -> dict[str, object]:
    common = [asdict(kind) for kind in each.common]
    return {**asdict(each), "between": [_name(named) for named in each.between], "common": common}


def _unjoined(found: Evaluation) -> float | None:
    """Return the share of the true pairs that no chain of correct identifiers joins."""
    if found.joinable is None or not found.scores.true_pairs:
        return None
    return 1 - found.joinable.pairs / found.scores.true_pairs


def _name(named: Named) -> str:
    return f"{named.source}#{named.record}"


def _kind(kind: Kind) -> str:
    return kind.type if kind.scope in {"", "global"} else f"{kind.type} ({kind.scope})"


def _kinds(kinds: Sequence[Kind]) -> str:
    return ", ".join(map(_kind, kinds)) or str(Text("none", "无"))


def _shown(found: Evaluation) -> Iterator[RenderableType | Text]:
    yield _records(found)
    yield _scores(found)
    yield table(
        Text("Records of one person, of one customer", "每人、每位客户的记录数"),
        (Text("graded records", "评估的记录数"), Text("persons", "真实人数"), Text("customers", "客户数")),
        [(band.name, band.persons, band.customers) for band in found.bands],
    )
    yield table(
        Text("Customers of several records, by confidence", "含多条记录的客户，按置信度"),
        (
            Text("from", "不低于"),
            Text("customers", "客户数"),
            Text("confidence", "置信度"),
            Text("one person's", "确为一人"),
        ),
        [(f"{each.low:g}", each.customers, f"{each.promised:.3f}", f"{each.right:.3f}") for each in found.sureness],
    )
    yield from _reasons(found)
    yield from _worst(found)


def _records(found: Evaluation) -> RenderableType:
    rows = [(Text("graded", "已评估"), None, found.graded)]
    if found.alone:
        rows.append((Text("of them without a customer: one each", "其中尚无客户：各计一位"), None, found.alone))
    left = [(_WHY[each.why], each.source, each.records) for each in found.ungraded]
    return table(
        Text("Records", "记录"),
        (Text("graded, or why not", "评估情况"), Text("source", "来源"), Text("records", "记录数")),
        [(str(why), source, count) for why, source, count in [*rows, *left]],
    )


def _scores(found: Evaluation) -> RenderableType:
    rows = [(Text("now", "现状"), found.scores), (Text("exact phone alone", "仅按手机号"), found.floor)]
    if found.joinable:
        rows.append((Text("all correct identifiers", "全部正确标识"), found.joinable.ceiling))
    columns = (
        *(Text("", ""), Text("pairs found", "判定为同一人的对数"), Text("true pairs", "真实对数")),
        *(Text("precision", "准确率"), Text("recall", "召回率"), Text("F1", "F1")),
        *(Text("B³ precision", "B³ 准确率"), Text("B³ recall", "B³ 召回率"), Text("B³ F1", "B³ F1")),
    )
    shown = [
        (
            *(str(name), each.found_pairs, each.true_pairs),
            *map(_rate, (each.precision, each.recall, each.f1)),
            *map(_rate, (each.bcubed_precision, each.bcubed_recall, each.bcubed_f1)),
        )
        for name, each in rows
    ]
    return table(Text("How well records are told apart", "识别质量"), columns, shown)


def _rate(share: float) -> str:
    return f"{share:.4f}"


def _reasons(found: Evaluation) -> Iterator[RenderableType | Text]:
    if joinable := found.joinable:
        yield Text(
            "Of {pairs} pairs that a chain of correct identifiers joins, {recall} are found; identifiers as they are "
            "could find {reachable} at most. Nothing joins {unjoined} of the true pairs.",
            "由正确标识链关联的 {pairs} 对中找到 {recall}，现有标识最多可找到 {reachable}；"
            "真实对中有 {unjoined} 无任何标识关联。",
        ).format_with(
            pairs=f"{joinable.pairs:,}",
            recall=_rate(joinable.recall),
            reachable=_rate(joinable.reachable / joinable.pairs if joinable.pairs else 1.0),
            unjoined=_rate(_unjoined(found) or 0),
        )
    if found.errors.merges:
        yield table(
            Text("Pairs of several persons, by what joined them", "误合并的对，按关联标识"),
            (
                *(Text("through", "通过"), Text("false pairs", "误合并对数"), Text("customers", "客户数")),
                Text("identifiers that persons share", "多人共用的标识数"),
            ),
            [
                (_kind(each.kind) if each.kind else str(_UNTRACED), each.pairs, each.customers, each.shared)
                for each in found.errors.merges
            ],
        )
    if found.errors.splits:
        yield table(
            Text("Pairs of one person kept apart, by what both sides hold", "漏合并的对，按双方所有的标识"),
            (Text("the two sides", "双方"), Text("missed pairs", "漏合并对数")),
            [(str(_why(each)), each.pairs) for each in found.errors.splits],
        )


_UNTRACED = Text("nothing that is there now", "现已无可追溯的标识")


def _why(each: Splits) -> Text:
    kinds = _kinds(each.kinds)
    return {
        KEPT: Text(f"share a value of {kinds}, and are two customers", f"{kinds} 相同，但仍为两位客户"),
        OTHERS: Text(f"have other values of {kinds}", f"{kinds} 的值不同"),
        NOTHING: Text("have no kind of identifier in common", "没有同类标识"),
        BARE: Text("one has no identifier", "一方没有标识"),
    }[each.why]


def _worst(found: Evaluation) -> Iterator[RenderableType | Text]:
    between = (Text("record", "记录"), Text("and", "与"))
    if found.errors.worst_merges:
        yield table(
            Text("The worst merges", "最严重的误合并"),
            (
                *(Text("false pairs", "误合并对数"), Text("records", "记录数"), Text("persons", "人数"), *between),
                *(Text("share their", "相同的"), Text("records with it", "含此值的记录")),
            ),
            [
                (
                    *(each.pairs, each.records, each.persons, *map(_name, each.between)),
                    *(_kind(each.kind) if each.kind else str(_UNTRACED), each.touches),
                )
                for each in found.errors.worst_merges
            ],
        )
    if found.errors.worst_splits:
        yield table(
            Text("The worst splits", "最严重的漏合并"),
            (
                *(Text("missed pairs", "漏合并对数"), Text("records", "记录数"), Text("customers", "客户数"), *between),
                *(Text("the one has", "一方有"), Text("the other has", "另一方有"), Text("in common", "共有")),
            ),
            [
                (
                    each.pairs,
                    each.records,
                    each.customers,
                    *map(_name, each.between),
                    *map(_kinds, (*each.held, each.common)),
                )
                for each in found.errors.worst_splits
            ],
        )
