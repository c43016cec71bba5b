"""Turns an analysis into plain values: rows for a table, and one JSON document."""

from dataclasses import asdict

from quanyu.targeting.experiments.model import Analysis, Effect, Parts
from quanyu.targeting.experiments.wording import in_words

COLUMNS = (
    "outcome",
    "kind",
    "arm",
    "control",
    "arm_customers",
    "control_customers",
    "arm_mean",
    "control_mean",
    "absolute",
    "se",
    "absolute_low",
    "absolute_high",
    "unadjusted",
    "removed",
    "plain_low",
    "plain_high",
    "relative",
    "relative_low",
    "relative_high",
    "p_value",
    "p_holm",
    "power",
    "detectable",
    "certain",
    "few",
)


def as_table(analysis: Analysis) -> list[dict[str, object]]:
    """Return one row per outcome and arm, with the columns of COLUMNS in that order; rates are fractions of one."""
    return [row_of(effect) for effect in analysis.effects]


def as_json(analysis: Analysis) -> dict[str, object]:
    """Return everything the analysis says, words included, in values that JSON knows; what is not known is None."""
    return {
        "rows_read": analysis.rows_read,
        "rows_without_arm": analysis.rows_without_arm,
        "control": analysis.control,
        "arms": [asdict(arm) for arm in analysis.arms],
        "outcomes": [asdict(outcome) for outcome in analysis.outcomes],
        "sample_ratio": {
            "expected": dict(analysis.sample_ratio.expected),
            "assumed_equal": analysis.sample_ratio.assumed_equal,
            "p_value": analysis.sample_ratio.p_value,
            "alarm": analysis.sample_ratio.alarm,
        },
        "before": list(analysis.before),
        "looking": None if analysis.looking is None else asdict(analysis.looking),
        "effects": as_table(analysis),
        "parts": None if analysis.parts is None else _parts(analysis.parts),
        "words": [{"en": sentence.en, "zh": sentence.zh} for sentence in in_words(analysis)],
    }


def _parts(parts: Parts) -> dict[str, object]:
    return {
        "by": parts.by,
        "parts": [
            {"value": part.value, "customers": part.customers, "effects": [row_of(e) for e in part.effects]}
            for part in parts.parts
        ],
        "differences": [asdict(each) for each in parts.differences],
        "small": list(parts.small),
    }


def row_of(effect: Effect) -> dict[str, object]:
    return {name: getattr(effect, name) for name in COLUMNS}
