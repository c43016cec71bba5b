"""Decides who gets a message, when, and by which account: set by set, each difference with its reason.

In this order: in the global control, suppressed (unless a tester), quiet hours, then account by account, in the order
given or in each customer's own, whose channel reaches him and no cap holds; one that is gone is passed over, and is the
reason of who is left. What one step sends counts for the caps of the next one in the same tick, journeys of higher
priority first; of one priority those first whose messages are expected to bring more.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import reduce
from operator import or_

from quanyu.customers.identity.people import People
from quanyu.engagement.channels.accounts import every
from quanyu.engagement.content.definitions import find
from quanyu.engagement.journeys.holding import HELD, SAID, holding
from quanyu.engagement.journeys.model import Send
from quanyu.engagement.journeys.policy import CAPPED, Cap, ContactPolicy
from quanyu.engagement.journeys.preferring import in_order
from quanyu.engagement.journeys.reachability import reachable
from quanyu.engagement.journeys.steps.spec import ACCOUNT_GONE, Choice, Here
from quanyu.engagement.journeys.tallies import Tallies, at_least
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.model import Rule

UNREACHABLE, SUPPRESSED, QUIET = "unreachable", "suppressed:", "quiet_dropped"
REASONS = {
    UNREACHABLE: Text("no channel of this step reaches the customer now", "该步骤的渠道目前都触达不到客户"),
    HELD: SAID,
    QUIET: Text("it was quiet hours, and the policy drops what falls into them", "处于免打扰时段，按策略不发送"),
}


class Sender:
    """What all steps of one tick share: the policy, the caps, who is reached where."""

    def __init__(
        self,
        ws: Workspace,
        policy: ContactPolicy,
        people: People,
        holds: Mapping[Rule, OrdinalSet],
        testers: OrdinalSet,
    ) -> None:
        self._ws, self._policy, self._people, self._holds, self._testers = ws, policy, people, holds, testers
        self.held = holding(ws, policy.global_control, testers)
        self.tallies = Tallies(ws, people.epoch, ws.clock.today(ws.time_zone))
        self._channels = {account.name: account.channel for account in every(ws)}
        self._lit: dict[tuple[str, str], OrdinalSet] = {}
        self._versions: dict[str, int] = {}

    def choose(
        self,
        here: Here,
        step: Send,
        by: Sequence[str],
        members: OrdinalSet,
        *,
        replacing: bool = False,
    ) -> Choice:
        """Part `members` into those written to, by account, those who wait for quiet hours to end, and the others.

        With `replacing` they are to get again what did not reach them: it is one message, but for caps of the channel.
        """
        purpose, reasons = here.journey.purpose, dict[str, OrdinalSet]()
        version = self._version(step.content) if step.version is None else step.version
        held = self.held.of(members, here.journey)  # those inside who have come into the new quarter's
        reasons[HELD], rest = held, members - held
        for each in self._policy.suppressions:
            if not each.purposes or purpose in each.purposes:
                out = (rest & self._holds[each.rule]) - self._testers
                reasons[f"{SUPPRESSED}{each.name}"] = out
                rest = rest - out
        rest, waiting = self._awake(here, rest)
        if self._policy.quiet is not None and self._policy.quiet.then == "drop":
            reasons[QUIET], waiting = reduce(or_, waiting.values(), OrdinalSet.empty()), {}
        chosen, left, capped = self._by_account(here, step, by, rest, replacing=replacing)
        for word, out in capped.items():
            reasons[word] = out
        reasons[self._why_left(by)] = left
        return Choice(chosen, version, _told(reasons), waiting)

    def has(self, account: str) -> bool:
        return account in self._channels

    def _why_left(self, by: Sequence[str]) -> str:
        """Return why nobody of those left over is written to: an account that is gone might have reached them."""
        return next((f"{ACCOUNT_GONE}{account}" for account in by if not self.has(account)), UNREACHABLE)

    def _awake(self, here: Here, members: OrdinalSet) -> tuple[OrdinalSet, dict[datetime, OrdinalSet]]:
        """Return who has no quiet hours now, by the clock of his zone, and of the others when they are over."""
        quiet = self._policy.quiet
        if quiet is None or here.journey.purpose not in quiet.purposes:
            return members, {}
        found = here.zones.by_instant(members, lambda zone: quiet.over_at(here.at, zone))
        awake = found.pop(None, OrdinalSet.empty())
        return awake, {over: who for over, who in found.items() if over is not None}

    def _by_account(
        self, here: Here, step: Send, by: Sequence[str], rest: OrdinalSet, *, replacing: bool
    ) -> tuple[dict[str, OrdinalSet], OrdinalSet, dict[str, OrdinalSet]]:
        chosen, capped, left = dict[str, OrdinalSet](), dict[str, OrdinalSet](), OrdinalSet.empty()
        channels = {account: self._channels[account] for account in by if self.has(account)}
        for ordered, whom in in_order(self._ws, step.prefer, channels, rest):
            these = whom
            for account in ordered:
                wanted = self._free(here, channels[account], these, capped, replacing=replacing)
                chosen[account] = chosen.get(account, OrdinalSet.empty()) | wanted
                these = these - wanted
            left = left | these
        return chosen, *_sorted_out(left, capped)

    def _free(
        self, here: Here, channel: str, these: OrdinalSet, capped: dict[str, OrdinalSet], *, replacing: bool
    ) -> OrdinalSet:
        """Return whom the channel reaches and no cap holds, and count them; add to `capped` whom one holds."""
        purpose = here.journey.purpose
        wanted = these & self._reach(channel, purpose)
        if here.journey.priority in CAPPED:
            for cap in self._caps(channel, None if replacing else purpose):
                full = self._full(cap, wanted) - self._testers
                capped[cap.word] = capped.get(cap.word, OrdinalSet.empty()) | full
                wanted = wanted - full
        anew = () if replacing else ("all", f"purpose:{purpose}")
        self.tallies.add((f"channel:{channel}", *anew), wanted - self._testers)
        return wanted

    def _caps(self, channel: str, purpose: str | None) -> list[Cap]:
        """Return the caps that hold for a message; without a purpose those of the channel alone."""
        asked = {f"channel:{channel}", *(() if purpose is None else ("all", f"purpose:{purpose}"))}
        return [cap for cap in self._policy.caps if cap.counted in asked]

    def _full(self, cap: Cap, among: OrdinalSet) -> OrdinalSet:
        today: date = self._ws.clock.today(self._ws.time_zone)
        return at_least(self.tallies.since(cap.counted, cap.first_day(today), among), cap.most, among)

    def _reach(self, channel: str, purpose: str) -> OrdinalSet:
        if (channel, purpose) not in self._lit:
            self._lit[channel, purpose] = reachable(self._ws, self._people, channel, purpose)
        return self._lit[channel, purpose]

    def _version(self, content: str) -> int:
        if content not in self._versions:
            self._versions[content] = find(self._ws, content)[1]
        return self._versions[content]


def _sorted_out(rest: OrdinalSet, capped: Mapping[str, OrdinalSet]) -> tuple[OrdinalSet, dict[str, OrdinalSet]]:
    """Return who was reached nowhere, and who was capped: each once, and not who was written to otherwise."""
    found: dict[str, OrdinalSet] = {}
    for word, out in capped.items():
        found[word] = rest & out
        rest = rest - out
    return rest, found


def _told(reasons: Mapping[str, OrdinalSet]) -> dict[str, OrdinalSet]:
    return {word: members for word, members in reasons.items() if members}
