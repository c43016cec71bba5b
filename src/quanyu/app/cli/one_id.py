"""The group of commands about who is who."""

import typer

from quanyu.app.cli import (
    evaluating,
    explaining,
    graphing,
    identity_reporting,
    matching,
    parting,
    policies,
    profiles,
    proposing,
    reviewing,
)
from quanyu.app.cli.groups import Group

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Explain and grade who is who, and match what no key joins. 识别依据、评估与匹配。",
)
app.command("explain", help=f"{explaining.HELP.en} {explaining.HELP.zh}")(explaining.explain)
app.command("graph", help=f"{graphing.HELP.en} {graphing.HELP.zh}")(graphing.graph)
app.command("profile", help=f"{profiles.HELP.en} {profiles.HELP.zh}")(profiles.profile)
app.command("evaluate", help=f"{evaluating.HELP.en} {evaluating.HELP.zh}")(evaluating.evaluate)
app.command("match", help=f"{matching.MATCH.en} {matching.MATCH.zh}")(matching.match)
app.command("suggest-match", help=f"{matching.SUGGEST.en} {matching.SUGGEST.zh}")(matching.suggest_match)
app.command("propose", help=f"{proposing.HELP.en} {proposing.HELP.zh}")(proposing.propose)
app.add_typer(policies.app, name="policy")
parting.add_to(app)
reviewing.add_to(app)
identity_reporting.add_to(app)
