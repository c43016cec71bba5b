"""The command that says how large a test must be, from an audience's own past or from figures."""

from typing import Annotated

import numpy as np
import typer

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import Screen
from quanyu.engagement.campaigns.deeds import before
from quanyu.engagement.campaigns.model import OUTCOMES
from quanyu.engagement.journeys.testers import find_testers
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.choosing import chosen
from quanyu.targeting.experiments.power import Base, amount, base_of, in_words, needed, propose, rate

WAYS = ("--rate 0.05", "--mean 12 --deviation 80", "--audience NAME")


def power(
    *,
    lift: Annotated[float, typer.Option(metavar="SHARE", help="Expected, 0.1 is a tenth more. 预期相对提升。")],
    share: Annotated[
        float | None, typer.Option("--rate", metavar="SHARE", help="How many buy now. 当前转化率。")
    ] = None,
    mean: Annotated[float | None, typer.Option(help="What a customer spends now. 当前人均消费。")] = None,
    deviation: Annotated[float | None, typer.Option(help="Its standard deviation. 消费标准差。")] = None,
    audience: Annotated[
        str | None, typer.Option(metavar="NAME", help="Measure it on these. 由该人群测得。", rich_help_panel=None)
    ] = None,
    outcome: Annotated[str, typer.Option(metavar="OUTCOME", help="bought, spent. 转化或消费。")] = "bought",
    days: Annotated[int, typer.Option(min=1, max=365, help="Days before today. 统计天数。")] = 30,
    customers: Annotated[int | None, typer.Option(min=1, help="How many there are. 客户数。")] = None,
    arms: Annotated[int, typer.Option(min=1, max=20, help="Groups beside the control. 实验组数。")] = 1,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    many = customers
    if audience is not None:
        if outcome not in OUTCOMES:
            raise Invalid(
                Text("There is no such outcome.", "没有这个结果。"), received=outcome, allowed=tuple(OUTCOMES)
            )
        with at_desk(home, workspace, as_json=as_json) as desk:
            members = chosen(desk.workspace, audience).members - find_testers(desk.workspace)
            values = before(desk.workspace, members, days)[outcome].to_numpy(zero_copy_only=False)
        base = base_of(values.astype(np.float64), OUTCOMES[outcome])
        many = members.count() if many is None else many
    else:
        base = _given(share, mean, deviation)
    found = needed(base, base.mean * lift, arms) if many is None else propose(base, base.mean * lift, many, arms)
    document = {
        "base": vars(base),
        **vars(found),
        "customers": found.customers,
        "enough": found.enough,
        "words": [{"en": said.en, "zh": said.zh} for said in in_words(base, found)],
    }
    Screen(as_json).answer(document, *in_words(base, found))


def _given(share: float | None, mean: float | None, deviation: float | None) -> Base:
    if share is not None and mean is None and deviation is None:
        return rate(share)
    if share is None and mean is not None and deviation is not None:
        return amount(mean, deviation)
    given = {"--rate": share, "--mean": mean, "--deviation": deviation}
    raise Invalid(
        Text("Say what customers do now, in one way.", "请用一种方式说明当前水平。"),
        received=", ".join(name for name, value in given.items() if value is not None) or "nothing",
        allowed=WAYS,
    )
