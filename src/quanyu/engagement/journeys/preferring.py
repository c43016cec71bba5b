"""In which order accounts are tried, customer by customer: by how often he answers there, and what a message costs.

    prefer: {answers: {texts: sms_response_rate, chats: wecom_response_rate}, worth: 2.5}

By `answers` a tag says for an account how often the customer answers messages on its channel; an account without a tag
comes after the others. With `worth`, what one answer is worth in major units, an account is as good as his rate times
that, less the price of a message on its channel, as the terms of measuring say it: dear ones must be answered more.
Whose rate is not known counts as the average of those at the step of whom it is. Among equals the order given stands.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from quanyu.engagement.journeys.model import Preference
from quanyu.engagement.journeys.reader import Reader
from quanyu.engagement.journeys.tagvalues import rates_of
from quanyu.foundation.definitions import near
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments.terms import in_force as terms_in_force

RATES = ("share", "number", "integer")
"""Types of tags that an account may be preferred by."""
MOST_WORTH = 1_000_000

Orders = list[tuple[tuple[str, ...], OrdinalSet]]


def read_preference(reader: Reader, raw: object, path: Path, by: Sequence[str]) -> Preference | None:
    given = reader.mapping(raw, path, ("answers",), ("answers", "worth"))
    named = reader.mapping(given.get("answers", {}), (*path, "answers"), (), tuple(by))
    rates = [askable.name for askable in reader.askables if askable.type in RATES and askable.form == "plain"]
    for account, tag in named.items():
        if tag not in rates:
            problem = Text("This is no tag with a rate.", "不是比率类标签。")
            reader.reading.fault((*path, "answers", account), problem, tag, *near(str(tag), rates))
    if "answers" in given and not named:
        problem = Text("Nothing says which account to prefer.", "没有用于比较账号的标签。")
        reader.reading.fault((*path, "answers"), problem, given["answers"], "{texts: sms_response_rate}")
    worth = _worth(reader, given, path)
    return Preference({account: str(tag) for account, tag in named.items()}, worth)


def _worth(reader: Reader, given: Mapping[str, object], path: Path) -> float | None:
    raw = given.get("worth")
    if "worth" not in given:
        return None
    if isinstance(raw, (int, Decimal, float)) and not isinstance(raw, bool) and 0 < raw <= MOST_WORTH:
        return float(raw)
    problem = Text("Here stands what one answer is worth.", "此处应为一次响应的价值。")
    return reader.reading.fault((*path, "worth"), problem, raw, f"above 0, at most {MOST_WORTH:,}")


def in_order(ws: Workspace, prefer: Preference | None, channels: Mapping[str, str], members: OrdinalSet) -> Orders:
    """Part members by the order in which accounts are tried for them; `channels` are those of accounts, as given."""
    by = tuple(channels)
    if prefer is None or len(by) < 2 or not members:
        return [(by, members)]
    ordinals = members.ordinals()
    ranked = np.argsort(-_goodness(ws, prefer, channels, ordinals), axis=0, kind="stable")
    code = (ranked * len(by) ** np.arange(len(by))[:, None]).sum(axis=0)
    found: Orders = []
    for each in np.unique(code):
        mine = code == each
        order = ranked[:, int(np.argmax(mine))]
        found.append((tuple(by[place] for place in order), OrdinalSet.of(ordinals[mine])))
    return found


def _goodness(
    ws: Workspace, prefer: Preference, channels: Mapping[str, str], ordinals: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return how good each account is for each customer: accounts x customers."""
    told = rates_of(ws, sorted(set(prefer.answers.values())), ordinals)
    rates = [told[prefer.answers[account]] if account in prefer.answers else None for account in channels]
    means = [float(np.nanmean(rate)) for rate in rates if rate is not None and not np.isnan(rate).all()]
    other = float(np.mean(means)) if means else 0.0
    known = [_filled(rate, other) if rate is not None else np.full(len(ordinals), -np.inf) for rate in rates]
    if prefer.worth is None:
        return np.stack(known)
    prices = terms_in_force(ws).messages
    costs = np.array([prices.get(channel, 0.0) for channel in channels.values()])
    return np.stack(known) * prefer.worth - costs[:, None]


def _filled(rate: npt.NDArray[np.float64], other: float) -> npt.NDArray[np.float64]:
    unknown = np.isnan(rate)
    return rate if not unknown.any() else np.where(unknown, other if unknown.all() else np.nanmean(rate), rate)
