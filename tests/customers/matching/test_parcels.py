"""Parcels suggest pairs: by the phone of the receiver, or his door; what receives for many suggests nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from quanyu.customers.identity.naming import find_entries
from quanyu.customers.identity.policies import apply_policy, policy_of
from quanyu.customers.identity.policy import default_policy, read_policy
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.matching.own import SURE, own_config, propose_own
from quanyu.customers.matching.parcels import (
    DOOR,
    NAMED,
    NAMES,
    READ,
    SILENT,
    SURNAME,
    pairs_by_parcels,
)
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
MAPPING = """
source: SOURCE
files: "FILES"
time_zone: Asia/Shanghai
currency: CNY
legal_basis: {basis: consent, receivers: true}
kinds:
  - kind: customer_record
    columns: {key: who, name: own_name}
    identifiers: [{type: phone, column: own_phone}]
  - kind: receiver
    columns: {order_number: order, key: who, name: name, phone: phone, address: address, gift_note: note}
"""
STAFF = """
source: SOURCE
files: "FILES"
currency: CNY
kinds: [{kind: own_identifier, columns: {value: staff}, constants: {type: phone}}]
"""
COLUMNS = "who,own_name,own_phone,order,name,phone,address,note"


class People:
    """Records of a source and their parcels, brought and recognised together."""

    def __init__(self, bring: Import, workspace: Workspace) -> None:
        self.bring, self.workspace, self.lines = bring, workspace, list[str]()

    def record(self, who: str, name: str = "", phone: str = "") -> None:
        self.lines.append(f"{who},{name},{phone},,,,,")

    def parcel(self, who: str, name: str, phone: str, address: str = "", note: str = "") -> None:
        self.lines.append(f"{who},,,{len(self.lines)},{name},{phone},{address},{note}")

    def pairs(self) -> dict[frozenset[str], float]:
        """Return what parcels suggest, by keys."""
        self.bring("\n".join([COLUMNS, *self.lines, ""]).encode(), mapping=MAPPING, source="shop", name="shop.csv")
        recognise(self.workspace)
        return self.suggested()

    def suggested(self, which: str = "received") -> dict[frozenset[str], float]:
        names = sorted({line.split(",", 1)[0] for line in self.lines})
        with self.workspace.begin() as connection:
            entries = find_entries(self.workspace, connection, [f"shop:{name}" for name in names])
            vector = self.workspace.lake.vector_in(connection, READ)
            policy = policy_of(self.workspace, connection)
            owned = self.workspace.lake.table(CUSTOMER_OF_RECORD, vector)
            found = pairs_by_parcels(self.workspace, connection, vector, policy, owned)
        key = {entry.record: str(entry.key) for entry in entries}
        rows = getattr(found, which).to_pylist()
        return {frozenset((key[row["one"]], key[row["other"]])): row["probability"] for row in rows}


@pytest.fixture
def people(bring: Import, workspace: Workspace) -> People:
    return People(bring, workspace)


def pair(one: str, other: str) -> frozenset[str]:
    return frozenset((one, other))


def test_a_parcel_leads_to_whoever_has_the_phone_unless_a_name_speaks_against_it(people: People):
    people.record("named", "王芳", "13800138001")
    people.record("half", "李女士", "13800138002")
    people.record("silent", "", "13800138003")
    people.record("other", "赵敏", "13800138004")
    for n, phone in enumerate(["13800138001", "13800138002", "13800138003", "13800138004"]):
        people.parcel(f"buyer{n}", "王芳" if n in (0, 3) else "李娜", phone)
    people.record("himself", "钱多多")
    people.parcel("himself", "王芳", "13800138001")  # who bears another name sends to her
    assert people.pairs() == {
        pair("named", "buyer0"): NAMED, pair("half", "buyer1"): SURNAME, pair("silent", "buyer2"): SILENT,
    }  # fmt: skip


def test_gifts_numbers_of_many_the_companys_own_and_offices_suggest_nothing(people: People):
    for who, phone in {"gifted": "1", "many": "2", "guide": "3", "desk": "4"}.items():
        people.record(who, "王芳", f"1380013801{phone}")
    people.bring(b"staff\n13800138013\n", mapping=STAFF, source="org", name="staff.csv")
    people.parcel("a", "王芳", "13800138011", note="生日快乐")
    for n in range(4):
        people.parcel(f"b{n}", "王芳", "13800138012")
    people.parcel("c", "王芳", "13800138013")
    people.parcel("d", "王芳", "13800138014", "和平里7号楼")
    for n, name in enumerate(["李娜", "赵敏", "周杰", "吴刚"][:NAMES]):
        people.parcel(f"e{n}", name, f"1380013802{n}", "和平里 7 号楼")
    assert people.pairs() == {}


@pytest.mark.scale
def test_two_buyers_with_one_name_at_one_door(people: People):
    people.parcel("a", "王芳", "13800138031", "文三路100号502室")
    people.parcel("b", "Wang Fang", "13800138032", "文三路 100 号 502 室")
    people.parcel("c", "李强", "13800138033", "文三路100号502室")
    people.parcel("d", "王芳", "13800138034", "文三路")  # a street is no door
    people.parcel("e", "王芳", "13800138035", "文三路")
    assert people.pairs() == {pair("a", "b"): DOOR}


@pytest.mark.scale
def test_the_policy_decides_whether_parcels_suggest_and_for_how_many_a_number_may_receive(
    people: People, workspace: Workspace
):
    people.record("named", "王芳", "13800138041")
    for n in range(2):
        people.parcel(f"b{n}", "王芳", "13800138041")
    assert people.pairs() == {pair("named", "b0"): NAMED, pair("named", "b1"): NAMED}
    told = "receiver_phone:  {strength: suggests, scope: global, rank: 5, customers: 3}"
    for other in (told.replace("suggests", "never"), told.replace("customers: 3", "customers: 1")):
        apply_policy(workspace, read_policy(default_policy().text.replace(told, other)), "tester")
        assert people.suggested() == {}


@pytest.mark.scale
def test_a_home_without_parcels(people: People):
    people.record("a", "王芳", "13800138051")
    assert people.pairs() == {}


@pytest.mark.scale
def test_what_parcels_suggest_is_proposed_asked_and_stays(
    people: People, workspace: Workspace, ask: Callable[[str], list[Any]]
):
    """Where the policy lets it join, the pair is one customer; proposing again changes nothing."""
    people.record("named", "王芳", "13800138061")
    people.record("stranger", "李强", "13800138062")
    people.parcel("buyer", "王芳", "13800138061", "文三路100号502室")
    people.pairs()
    apart = "select count(distinct customer) from record_customer"
    assert ask(apart) == [(3,)]
    found = propose_own(workspace, own_config(), SURE, lambda _: None)
    assert (found.proposed.likely, found.proposed.new) == (1, 1)
    recognise(workspace)
    assert ask("select type, reason from identity_question") == [("match", "asked")]
    joins = default_policy().text.replace("match:           {strength: asks", "match: {strength: proves", 1)
    apply_policy(workspace, read_policy(joins), "tester")
    recognise(workspace)
    assert ask(apart) == [(2,)]
    again = propose_own(workspace, own_config(), SURE, lambda _: None)
    assert (again.proposed.likely, again.proposed.new, again.proposed.gone) == (1, 0, 0)


def test_who_shares_a_phone_with_two_names_is_likely_the_one_to_whom_his_parcel_goes(people: People, ask: Any):
    family = "13800138051"
    for who, name in {"she": "王芳", "he": "李强", "silent": "", "both": "", "elsewhere": ""}.items():
        people.record(who, name, family)
    people.parcel("silent", "王芳", "13800138052", "和平里七号楼502室")
    people.parcel("both", "王芳", "13800138053")
    people.parcel("both", "李强", "13800138053")
    people.parcel("elsewhere", "赵敏", "13800138054")
    people.record("stranger", "王芳", "13800138055")  # bears the name, but has another phone
    people.pairs()
    assert people.suggested("sharers") == {pair("she", "silent"): NAMED}
    propose_own(people.workspace, own_config(), SURE, lambda said: None)
    proposed = ask("select distinct record from identifier where type = 'match' order by record")
    assert len(proposed) == 2


@pytest.mark.scale
def test_what_contradicts_a_sharer_or_is_nobodys_suggests_nothing(people: People):
    people.record("she", "王芳", "13800138061")
    people.record("he", "李强", "13800138061")
    people.record("desk", "王芳", "13800138062")
    people.record("other", "李强", "13800138062")
    people.record("gifted", "", "13800138061")
    people.record("guided", "", "13800138062")
    people.bring(b"staff\n13800138062\n", mapping=STAFF, source="org", name="staff.csv")
    people.parcel("gifted", "王芳", "13800138063", note="生日快乐")
    people.parcel("guided", "王芳", "13800138064")
    people.pairs()
    assert people.suggested("sharers") == {}
