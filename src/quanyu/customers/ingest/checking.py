"""Turns the texts of a line into the inputs of our kinds, or says in plain words why it cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

import ibis
import ibis.expr.types as ir

from quanyu.customers.ingest import values
from quanyu.customers.ingest.kindmapping import KindMapping
from quanyu.customers.ingest.mapping import SourceMapping
from quanyu.customers.ingest.spec import FILE, LINE, Opened
from quanyu.foundation.kinds import Input
from quanyu.foundation.lake.hashing import content_hash
from quanyu.foundation.lake.instants import instant, local_of
from quanyu.foundation.lake.model import Value

REASON = "reason"  # NULL for a good line; else input, column and what is wrong, separated by tabs
TEXT = "text"  # the raw line of a refused row, as JSON
PLACE = "place"  # the line on which the row begins, where the reader knows it
CONTENT = "content_hash"
_TYPES = {
    "text": "string",
    "key": "string",
    "code": "string",
    "decimal": "decimal(18, 6)",
    "integer": "int64",
    "flag": "boolean",
    "instant": "timestamp('UTC', 6)",
    "date": "timestamp(6)",
}
_CONTROL = r"[\x00-\x1f\x7f]"
_BETWEEN = "|"  # a value that holds it may be cleaned for nothing
# Of any column: a control character, a blank at an end, full-width signs, what spreadsheets do to keys.
_UNCLEAN = _CONTROL + r"|(^|\|)[ '=]| (\||$)|[\x{FF01}-\x{FF5E}\x{FFE1}\x{FFE5}\x{3000}\x{A0}]|\d[Ee]\+\d"

What = tuple[str, ...]
Given = tuple[str, ...]
_COLUMN = "_checked_"


@dataclass
class Checking:
    """The columns that a mapping needs, each worked out once however many kinds ask for it.

    They are worked out in steps, each of which reads columns of the one before: an expression that stands in several
    others would be planned, and partly run, as often as it stands there.
    """

    opened: Opened
    mapping: SourceMapping
    columns: dict[What, str] = field(default_factory=dict[What, str])  # what is known so far, and its column's name
    staged: list[What] = field(default_factory=list[What])
    faults: list[Value] = field(default_factory=list[Value])
    _counted: int = 0

    def __post_init__(self) -> None:
        # One look at the whole line is many times cheaper than cleaning every column of every line.
        asked = [self.opened.rows[column] for column in self.mapping.columns() if column in self.opened.columns]
        between: Value = ibis.literal(_BETWEEN)
        self.rows = self.opened.rows.mutate(_unclean=between.join(asked).re_search(_UNCLEAN))
        inputs = [(kind, w) for kind in self.mapping.kinds for w in kind.kind.inputs if kind.gives(w.name)]
        identifiers: list[Given] = [("column", i.column) for kind in self.mapping.kinds for i in kind.identifiers]
        given: list[Given] = [*(kind.given(wanted.name) for kind, wanted in inputs), *identifiers]
        self._add({("text", *each): self._said(*each) for each in given if each[0][0] not in values.SIGNS})
        self._add_up(inputs)
        tried = {self._what(kind, wanted): self._tried(kind, wanted) for kind, wanted in inputs}
        tried |= {("key", *each): [self._key(each)] for each in identifiers}
        news = {what: tries for what, tries in tried.items() if what not in self.columns}
        self._add({what: tries[0] for what, tries in news.items()})
        more = {what: values.first([self._of(what), *tries[1:]]) for what, tries in news.items() if tries[1:]}
        self._add(more)
        self._add({what: values.whole_number(self._of(what)) for what in news if what[0] == "integer"})
        for i, kind in enumerate(self.mapping.kinds):
            for wanted in (w for w in kind.kind.inputs if kind.gives(w.name)):
                self._check(kind, wanted, required=wanted.required and i == 0)
            for group in kind.kind.either if i == 0 else ():
                self._check_either(kind, [w for w in kind.kind.inputs if w.name in group and kind.gives(w.name)])
        self.staged += [("key", *each) for each in identifiers]
        contents = [(i, kind) for i, kind in enumerate(self.mapping.kinds) if kind.kind.content]
        self._add({(CONTENT, str(i)): content_hash(*self._content(kind)) for i, kind in contents})
        self.staged += [(CONTENT, str(i)) for i, _ in contents]

    def lines(self) -> ir.Table:
        """Return one row per line in the order of the files: file, checked columns, reason, text of a refused line."""
        reason = ibis.coalesce(*self.faults) if self.faults else ibis.null("string")
        rows = self.rows.mutate(**{REASON: reason})
        refused = rows[REASON].notnull()
        text = ibis.ifelse(refused, self._raw(rows), ibis.null("string"))
        refused_at = rows[LINE] if LINE in rows.columns else ibis.null("int64")
        place = ibis.ifelse(refused, refused_at, ibis.null("int64"))
        checked = [self.columns[what] for what in dict.fromkeys(self.staged)]
        return rows.select(*checked, REASON, file=rows[FILE], **{TEXT: text, PLACE: place})

    def texts(self) -> ir.Table:
        """Return the raw text and the place of every line, in the order of `lines`."""
        rows = self.opened.rows
        place = rows[LINE] if LINE in rows.columns else ibis.null("int64")
        return rows.select(**{TEXT: self._raw(rows), PLACE: place})

    def of_kind(self, staged: ir.Table, kind: KindMapping) -> ir.Table:
        """Return the good lines that say something of this kind, with its inputs by name."""
        columns: dict[str, Value] = {}
        for wanted in kind.kind.inputs:
            columns |= self._inputs(staged, kind, wanted)
        for i, identifier in enumerate(kind.identifiers):
            columns[f"identifier_{i}"] = staged[self.columns["key", "column", identifier.column]]
        if kind.kind.content:
            columns[CONTENT] = staged[self.columns[CONTENT, str(self.mapping.kinds.index(kind))]]
        rows = staged.filter(staged[REASON].isnull()).select("file", "line", **columns)
        return rows.filter([rows[name].notnull() for name in kind.kind.key])

    def _raw(self, rows: ir.Table) -> Value:
        line: Value = ibis.struct({name: rows[name] for name in self.opened.columns})
        return line.cast("json").cast("string")

    def _check(self, kind: KindMapping, wanted: Input, *, required: bool) -> None:
        given, what = kind.given(wanted.name), self._what(kind, wanted)
        text, value = self._of(("text", *given)), self._of(what)
        self.staged += [what, ("text", *given)] if wanted.as_written else [what]
        if required:
            self._fault(text.isnull(), wanted, given, "missing")
        if wanted.type == "key":
            self._fault(values.lost_digits(value, self.rows._unclean), wanted, given, "digits lost")
        elif wanted.type == "code":
            allowed = ", ".join(dict.fromkeys(kind.words(wanted).values()))
            self._fault(text.notnull() & value.isnull(), wanted, given, f"not one of {allowed}")
        elif wanted.type in _FAULTS:
            self._fault(text.notnull() & value.isnull(), wanted, given, _FAULTS[wanted.type])
        if wanted.type in {"decimal", "integer"}:
            self._check_bounds(value, wanted, given)

    def _check_either(self, kind: KindMapping, group: Sequence[Input]) -> None:
        """Refuse a line that has none of a group of inputs; what is wrong with one that it has is told already."""
        given = [kind.given(wanted.name) for wanted in group]
        nothing = reduce(and_, [self._of(("text", *each)).isnull() for each in given])
        self._fault(nothing, group[0], ("column", *(name for each in given for name in each[1:])), "missing")

    def _check_bounds(self, value: Value, wanted: Input, given: Given) -> None:
        if wanted.most is not None:
            self._fault(value.abs() > wanted.most, wanted, given, f"beyond {wanted.most}")
        if wanted.least is not None:
            self._fault(value < wanted.least, wanted, given, f"below {wanted.least}")

    def _said(self, how: str, *names: str) -> Value:
        if how == "constant":
            return ibis.literal(names[0], "string")
        texts = [clean(self.rows[name], self.rows._unclean, self.mapping.missing) for name in names]
        if how == "joined":
            return values.joined([values.key(text, self.rows._unclean) for text in texts])
        return ibis.coalesce(*texts) if len(texts) > 1 else texts[0]

    def _add_up(self, inputs: Sequence[tuple[KindMapping, Input]]) -> None:
        """Write the sums of several columns down as one text, in which what is no number stays as it is."""
        summed = {kind.given(w.name): kind.forms(w.name) for kind, w in inputs if w.name in kind.signs}
        parts = [("text", "column", name) for given in summed for name in given[1:]]
        self._add({what: self._said(*what[1:]) for what in parts if what not in self.columns})
        currency = self.mapping.currency
        for given, forms in summed.items():
            texts = [self._of(("text", "column", name)) for name in given[1:]]
            self._add({("text", *given): values.summed(texts, given[0], next(iter(forms), ""), currency)})

    def _tried(self, kind: KindMapping, wanted: Input) -> list[Value]:
        """Return an input's value as it is mostly written, then as it may be besides; times are local ones."""
        given = kind.given(wanted.name)
        text, forms = self._of(("text", *given)), kind.forms(wanted.name)
        if wanted.type == "key":
            return [self._key(given)]
        if wanted.type in {"decimal", "integer"}:  # a sum is written down in its plainest form
            form = "" if wanted.name in kind.signs else next(iter(forms), "")
            return values.numbers(text, form, self.mapping.currency)
        if wanted.type in {"instant", "date"}:
            return values.times(text, forms, self.mapping.clock_zone)
        if wanted.type == "flag":
            return [values.flag(text)]
        if wanted.type == "code":
            return [values.code(text, kind.words(wanted))]
        translated = kind.codes.get(wanted.name)
        return [values.translated(text, translated) if translated else text]

    def _what(self, kind: KindMapping, wanted: Input) -> What:
        given = kind.given(wanted.name)
        form = "\t".join(kind.forms(wanted.name))
        if wanted.type in {"instant", "date"}:
            return ("local", *given, form)
        if wanted.type in {"code", "text"} and (wanted.type == "code" or wanted.name in kind.codes):
            return (wanted.type, *given, str(self.mapping.kinds.index(kind)), wanted.name)
        return (wanted.type, *given, *([form] if form else []))

    def _key(self, given: Given) -> Value:
        return values.key(self._of(("text", *given)), self.rows._unclean)

    def _content(self, kind: KindMapping) -> list[Value]:
        """Return what makes two lines of a kind the same, as values and not as they were written."""
        more = [name for name in kind.kind.more_content if kind.gives(name)]
        inputs = [wanted for wanted in kind.kind.inputs if wanted.name in (*kind.kind.content, *more)]
        nothing: Value = ibis.null("string")
        return [self._of(self._what(kind, w)) if kind.gives(w.name) else nothing for w in inputs]

    def _of(self, what: What) -> Value:
        return self.rows[self.columns[what]]

    def _add(self, news: Mapping[What, Value]) -> None:
        """Work out columns from those that are there; what is known already gets a new column."""
        start = self._counted
        names = {what: f"{_COLUMN}{i}" for i, what in enumerate(news, start)}
        self.rows = self.rows.mutate(**{names[what]: value for what, value in news.items()})
        self.columns |= names
        self._counted = start + len(names)

    def _fault(self, wrong: Value, wanted: Input, given: Given, problem: str) -> None:
        reason = ibis.literal("\t".join((wanted.name, ", ".join(given[1:]), problem)))
        self.faults.append(ibis.ifelse(wrong, reason, ibis.null("string")))

    def _inputs(self, staged: ir.Table, kind: KindMapping, wanted: Input) -> dict[str, Value]:
        """Return an input as the kind gets it; one that is not mapped is NULL."""
        name, known = wanted.name, kind.gives(wanted.name)
        type_ = _TYPES[wanted.type] if wanted.type != "instant" else "timestamp(6)"
        value = staged[self.columns[self._what(kind, wanted)]] if known else ibis.null(type_)
        if wanted.type == "instant":
            at = instant(value, self.mapping.clock_zone) if known else ibis.null(_TYPES["instant"])
            elsewhere = self.mapping.clock_zone != self.mapping.time_zone
            return {name: at, f"{name}_local": local_of(at, self.mapping.time_zone) if elsewhere else value}
        if wanted.type == "date":
            return {name: value.cast("date")}
        if wanted.as_written:
            text = staged[self.columns["text", *kind.given(name)]] if known else ibis.null("string")
            return {name: value, f"{name}_text": text}
        return {name: value}


_FAULTS = {
    "decimal": "not a number",
    "integer": "not a whole number",
    "instant": "not a time",
    "date": "not a date",
    "flag": "neither yes nor no",
}


def clean(text: Value, unclean: Value, missing: Sequence[str]) -> Value:
    """Put a blank in the place of control characters, drop outer blanks; what means nothing becomes NULL.

    Hashes rely on no value holding their separator.
    """
    cleaned = ibis.ifelse(unclean, text.re_replace(_CONTROL, " ").strip(), text)
    nothing = reduce(or_, [cleaned == text_of_nothing for text_of_nothing in ("", *missing)])
    return ibis.ifelse(nothing, ibis.null("string"), cleaned)
