"""The manifest of consent."""

from collections.abc import Sequence

from quanyu.customers.consent.behaviours import BEHAVIOURS
from quanyu.customers.consent.projecting import project
from quanyu.customers.consent.tables import ADDRESSES, LEGAL_BASES, REFUSED, consent_refusal, consent_run
from quanyu.customers.ingest.model import ImportLanded, ImportTakenBack
from quanyu.foundation.bus.model import Fact
from quanyu.foundation.room import HoldsCustomers, Refresh, Room, Subscription
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace


def project_imported(workspace: Workspace, _: Fact) -> None:
    """Bring addresses and refusals up to date; told twice, nothing has changed the second time."""
    project(workspace)


def refresh(workspace: Workspace) -> Sequence[Text]:
    done = Text("Addresses, legal bases and refusals brought up to date", "地址、合法依据与退订已更新")
    return (done,) if project(workspace) else ()


_MERGE = "carries the record only: a merge moves the record's pointer"
_ERASURE = "the next run works it out anew, from the records that are left"

ROOM = Room(
    name="consent",
    title=Text("Consent and lights", "授权与点亮"),
    behaviours=BEHAVIOURS,
    tables=(consent_run, consent_refusal),
    lake_tables=(ADDRESSES, LEGAL_BASES, REFUSED),
    subscriptions=(Subscription(ImportLanded, project_imported), Subscription(ImportTakenBack, project_imported)),
    refreshes=(Refresh("consent", refresh),),
    holds=(
        HoldsCustomers("addresses", "record", on_merge=_MERGE, on_erasure=_ERASURE),
        HoldsCustomers("consent_refusal", "record", on_merge=_MERGE, on_erasure="its record leads to nobody any more"),
        HoldsCustomers("refused", "record", on_merge=_MERGE, on_erasure=_ERASURE),
    ),
)
