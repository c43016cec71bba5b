"""What a simulation is asked for: how many people, how long, which seed, and how dirty its systems are."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta

LARGEST = 100_000_000
YEARS = (1, 5)
DAYS_AHEAD = 120  # how far beyond its last day the company can be asked what people would do


class Refused(ValueError):
    """An argument that cannot be simulated, in two languages; `faults` holds one pair for each."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(en for en, _ in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Dirt:
    """How often each system's data is wrong: shares between 0 and 1."""

    empty: float = 0.70  # of the attributes that a form might hold
    recycled: float = 0.03  # phones that had another holder before
    shared: float = 0.04  # people who give the phone of somebody in their household
    assistant: float = 0.01  # cards opened with the number of the assistant
    dummy: float = 0.02  # phones such as 13800138000
    typo: float = 0.02  # keys with a wrong, missing or exchanged character
    duplicate: float = 0.03  # cards opened a second time
    variant: float = 0.15  # names written another way
    birthday: float = 0.02  # impossible birthdays among those given
    excel: float = 0.03  # cells of the north chain's members that a spreadsheet has damaged
    guest: float = 0.25  # till receipts of card holders without the card
    fake: float = 0.002  # people paid to order (刷单)
    tester: float = 0.0005  # accounts of the company's own testers
    bulk: float = 0.001  # dealers who order by the carton, and as many of the staff
    gift: float = 0.05  # parcels sent to somebody else
    station: float = 0.10  # parcels sent to a parcel station
    virtual: float = 0.03  # receivers' phones that are virtual numbers
    late_refund: float = 0.25  # refunds that come weeks after the order


@dataclass(frozen=True)
class Arguments:
    """One company: the same arguments give the same bytes, more customers keep those there are."""

    customers: int
    years: int = 2
    seed: int = 1
    until: date = date(2026, 6, 30)  # its last day
    dirt: Dirt = field(default_factory=Dirt)

    def __post_init__(self) -> None:
        faults = [*self._sizes(), *self._shares()]
        if faults:
            raise Refused(faults)

    @property
    def first(self) -> date:
        """Return the first day that the files tell of."""
        years_ago = self.until + timedelta(days=1)
        leap = years_ago.month == 2 and years_ago.day == 29
        return years_ago.replace(year=years_ago.year - self.years, day=28 if leap else years_ago.day)

    @property
    def days(self) -> int:
        """Return how many days the files tell of."""
        return (self.until - self.first).days + 1

    def _sizes(self) -> list[tuple[str, str]]:
        given = (
            ("customers", "客户数", self.customers, 1, LARGEST),
            ("years", "年数", self.years, *YEARS),
            ("seed", "随机种子", self.seed, 0, 2**63 - 1),
            ("year of until", "截止年份", self.until.year, 2020, 2030),
        )
        return [
            (
                f"{name}: {value} was given, {low:,} to {high:,} are allowed",
                f"{zh}：收到 {value}，允许 {low:,} 至 {high:,}",
            )
            for name, zh, value, low, high in given
            if not low <= value <= high
        ]

    def _shares(self) -> list[tuple[str, str]]:
        given = {f.name: float(getattr(self.dirt, f.name)) for f in fields(self.dirt)}
        return [
            (f"dirt {name}: {share} was given, 0 to 1 is allowed", f"脏数据比例 {name}：收到 {share}，允许 0 至 1")
            for name, share in given.items()
            if not 0 <= share <= 1
        ]
