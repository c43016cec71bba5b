"""Records land as versions, the last observed row of an import speaks; identifiers as hashes and sealed values."""

from collections.abc import Callable
from typing import Any

from quanyu.customers.identity.private import open_values
from quanyu.customers.identity.tables import RECORDS, RECORDS_PRIVATE
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Ask = Callable[..., list[Any]]
Rows = Callable[..., list[dict[str, Any]]]

MEMBERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: customer_record
    columns: {key: id, country: country, observed_at: seen}
    identifiers:
      - {type: phone, scope: global, column: phone}
      - {type: email, column: email}
"""
COUNTED = "select type, scope, count(*), count(distinct value_hash) from identifier group by 1, 2 order by 1"


def members(*lines: str) -> dict[str, Any]:
    text = "\n".join(["id,country,seen,phone,email", *lines, ""])
    return {"lines": text.encode(), "mapping": MEMBERS}


def countries(rows: Rows) -> list[tuple[int, str | None]]:
    return sorted((row["record"], row["country"]) for row in rows(RECORDS))


def test_the_last_observed_row_of_an_import_speaks(bring: Import, rows: Rows):
    outcome = bring(**members("a,France,2011-01-02,,", "a,Spain,2011-01-01,,", "a,Italy,,,", "b,Norway,2011-01-01,,"))
    assert outcome.lines.landed == 2
    assert sorted(country for _, country in countries(rows)) == ["Italy", "Norway"]  # not dated: seen now


def test_of_rows_observed_at_once_the_last_line_speaks(bring: Import, rows: Rows):
    bring(**members("a,France,2011-01-01,,", "a,Spain,2011-01-01,,"))
    assert countries(rows) == [(0, "Spain")]


def test_a_change_is_a_new_version_and_the_same_again_is_none(bring: Import, rows: Rows, workspace: Workspace):
    bring(**members("a,France,2011-01-01,,"))
    assert bring(**members("a,France,2011-01-02,,")).lines.landed == 0
    assert bring(**members("a,Spain,2011-01-03,,")).lines.landed == 1
    assert bring(**members("a,France,2011-01-04,,")).lines.landed == 1
    assert countries(rows) == [(0, "France")]
    versions = workspace.lake.all_versions(RECORDS, workspace.lake.vector([RECORDS]))
    assert workspace.lake.count(versions) == 4  # a later sighting is one, too, and no news


def test_an_older_observation_does_not_win(bring: Import, rows: Rows):
    bring(**members("a,France,2011-02-01,,"))
    bring(**members("a,Spain,2011-01-01,,"))
    assert countries(rows) == [(0, "France")]


def test_identifiers_are_kept_once_for_each_record(bring: Import, ask: Ask, workspace: Workspace):
    given = members(
        "a,France,2011-01-01,13800138001,a@x.fr",
        "b,France,2011-01-01,+86 138-0013-8001,",
        "c,France,2011-01-01,,",
        "d,France,2011-01-01,8613900139000,",  # every identifier of a record counts, not only that of its last row
        "d,France,2011-01-02,,D@X.fr",
    )
    bring(**given)
    bring(**given)
    assert ask(COUNTED) == [("email", "global", 2, 2), ("phone", "global", 3, 2)]
    assert open_values(workspace, workspace.lake.vector([RECORDS_PRIVATE])).num_rows == 5
    bring(**members("a,France,2011-01-03,13700137000,"))
    assert ask(COUNTED) == [("email", "global", 2, 2), ("phone", "global", 4, 3)]
    assert ask("select distinct import_number from identifier order by 1") == [(1,), (3,)]


def test_a_record_without_a_key_is_refused(bring: Import):
    assert bring(**members(",France,2011-01-01,+44 1,")).lines.rejected == 1
