"""Reads the parts of a campaign's definition, and collects their faults."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import isclose
from typing import Any, cast

from quanyu.engagement.campaigns.model import (
    ARMS,
    AUTOMATIC,
    BY_HAND,
    LIMITS,
    NO_CONTACT,
    OUTCOMES,
    SENDING,
    Arm,
    Saying,
    Stage,
    Target,
)
from quanyu.engagement.journeys.policy import CAPPED
from quanyu.engagement.journeys.reader import UNITS, Reader
from quanyu.foundation.definitions import Reading
from quanyu.foundation.documents import Path
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import Catalogue

REQUIRED = ("name", "title", "owner", "purpose", "audience", "goal", "arms")
KEYS = (*REQUIRED, "priority", "stages", "guards", "expires")
MOST_STAGES, MOST_CASES, MOST_DAYS = 20, 50, 365
FIRST = (Stage(0.01, timedelta(days=1), BY_HAND), Stage(1.0, timedelta(), BY_HAND))
"""One in a hundred, a day of watching, then all: where a campaign does not say."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


@dataclass(frozen=True)
class CampaignReader:
    reading: Reading

    @property
    def _parts(self) -> Reader:
        return Reader(self.reading, Catalogue(()), "")

    def read(self) -> dict[str, Any] | None:
        """Return the fields of a campaign; None where there are faults."""
        reading = self.reading
        given = reading.mapping(reading.document.value, (), REQUIRED, KEYS)
        name = given.get("name")
        if "name" in given and not (isinstance(name, str) and _NAME.fullmatch(name)):
            allowed = "a-z, 0-9 and _, at most 60, beginning with a letter"
            reading.fault(
                ("name",), Text("This cannot be the name of a campaign.", "不能作为活动名称。"), name, allowed
            )
        where = ("expires",)
        expires = given.get("expires")
        found = {
            "name": name,
            "title": reading.text(given, "title", ()),
            **{word: reading.word(given, word, ()) for word in ("owner", "purpose", "audience")},
            "priority": reading.choice(given, "priority", (), CAPPED) if "priority" in given else "marketing",
            "target": self._target(given["goal"]) if "goal" in given else None,
            "arms": self._arms(given["arms"]) if "arms" in given else None,
            "stages": self._stages(given["stages"]) if "stages" in given else FIRST,
            "guards": self._guards(given["guards"]) if "guards" in given else LIMITS,
        }
        if expires is not None:
            expires = self._parts.duration(reading.mapping(expires, where, (), UNITS), where)
        return None if reading.faults or None in found.values() else {**found, "expires": expires}

    def _target(self, raw: object) -> Target | None:
        where: Path = ("goal",)
        given = self.reading.mapping(raw, where, ("outcome", "days", "lift"), ("outcome", "days", "lift"))
        outcome = self.reading.choice(given, "outcome", where, tuple(OUTCOMES))
        days, lift = self._parts.whole(given, "days", where, 1, MOST_DAYS), given.get("lift")
        if "lift" in given and not (_is_number(lift) and 0 < float(cast("Any", lift)) <= 10):
            problem = Text("Here stands the lift that is expected, relative to now.", "此处应为预期的相对提升。")
            self.reading.fault((*where, "lift"), problem, lift, "0.1: a tenth more")
        if outcome is None or days is None or not _is_number(lift):
            return None
        return Target(outcome, days, float(cast("Any", lift)))

    def _arms(self, raw: object) -> Mapping[str, Arm] | None:
        given = self.reading.mapping(raw, ("arms",), (NO_CONTACT,), tuple(ARMS))
        arms = {name: self._arm(name, given[name]) for name in ARMS if name in given}
        if not any(name in given for name in SENDING):
            problem = Text("Somebody gets a message.", "至少有一组需要发送消息。")
            self.reading.fault(("arms",), problem, ", ".join(given) or raw, *SENDING)
        shares = [arm.share for arm in arms.values() if arm.share is not None]
        alone = arms.get(NO_CONTACT)
        if len(shares) == len(arms) and shares and not isclose(sum(shares), 1, abs_tol=1e-9):
            problem = Text("The shares of all arms sum to one.", "各组比例之和应为 1。")
            self.reading.fault(("arms",), problem, f"{sum(shares):g}", "0.45 + 0.45 + 0.1")
        elif 0 < len(shares) < len(arms) and not (len(shares) == 1 and alone is not None and alone.share is not None):
            problem = Text(
                "Give the share of no arm, of no_contact, or of all.", "比例可全不写、只写不触达组或全部写明。"
            )
            self.reading.fault(("arms",), problem, f"{len(shares)} of {len(arms)}", "no_contact: {share: 0.1}")
        return arms

    def _arm(self, name: str, raw: object) -> Arm:
        where: Path = ("arms", name)
        if name == NO_CONTACT:
            given = self.reading.mapping(raw, where, (), ("share",))
            return Arm(name, self._share(given, where), None)
        given = self.reading.mapping(raw, where, ("content", "by"), ("content", "by", "cases", "share"))
        saying = self._saying(given, where, ())
        listed = self.reading.list(given["cases"], (*where, "cases")) if "cases" in given else []
        if len(listed) > MOST_CASES:
            problem = Text("An arm has too many cases.", "分支过多。")
            self.reading.fault((*where, "cases"), problem, f"{len(listed):,}", f"at most {MOST_CASES}")
        cases = tuple(self._case(case, (*where, "cases", place), saying.by) for place, case in enumerate(listed))
        return Arm(name, self._share(given, where), saying, cases)

    def _case(self, raw: object, where: Path, by: tuple[str, ...]) -> tuple[str, Saying]:
        given = self.reading.mapping(raw, where, ("audience", "content"), ("audience", "content", "by"))
        return self.reading.word(given, "audience", where) or "", self._saying(given, where, by)

    def _saying(self, given: Mapping[str, object], where: Path, otherwise: tuple[str, ...]) -> Saying:
        listed = self.reading.list(given["by"], (*where, "by")) if "by" in given else list[object](otherwise)
        for place, account in enumerate(listed):
            if not isinstance(account, str) or account in listed[:place]:
                problem = Text("Here stands an account, once.", "此处应为账号，且不重复。")
                self.reading.fault((*where, "by", place), problem, account, "the name of an account")
        return Saying(self.reading.word(given, "content", where) or "", tuple(str(each) for each in listed))

    def _share(self, given: Mapping[str, object], where: Path) -> float | None:
        if "share" not in given:
            return None
        share = self._parts.share(given["share"], (*where, "share"))
        if share is not None and not 0 < share < 1:
            problem = Text("Nobody or everybody is no arm.", "比例应大于 0 且小于 1。")
            self.reading.fault((*where, "share"), problem, given["share"], "0.1: one in ten")
        return share

    def _stages(self, raw: object) -> tuple[Stage, ...]:
        listed = self.reading.list(raw, ("stages",))
        if len(listed) > MOST_STAGES:
            problem = Text("There are too many stages.", "阶段过多。")
            self.reading.fault(("stages",), problem, f"{len(listed)}", f"at most {MOST_STAGES}")
        stages = [self._stage(each, ("stages", place)) for place, each in enumerate(listed[:MOST_STAGES])]
        shares = [stage.share for stage in stages]
        if not self.reading.faults and (shares != sorted(set(shares)) or shares[-1] != 1):
            problem = Text("Stages grow, and the last one is everybody.", "阶段比例应递增，最后一个为 1。")
            self.reading.fault(("stages",), problem, ", ".join(f"{share:g}" for share in shares), "0.01, 0.1, 1")
        return tuple(stages)

    def _stage(self, raw: object, where: Path) -> Stage:
        given = self.reading.mapping(raw, where, ("share",), ("share", "watch", "then"))
        share = self._parts.share(given["share"], (*where, "share")) if "share" in given else None
        if share == 0:
            self.reading.fault((*where, "share"), Text("Nobody is no stage.", "比例应大于 0。"), 0, "0.01")
        watch, place = timedelta(), (*where, "watch")
        if "watch" in given:
            watch = self._parts.duration(self.reading.mapping(given["watch"], place, (), UNITS), place) or watch
        words = (AUTOMATIC, BY_HAND)
        then = self.reading.choice(given, "then", where, words) if "then" in given else BY_HAND
        if then == AUTOMATIC and not watch and share != 1:
            problem = Text("What goes on by itself is watched before.", "自动放量之前应有观察期。")
            self.reading.fault((*where, "watch"), problem, given.get("watch"), "watch: {hours: 24}")
        return Stage(share or 0.0, watch, AUTOMATIC if then == AUTOMATIC else BY_HAND)

    def _guards(self, raw: object) -> Mapping[str, float]:
        given = self.reading.mapping(raw, ("guards",), (), tuple(LIMITS))
        read = {word: self._parts.share(given[word], ("guards", word)) for word in LIMITS if word in given}
        return {**LIMITS, **{word: share for word, share in read.items() if share is not None}}


def _is_number(raw: object) -> bool:
    return isinstance(raw, (int, float, Decimal)) and not isinstance(raw, bool)
