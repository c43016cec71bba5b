"""Turns the texts of a line into the inputs of our kinds, or says in plain words why it cannot."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from quanyu.customers.ingest.mapping import KindMapping, SourceMapping
from quanyu.customers.ingest.spec import FILE, Opened
from quanyu.customers.ingest.values import code, flag, whole_number, words_of
from quanyu.foundation.kinds import Input
from quanyu.foundation.lake.hashing import content_hash
from quanyu.foundation.lake.instants import instant, local_time
from quanyu.foundation.lake.model import Value

REASON = "reason"  # NULL for a good line; else input, column and what is wrong, separated by tabs
TEXT = "text"  # the raw line of a refused row, as JSON
CONTENT = "content_hash"
_PLAIN = {"integer": "int64", "flag": "boolean"}
_CONTROL = r"[\x00-\x1f\x7f]"
_BETWEEN = "|"  # a value that holds it may be cleaned for nothing
_UNCLEAN = _CONTROL + r"|(^|\|) | (\||$)"  # a control character, or a blank at an end, of any column


@dataclass
class Checking:
    """The columns that a mapping needs, each worked out once however many kinds ask for it."""

    opened: Opened
    mapping: SourceMapping
    columns: dict[str, Value] = field(default_factory=dict[str, Value])
    faults: list[Value] = field(default_factory=list[Value])
    named: dict[tuple[str | None, ...], str] = field(default_factory=dict[tuple[str | None, ...], str])

    def __post_init__(self) -> None:
        # One look at the whole line is many times cheaper than cleaning every column of every line.
        asked = [self.opened.rows[column] for column in self.mapping.columns() if column in self.opened.columns]
        between: Value = ibis.literal(_BETWEEN)
        self.rows = self.opened.rows.mutate(_unclean=between.join(asked).re_search(_UNCLEAN))
        for i, kind in enumerate(self.mapping.kinds):
            for wanted in kind.kind.inputs:
                if wanted.name in kind.columns:
                    self._check(kind, wanted, required=wanted.required and i == 0)
            for identifier in kind.identifiers:
                self._text(identifier.column)
            if kind.kind.content:
                self._column((CONTENT, kind.kind.name), content_hash(*self._content(kind)))

    def lines(self) -> ir.Table:
        """Return one row per line in the order of the files: file, checked columns, reason, text of a refused line."""
        rows = self.rows
        reason = ibis.coalesce(*self.faults) if self.faults else ibis.null("string")
        raw: Value = ibis.struct({name: rows[name] for name in self.opened.columns})
        text = ibis.ifelse(reason.notnull(), raw.cast("json").cast("string"), ibis.null("string"))
        return rows.select(file=rows[FILE], **self.columns, **{REASON: reason, TEXT: text})

    def of_kind(self, staged: ir.Table, kind: KindMapping) -> ir.Table:
        """Return the good lines that say something of this kind, with its inputs by name."""
        columns: dict[str, Value] = {}
        for wanted in kind.kind.inputs:
            columns |= self._inputs(staged, kind, wanted)
        for i, identifier in enumerate(kind.identifiers):
            columns[f"identifier_{i}"] = staged[self.named["text", identifier.column]]
        if kind.kind.content:
            columns[CONTENT] = staged[self.named[CONTENT, kind.kind.name]]
        rows = staged.filter(staged[REASON].isnull()).select("file", "line", **columns)
        return rows.filter([rows[name].notnull() for name in kind.kind.key])

    def _check(self, kind: KindMapping, wanted: Input, *, required: bool) -> None:
        column = kind.columns[wanted.name]
        text = self._text(column)
        if required:
            self._fault(text.isnull(), wanted, column, "missing")
        if wanted.type == "decimal":
            value = self._column(("decimal", column), text.try_cast("decimal(18, 6)"))
            self._fault(text.notnull() & value.isnull(), wanted, column, "not a number")
            self._check_bounds(value, wanted, column)
        if wanted.type == "integer":
            value = self._column(("integer", column), whole_number(text))
            self._fault(text.notnull() & value.isnull(), wanted, column, "not a whole number")
            self._check_bounds(value, wanted, column)
        if wanted.type in {"instant", "date"}:
            form = kind.formats.get(wanted.name, "")
            local = self._column(("local", column, form), local_time(text, form))
            if wanted.type == "instant":
                self._column(("instant", column, form), instant(local, self.mapping.time_zone))
            what = "not a time" if wanted.type == "instant" else "not a date"
            self._fault(text.notnull() & local.isnull(), wanted, column, what)
        if wanted.type == "flag":
            value = self._column(("flag", column), flag(text))
            self._fault(text.notnull() & value.isnull(), wanted, column, "neither yes nor no")
        if wanted.type == "code":
            words = self._words(kind, wanted)
            value = self._column(("code", column, kind.kind.name, wanted.name), code(text, words))
            allowed = ", ".join(dict.fromkeys(words.values()))
            self._fault(text.notnull() & value.isnull(), wanted, column, f"not one of {allowed}")

    def _check_bounds(self, value: Value, wanted: Input, column: str) -> None:
        if wanted.most is not None:
            self._fault(value.abs() > wanted.most, wanted, column, f"beyond {wanted.most}")
        if wanted.least is not None:
            self._fault(value < wanted.least, wanted, column, f"below {wanted.least}")

    def _words(self, kind: KindMapping, wanted: Input) -> dict[str, str]:
        """Return what a file may say for a code, and what each word stands for."""
        return words_of(wanted.codes)

    def _text(self, column: str) -> Value:
        return self._column(("text", column), clean(self.rows[column], self.rows._unclean, self.mapping.missing))

    def _content(self, kind: KindMapping) -> list[Value]:
        """Return what makes two lines of a kind the same, as values and not as they were written."""
        found: list[Value] = []
        for wanted in (w for w in kind.kind.inputs if w.name in kind.kind.content):
            column, form = kind.columns.get(wanted.name), kind.formats.get(wanted.name, "")
            how = {
                "instant": ("local", column, form),
                "date": ("local", column, form),
                "code": ("code", column, kind.kind.name, wanted.name),
            }
            what = how.get(wanted.type, (wanted.type, column))
            found += [ibis.null("string") if column is None else self.columns[self.named[what]]]
        return found

    def _column(self, what: tuple[str | None, ...], value: Value) -> Value:
        name = self.named.setdefault(what, f"column_{len(self.named)}")
        return self.columns.setdefault(name, value)

    def _fault(self, wrong: Value, wanted: Input, column: str, problem: str) -> None:
        reason = ibis.literal("\t".join((wanted.name, column, problem)))
        self.faults.append(ibis.ifelse(wrong, reason, ibis.null("string")))

    def _inputs(self, staged: ir.Table, kind: KindMapping, wanted: Input) -> dict[str, Value]:
        """Return an input as the kind gets it; one that is not mapped is NULL."""
        name, column = wanted.name, kind.columns.get(wanted.name)
        form = kind.formats.get(name, "")

        def found(type_: str, *what: str) -> Value:
            return ibis.null(type_) if column is None else staged[self.named[what[0], column, *what[1:]]]

        if wanted.type == "decimal":
            return {name: found("decimal(18, 6)", "decimal"), f"{name}_text": found("string", "text")}
        if wanted.type == "instant":
            at, local = found("timestamp('UTC', 6)", "instant", form), found("timestamp(6)", "local", form)
            return {name: at, f"{name}_local": local}
        if wanted.type == "date":
            return {name: found("timestamp(6)", "local", form).cast("date")}
        if wanted.type == "code":
            return {name: found("string", "code", kind.kind.name, name)}
        if wanted.type in _PLAIN:
            return {name: found(_PLAIN[wanted.type], wanted.type)}
        return {name: found("string", "text")}


def clean(text: Value, unclean: Value, missing: Sequence[str]) -> Value:
    """Put a blank in the place of control characters, drop outer blanks; what means nothing becomes NULL.

    Hashes rely on no value holding their separator.
    """
    cleaned = ibis.ifelse(unclean, text.re_replace(_CONTROL, " ").strip(), text)
    nothing = reduce(or_, [cleaned == text_of_nothing for text_of_nothing in ("", *missing)])
    return ibis.ifelse(nothing, ibis.null("string"), cleaned)
