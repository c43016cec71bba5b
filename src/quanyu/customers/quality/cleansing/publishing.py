"""Publishes rules: every import from then on obeys them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir
import sqlalchemy as sa

from quanyu.customers.ingest.rules import Mended
from quanyu.customers.quality.cleansing.applying import apply
from quanyu.customers.quality.cleansing.refilling import Refill, refills_of
from quanyu.customers.quality.cleansing.rules import Rule, read_rules
from quanyu.customers.quality.tables import CLEANSED, cleansing_rules
from quanyu.foundation.kinds import Kind
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Published:
    """Rules that are used, as an import sees them (`ingest.rules.Rules`); `now` is when it began."""

    number: int
    published_at: datetime
    rules: tuple[Rule, ...]
    now: datetime
    secret: str
    table: LakeTable = CLEANSED

    @property
    def reasons(self) -> Mapping[str, Text]:
        return {rule.name: rule.reason for rule in self.rules}

    def mend(self, rows: ir.Table, kind: Kind, source: str) -> Mended | None:
        return apply(self.rules, rows, kind, source, self.now)

    def written(self, changes: ir.Table, kind: Kind, source: str, import_number: int) -> ir.Table:
        """Return changes as the lake keeps them: a raw value that is sealed elsewhere stands here as a keyed hash."""
        plain = [given.name for given in kind.inputs if given.name in kind.tables[0].schema.names]
        name: Value = changes.input
        shown = name.isin(plain)
        nothing: Value = ibis.null("string")
        raw: Value = changes.raw
        return changes.select(
            import_number=ibis.literal(import_number, "int64"),
            source=ibis.literal(source),
            kind=ibis.literal(kind.name),
            key_hash=keyed_hash(self.secret, ibis.literal(kind.name), ibis.literal(source), changes.key),
            line=changes.line.cast("int64"),
            input=name,
            rule=changes.rule,
            rules=ibis.literal(self.number, "int64"),
            action=changes.action,
            raw=ibis.ifelse(shown, raw, nothing),
            raw_hash=keyed_hash(self.secret, ibis.literal(kind.name), name, raw),
            value=ibis.ifelse(shown, changes.value, nothing),
        ).select(*self.table.schema.names)


def publish(workspace: Workspace, text: str, kinds: Sequence[Kind]) -> int:
    """Let imports use the rules of a file from now on, in the place of those before; return the file's number."""
    return _put(workspace, text, refills_of(read_rules(text, kinds)))


def withdraw(workspace: Workspace) -> int:
    """Let imports use no rules from now on."""
    return _put(workspace, "", ())


def published(workspace: Workspace, kinds: Sequence[Kind]) -> Published | None:
    """Return the rules that are used now; None where there are none."""
    query = (
        sa.select(cleansing_rules.c.number, cleansing_rules.c.published_at, cleansing_rules.c.text)
        .where(cleansing_rules.c.workspace == workspace.number)
        .order_by(cleansing_rules.c.number.desc())
        .limit(1)
    )
    with workspace.begin() as connection:
        row = connection.execute(query).one_or_none()
    if row is None or not row.text:
        return None
    rules = read_rules(row.text, kinds)
    return Published(row.number, row.published_at, rules, workspace.clock.now(), workspace.key.hash_secret)


def _put(workspace: Workspace, text: str, refills: Sequence[Refill]) -> int:
    values = {
        "workspace": workspace.number,
        "text": text,
        "refills": [asdict(each) for each in refills],
        "published_at": workspace.clock.now(),
    }
    with workspace.begin() as connection:
        row = sa.insert(cleansing_rules).values(values).returning(cleansing_rules.c.number)
        return connection.execute(row).scalar_one()
