"""Ids, order of rows and files, and times of joining tell nothing of who is whom or what people are like."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from quanyu.simulator.arguments import Arguments
from quanyu.simulator.company import simulate

# Each list of people: its file, the id in it, the time of joining, its encoding.
LISTS = {
    "pos_south": ("pos_south/members.csv", "会员卡号", "开卡时间", "gb18030"),
    "pos_north": ("pos_north/members.csv", "MemberNo", "JoinDate", "utf-8-sig"),
    "mini_program": ("mini_program/users.csv", "openid", "registered_at", "utf-8"),
    "site": ("site/users.csv", "user_id", "created_at", "utf-8"),
    "app": ("app/users.csv", "user_id", "registered_at", "utf-8"),
}
CHARACTERS = 12  # of an id that the classifier sees
CHANCE = 0.04  # how far from one half pure chance may lie, at thousands of rows

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """Return the folder with the files and the truth of 8,000 customers."""
    folder = tmp_path_factory.mktemp("hygiene")
    simulate(Arguments(8_000, years=1, seed=29), folder / "out", folder / "truth", processes=2)
    return folder


@pytest.fixture(scope="module")
def people(written) -> pd.DataFrame:
    """Return every record as the files show it, beside whose it is and what he is like."""
    folder = written
    shown = pd.concat([listed(folder / "out", source, number) for number, source in enumerate(LISTS)])
    truth = duckdb.sql(f"""
        select source, record, person, rate, arrival, price, effect
        from '{folder}/truth/links/*.parquet' join '{folder}/truth/people/*.parquet' using (person)
        where source in {tuple(LISTS)}""").df()
    return shown.merge(truth, on=["source", "record"], validate="one_to_one")


def listed(out: Path, source: str, number: int) -> pd.DataFrame:
    file, key, joined, encoding = LISTS[source]
    rows = pd.read_csv(out / file, dtype=str, encoding=encoding)
    moment = pd.to_datetime(rows[joined], errors="coerce", format="mixed")
    seen = {f"character{i}": [ord(text.ljust(CHARACTERS)[-i]) for text in rows[key]] for i in range(1, CHARACTERS + 1)}
    seen |= {"place": np.arange(len(rows)) / len(rows), "file": number, "second": moment.dt.second}
    seen |= {"joined": (moment - pd.Timestamp("2020-01-01")).dt.total_seconds(), "source": source, "record": rows[key]}
    return pd.DataFrame(seen)


SEEN = [f"character{i}" for i in range(1, CHARACTERS + 1)] + ["place", "file", "second", "joined"]


def area(features: np.ndarray, truth: np.ndarray, group: np.ndarray) -> float:
    """Return the area under the curve on people that the classifier has not learnt from; one half is pure chance."""
    learn = group % 2 == 0
    model = HistGradientBoostingClassifier(max_iter=120, random_state=0).fit(features[learn], truth[learn])
    return roc_auc_score(truth[~learn], model.predict_proba(features[~learn])[:, 1])


def pairs(people: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features of pairs of records from two lists, whether they are one person, and a group to split by.

    As many pairs of strangers as of selves, from the same lists and the same side of the split: neither the lists nor
    having learnt a record as a stranger's may tell anything.
    """
    both = people.merge(people, on="person", suffixes=("", "_other"))
    both = both[both.file < both.file_other].reset_index(drop=True)
    chance = np.random.default_rng(1)
    strangers = both.copy()
    other = [f"{name}_other" for name in SEEN]
    lists = (both.file * 10 + both.file_other) * 2 + both.person % 2
    for each in lists.unique():
        here = np.flatnonzero(lists == each)
        strangers.loc[here, other] = both.loc[chance.permutation(here), other].to_numpy()
    rows = pd.concat([both, strangers])
    features = rows[SEEN + other].to_numpy(float)
    apart = np.abs(features[:, : len(SEEN)] - features[:, len(SEEN) :])
    return np.hstack([features, apart]), np.repeat([1, 0], len(both)), np.tile(both.person.to_numpy(), 2)


def test_nothing_of_it_tells_who_is_whom(people):
    features, same, group = pairs(people)
    assert len(same) > 8_000
    assert abs(area(features, same, group) - 0.5) < CHANCE


@pytest.mark.each_point
@pytest.mark.parametrize("trait", ["rate", "arrival", "price", "effect", "person"])
def test_nothing_of_it_tells_what_people_are_like(people, trait):
    high = (people[trait] > people[trait].median()).astype(int).to_numpy()
    assert abs(area(people[SEEN].to_numpy(float), high, people.person.to_numpy()) - 0.5) < CHANCE


def test_the_classifier_would_see_a_leak(people):
    leaky = people.assign(place=people.person / people.person.max())
    high = (people.person > people.person.median()).astype(int).to_numpy()
    assert area(leaky[SEEN].to_numpy(float), high, people.person.to_numpy()) > 0.95
    features, same, group = pairs(leaky)
    assert area(features, same, group) > 0.9


def test_no_file_names_a_person(written):
    out = written / "out"
    assert not [path for path in out.rglob("*") if "truth" in path.name.lower() or "person" in path.name]
    columns = set()
    for path in out.rglob("*.csv"):
        columns |= set(path.open("rb").readline().decode("gb18030", "replace").strip().split(","))
    assert not columns & {"person", "one_id", "household", "luck", "style"}
