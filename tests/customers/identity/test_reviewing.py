"""What is left open is listed in patterns, answered one by one or in bulk, and asked again when something is new."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from tests.customers.conftest import furnishing

from quanyu.app.house import rooms_of
from quanyu.app.rooms import ROOMS
from quanyu.customers.identity.asking import FAILPOINTS
from quanyu.customers.identity.deciding import Decision, acts, take_back
from quanyu.customers.identity.parting import unlink
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.reviewing import EXPIRES, TOGETHER_AT_MOST, answer, holders, review
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.taking_back import take_back as take_import_back
from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Ask = Callable[..., list[Any]]
WHY = Decision("wang", "asked her")
MEMBERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: customer_record
    columns: {key: id, name: name}
    identifiers:
      - {type: phone, column: phone}
      - {type: member_card, column: card}
"""


def members(*lines: str, source: str = "pos") -> dict[str, Any]:
    text = "\n".join(["id,name,phone,card", *lines, ""])
    return {"lines": text.encode(), "mapping": MEMBERS, "source": source, "name": f"{source}.csv"}


def nothing(_: Workspace, held: pa.Table) -> pa.Table:
    return pa.table({"question": pa.array([], pa.int64()), "worth": pa.array([], pa.int64())})


def customers(ask: Ask) -> list[int]:
    """Return how many records each customer has."""
    return sorted(count for _, count in ask("select customer, count(*) from record_customer group by customer"))


