"""Portraits and overlaps as documents for programs, and the sentences that say how to read them."""

from collections.abc import Iterator

from quanyu.foundation.text import Text
from quanyu.targeting.audiences.distinguishing import Distinction
from quanyu.targeting.audiences.groups import Party
from quanyu.targeting.audiences.overlaps import Overlap
from quanyu.targeting.audiences.parts import SMALL
from quanyu.targeting.audiences.portraits import CERTAIN, Figure, Portrait, TagPortrait

NAMED = 8
"""Tags that a note names."""
_LISTED = ((0, ", "), (1, "、"))


def notes(found: Portrait) -> Iterator[Text]:
    """Yield what a reader has to know of the figures."""
    if found.against_all:
        yield Text(
            "Index: 100 = like all customers, who include this group; tested against everybody else.",
            "指数：100 = 与全部客户（含本人群）相同；显著性为与其余客户比较。",
        )
    else:
        yield Text("Index: 100 = like the other group.", "指数：100 = 与对照人群相同。")
        if found.both:
            yield Text(
                f"{found.both:,} customers are in both groups: they count in both, and the tests allow for them.",
                f"{found.both:,} 位客户同属两个人群：两边均计入，检验已作相应修正。",
            )
    yield Text(
        f"Sure: corrected for all that was looked at, at most {CERTAIN:.0%} of what is called sure is chance.",
        f"显著：已按比较次数校正，标为显著者中偶然的比例不超过 {CERTAIN:.0%}。",
    )
    yield Text(
        f"Groups of fewer than {SMALL} people are not shown: they are put together with others.",
        f"不足 {SMALL} 人的分组不单独显示，已与其他合并。",
    )
    chosen = [each.tag.title for each in found.tags if each.by_rule]
    if chosen:
        yield Text(
            f"People were chosen by these tags, which differ by definition: {', '.join(t.en for t in chosen)}.",
            f"以下标签为圈选条件，差异理所当然：{'、'.join(t.zh for t in chosen)}。",
        )
    if found.withheld:
        names, zh_names = (separator.join(tag.title[i] for tag in found.withheld[:NAMED]) for i, separator in _LISTED)
        more = "…" if len(found.withheld) > NAMED else ""
        yield Text(
            f"Not shown, because all have the same value or too few people another one: {names}{more}",
            f"未显示（取值全部相同，或其他取值的人数过少）：{zh_names}{more}",
        )


def describe_portrait(found: Portrait) -> dict[str, object]:
    """Return a portrait as plain values; shares are fractions, `index` is 100 for equal shares."""
    return {
        "audience": _party(found.party),
        "against": _party(found.other),
        "against_all": found.against_all,
        "both": found.both,
        "as_of": found.as_of,
        "tag_run": str(found.tag_run),
        "notes": [_both(note) for note in notes(found)],
        "distinguishing": [_distinction(each) for each in found.distinctions],
        "tags": [_tag(each) for each in found.tags],
        "withheld": [tag.name for tag in found.withheld],
    }


def describe_overlap(found: Overlap) -> dict[str, object]:
    cells = found.cells
    return {
        "audiences": [_party(each) for each in found.parties],
        "base": found.base,
        "any": found.any,
        "as_of": found.as_of,
        "shared": [list(row) for row in found.shared],
        "pairs": [
            {
                "audiences": [pair.one, pair.other],
                "shared": pair.shared,
                "jaccard": pair.jaccard,
                "lift": pair.lift,
            }
            for pair in found.pairs
        ],
        "cells": None if cells is None else [{"audiences": list(c.audiences), "size": c.size} for c in cells.shown],
        "more_cells": None if cells is None else cells.more,
        "in_more_cells": None if cells is None else cells.rest,
    }


def _party(party: Party) -> dict[str, object]:
    return {"name": party.name, "title": _both(party.title), "size": party.size, "taken_at": party.taken_at}


def _distinction(found: Distinction) -> dict[str, object]:
    split = found.split
    return {
        "tag": found.tag.name,
        "title": _both(found.tag.title),
        "bits": found.bits,
        "explained": found.explained,
        "words": _both(found.words),
        "split": None
        if split is None
        else {"label": _both(split.label), "inside_share": split.inside, "outside_share": split.outside},
    }


def _tag(found: TagPortrait) -> dict[str, object]:
    association = found.association
    return {
        "tag": found.tag.name,
        "title": _both(found.tag.title),
        "family": found.tag.family,
        "v": association.v,
        "chi_square": association.chi_square,
        "freedom": association.freedom,
        "p": association.p,
        "q": found.q,
        "certain": found.certain,
        "by_rule": found.by_rule,
        "values": [_figure(figure) for figure in found.figures],
    }


def _figure(figure: Figure) -> dict[str, object]:
    return {
        "label": _both(figure.label),
        "kind": figure.kind,
        "inside": figure.inside,
        "inside_share": figure.inside_share,
        "outside": figure.outside,
        "outside_share": figure.outside_share,
        "index": figure.index,
        "p": figure.p,
        "q": figure.q,
        "certain": figure.certain,
    }


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}
