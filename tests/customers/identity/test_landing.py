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
      - {type: phone, scope: all, column: phone}
      - {type: email, scope: all, column: email}
"""


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
    assert workspace.lake.count(versions) == 3


def test_an_older_observation_does_not_win(bring: Import, rows: Rows):
    bring(**members("a,France,2011-02-01,,"))
    bring(**members("a,Spain,2011-01-01,,"))
    assert countries(rows) == [(0, "France")]


def test_identifiers_are_kept_once_for_each_record(bring: Import, ask: Ask, workspace: Workspace):
    given = members("a,France,2011-01-01,+44 1,a@x", "b,France,2011-01-01,+44 1,", "c,France,2011-01-01,,")
    bring(**given)
    bring(**given)
    found = (
        "select type, scope, count(*), count(distinct value_hash) from identifier group by type, scope order by type"
    )
    assert ask(found) == [("email", "all", 1, 1), ("phone", "all", 2, 1)]
    assert open_values(workspace, workspace.lake.vector([RECORDS_PRIVATE])).num_rows == 3


def test_a_new_identifier_of_a_known_record_is_added(bring: Import, ask: Ask):
    bring(**members("a,France,2011-01-01,+44 1,"))
    bring(**members("a,France,2011-01-02,+44 2,a@x"))
    assert ask("select type, count(*) from identifier group by type order by type") == [("email", 1), ("phone", 2)]


def test_every_identifier_of_a_record_counts_not_only_that_of_its_last_row(bring: Import, ask: Ask):
    bring(**members("a,France,2011-01-01,+44 1,", "a,France,2011-01-02,,a@x", "a,France,2011-01-03,+44 2,"))
    assert ask("select type, count(*) from identifier group by type order by type") == [("email", 1), ("phone", 2)]


def test_the_same_value_as_another_type_is_another_identifier(bring: Import, ask: Ask):
    bring(**members("a,France,2011-01-01,same,same"))
    assert ask("select count(distinct value_hash) from identifier") == [(2,)]


def test_a_record_without_a_key_is_refused(bring: Import):
    assert bring(**members(",France,2011-01-01,+44 1,")).lines.rejected == 1