@pytest.fixture(scope="module")
def families(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with furnishing(module_settings, tmp_path_factory.mktemp("families")) as (workspace, bring):
        bring(**members("a,王芳,13800138001,", "b,李强,13800138001,", "c,赵敏,13800138002,", "d,周伟,13800138002,"))
        bring(**members("e,陈静,13800138003,", "f,陈磊,13800138003,", source="web"))
        recognise(workspace)
    return module_settings


@pytest.fixture
def furnished(request: pytest.FixtureRequest) -> Settings | None:
    return request.getfixturevalue("families") if "asked" in request.fixturenames else None


@pytest.fixture
def asked(workspace: Workspace) -> Workspace:
    """Two families with one phone each, of one pattern; and a couple of one surname."""
    return workspace


def test_questions_come_in_patterns_the_most_at_stake_first(asked: Workspace) -> None:
    queue = review(asked, nothing)
    assert [(each.name, each.questions, each.customers, each.share) for each in queue.patterns] == [
        ("phone/contradicted/surname/pos", 2, 4, 2 / 3),
        ("phone/contradicted/name/web", 1, 2, 1),
    ]

    def dear(_: Workspace, held: pa.Table) -> pa.Table:
        """Records 4 and 5, the web's, have bought for 10; the others for 1."""
        worth = pa.array([10 if record >= 4 else 1 for record in held["record"].to_pylist()])
        told = held.append_column("worth", worth).group_by("question").aggregate([("worth", "max")])
        return told.rename_columns(["question", "worth"])

    queue = review(asked, dear)
    assert [(each.pattern, each.worth) for each in queue.questions] == [
        ("phone/contradicted/name/web", 10),
        ("phone/contradicted/surname/pos", 1),
        ("phone/contradicted/surname/pos", 1),
    ]
    assert [(each.name, each.worth) for each in queue.patterns] == [
        ("phone/contradicted/name/web", 10),
        ("phone/contradicted/surname/pos", 2),
    ]
    assert len(review(asked, dear, "phone/contradicted/surname/pos", 1).questions) == 1
    with pytest.raises(NotFound) as caught:
        review(asked, dear, "phone")
    assert caught.value.allowed == ("phone/contradicted/name/web", "phone/contradicted/surname/pos")


def test_a_question_names_who_has_the_value(asked: Workspace) -> None:
    number = review(asked, nothing, "phone/contradicted/name/web").questions[0].number
    question, held = holders(asked, number)
    assert (question.records, question.customers, question.differ) == (2, 2, ("name",))
    assert [(each.source, each.record, each.name) for each in held] == [("web", 4, "陈**"), ("web", 5, "陈**")]
    assert len({each.customer for each in held}) == 2


def test_together_they_are_one_person_until_it_is_taken_back(asked: Workspace, ask: Ask) -> None:
    act, count = answer(asked, "together", WHY, pattern="phone/contradicted/surname/pos")
    assert count == 2
    assert recognise(asked).merged == 2
    assert customers(ask) == [1, 1, 2, 2]
    assert [each.name for each in review(asked, nothing).patterns] == ["phone/contradicted/name/web"]
    (told,) = acts(asked)
    assert (told.number, told.verdict, told.types, told.values, told.records) == (act, "together", ("phone",), 2, 4)
    take_back(asked, [act], "li")
    recognise(asked)
    assert customers(ask) == [1] * 6
    assert len(review(asked, nothing).questions) == 3


def test_who_comes_later_is_looked_at_as_ever(asked: Workspace, bring: Import, ask: Ask) -> None:
    answer(asked, "together", WHY, pattern="phone/contradicted/name/web")
    recognise(asked)
    bring(**members("g,孙丽,13800138003,", source="app"))
    recognise(asked)
    assert customers(ask) == [1, 1, 1, 1, 1, 2]
    (question,) = review(asked, nothing, "phone/contradicted/surname/app+web").questions
    assert (question.records, question.customers) == (3, 2)


def test_settled_stays_as_it_is_until_another_has_the_value(asked: Workspace, bring: Import, ask: Ask) -> None:
    act, _ = answer(asked, "settled", WHY, pattern="phone/contradicted/name/web")
    recognise(asked)
    assert [each.name for each in review(asked, nothing).patterns] == ["phone/contradicted/surname/pos"]
    queue = review(asked, nothing, settled=True)
    assert (queue.settled, [each.pattern for each in queue.questions]) == (1, ["phone/contradicted/name/web"])
    bring(**members("e,陈静,13800138003,C1", source="web"))  # more of her: the same records have the phone
    recognise(asked)
    assert review(asked, nothing).settled == 1
    bring(**members("g,陈静,13800138003,", source="app"))
    recognise(asked)
    assert "phone/contradicted/name/app+web" in {each.name for each in review(asked, nothing).patterns}
    take_back(asked, [act], "li")
    assert customers(ask) == [1, 1, 1, 1, 1, 2]


def test_a_value_of_no_person_joins_nobody_and_is_asked_no_more(asked: Workspace, bring: Import, ask: Ask) -> None:
    (question,) = review(asked, nothing, "phone/contradicted/name/web").questions
    answer(asked, "nobodys", WHY, [question.number])
    bring(**members("g,陈静,13800138003,", source="app"))
    recognise(asked)
    assert customers(ask) == [1] * 7
    assert {each.name for each in review(asked, nothing).patterns} == {"phone/contradicted/surname/pos"}


def test_unanswered_it_expires_and_comes_back_with_news(asked: Workspace, bring: Import, ask: Ask) -> None:
    with asked.begin() as connection:
        older = sa.text("update identity_question set asked_at = asked_at - cast(:age as interval)")
        connection.execute(older, {"age": EXPIRES + timedelta(days=1)})
    queue = review(asked, nothing)
    assert (queue.patterns, queue.questions, queue.expired) == ((), (), 3)
    bring(**members("g,吴刚,13800138003,", source="app"))
    recognise(asked)
    assert [each.name for each in review(asked, nothing).patterns] == ["phone/contradicted/surname/app+web"]


def test_what_is_decided_otherwise_is_asked_no_more(asked: Workspace) -> None:
    unlink(asked, "web:e", "phone", WHY)
    recognise(asked)
    assert [each.name for each in review(asked, nothing).patterns] == ["phone/contradicted/surname/pos"]


def test_a_question_goes_with_the_import_that_raised_it(asked: Workspace) -> None:
    take_import_back(asked, 2, rooms_of(ROOMS))
    recognise(asked)
    assert [each.name for each in review(asked, nothing).patterns] == ["phone/contradicted/surname/pos"]


def test_no_person_is_made_of_a_crowd(workspace: Workspace, bring: Import, ask: Ask) -> None:
    surnames = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"[: TOGETHER_AT_MOST + 1]
    for start in range(0, len(surnames), 4):  # as many as of one source may share a phone
        lines = (f"{surname},{surname}芳,13800138009," for surname in surnames[start : start + 4])
        bring(**members(*lines, source=f"s{start}"))
    recognise(workspace)
    (question,) = review(workspace, nothing).questions
    assert (question.reason, question.customers) == ("customers", TOGETHER_AT_MOST + 1)
    with pytest.raises(Conflict, match="no person is so many"):
        answer(workspace, "together", WHY, [question.number])
    assert acts(workspace) == []


def test_answers_name_what_is_wrong_with_them(asked: Workspace) -> None:
    with pytest.raises(Invalid) as caught:
        answer(asked, "perhaps", WHY, [1])
    assert caught.value.allowed == ("together", "settled", "nobodys")
    with pytest.raises(NotFound, match="no such question"):
        answer(asked, "settled", WHY, [1, 99])
    with pytest.raises(NotFound, match="no such question"):
        answer(asked, "settled", WHY)
    with pytest.raises(NotFound, match="of this pattern"):
        answer(asked, "settled", WHY, pattern="phone")
    with pytest.raises(NotFound, match="no such question"):
        holders(asked, 99)
    assert acts(asked) == []


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_questions_are_asked_with_the_recognition_or_not_at_all(
    failpoint: str, asked: Workspace, bring: Import, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ask("select * from identity_question order by number")
    bring(**members("g,吴刚,13800138003,", source="app"))
    monkeypatch.setenv("QUANYU_FAILPOINT", f"{failpoint}=full")
    with pytest.raises(OSError, match="No space left"):
        recognise(asked)
    monkeypatch.delenv("QUANYU_FAILPOINT")
    assert ask("select * from identity_question order by number") == before
    recognise(asked)
    assert "phone/contradicted/surname/app+web" in {each.name for each in review(asked, nothing).patterns}
