"""Sources are named that fill what may be asked, with how much of it and their newest data."""

from datetime import UTC, datetime

import pytest

from quanyu.customers.identity.tables import RECORDS as TABLE
from quanyu.targeting.fields.entries import find_entry
from quanyu.targeting.fields.origins import origins, survey_inputs

RECORDS = "key gender birth_date observed_at"


@pytest.fixture
def members(deliver):
    till = [("a", "f", "1990-03-08", "2026-03-01"), ("b", "", "", "2026-03-02"), ("c", "m", "", "2099-01-01")]
    deliver("customer_record", RECORDS, till, source="till")
    deliver("customer_record", RECORDS, [("z", "", "", "2026-02-01")], source="shop")


def test_each_source_is_counted_by_itself(workspace, members) -> None:
    age, gender, store = map(find_entry, ("identity.age", "identity.gender", "orders.store"))
    arrivals = survey_inputs(workspace, (*age.inputs, *gender.inputs, *store.inputs, "customer_record.*"))
    found = [(each.source, each.input, each.filled, each.rows) for each in origins(age, arrivals)]
    assert found == [("till", "customer_record.birthday", 1, 3), ("till", "customer_record.birth_date", 1, 3)]
    (told,) = origins(gender, arrivals)
    assert (told.source, told.filled) == ("till", 2)
    assert origins(store, arrivals) == []
    assert not arrivals.fills(store.inputs)
    everybody = origins(find_entry("identity.sources"), arrivals)
    assert [(each.source, each.filled) for each in everybody] == [("till", 3), ("shop", 1)]
    what_lies_ahead_is_not_the_newest(workspace)


def what_lies_ahead_is_not_the_newest(workspace) -> None:
    arrivals = survey_inputs(workspace, ["customer_record.gender"], as_of=datetime(2026, 6, 1, tzinfo=UTC))
    newest = {each.source: each.newest for each in arrivals.of("customer_record")}
    assert newest == {"till": datetime(2026, 3, 2, tzinfo=UTC), "shop": datetime(2026, 2, 1, tzinfo=UTC)}


def test_pinned_versions_are_read_as_they_were(workspace, members, deliver) -> None:
    vector = workspace.lake.vector((TABLE,))
    deliver("customer_record", RECORDS, [("z", "f", "", "2026-03-05")], source="shop")
    assert not survey_inputs(workspace, ["customer_record.gender"], vector).all[0].has("gender")
    assert survey_inputs(workspace, ["customer_record.gender"]).all[0].has("gender") == 1
