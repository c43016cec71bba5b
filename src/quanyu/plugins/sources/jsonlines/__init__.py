"""JSON: an object on each line, or an array of objects; what is nested becomes dotted columns, all values texts."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.spec import FILE, LINE, Broken, Opened, Scratch, name_columns
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.plugins.sources.jsonlines.parts import LONGEST_LINE, Part, prepare, unreadable

_ROWS = "json_rows"
_VALUES = "json_values"
_CHECKED = "json_checked"
_REJECTS = "json_rejects"
_COPIES = "json_copies"
_SAMPLE = "json_sample"
_LONGEST_TEXT = 1 << 16
_MOST_KEYS = 500  # of one object; more are data, not names, and stay JSON text
_DEEPEST = 8
_FEW = 5_000  # objects whose keys are looked for at once

Keys = tuple[str, ...]


class JsonLines:
    """Reads with DuckDB's JSON functions. A number comes as it is written; a fraction as its shortest decimal."""

    name = "jsonlines"
    suffixes = (".jsonl", ".ndjson", ".json")
    options = ()

    def open(self, backend: Backend, files: Sequence[Path], options: Mapping[str, object]) -> Opened:
        scratch = Scratch(backend)
        parts = [part for file in files if (part := prepare(file, scratch)) is not None]
        if not parts:
            raise Invalid(
                Text("The files are empty.", "文件为空。"),
                remedy=Text("Check that the export has finished.", "请检查导出是否完成。"),
                received=", ".join(file.name for file in files[:5]),
            )
        _forget(backend)
        copies = ", ".join(f"({_literal(str(p.read))}, {_literal(str(p.file))})" for p in parts)
        backend.raw_sql(f"create or replace temporary table {_COPIES} as from (values {copies}) as _ (copy, file)")
        _view(backend, _VALUES, _values(parts, "ignore_errors = true"))
        _view(backend, _CHECKED, _values(parts, _keeping_rejects()))
        paths = _find_paths(backend, parts)
        if not paths:
            raise unreadable([part.file for part in parts], "no object in it")
        paths += sorted({path[:1] for path in paths if len(path) > 1} - set(paths))  # an object as a whole, too
        names = name_columns([".".join(path) for path in paths])
        texts = [f"object ->> {_pointer(path)} as {_name(name)}" for path, name in zip(paths, names, strict=True)]
        _view(backend, _ROWS, f"select {', '.join(texts)}, {FILE}, {LINE} from {_OBJECTS}")
        return Opened(backend.table(_ROWS), names, held=(scratch,), sparse=True)

    def broken(self, backend: Backend) -> list[Broken]:
        """Return what is no object: lines that are not JSON, and other values; one more scan tells which files."""
        _forget(backend)
        files = _ask(backend, f"select distinct {FILE} from {_CHECKED} where value is not null and not ({_IS_OBJECT})")
        rejects = _rejects(backend)
        read = dict(_ask(backend, f"select copy, file from {_COPIES}"))
        wanted = {file for (file,) in files} | {read.get(file, file) for file in rejects}
        return [line for file in sorted(wanted) for line in _broken_of(backend, file)]


_IS_OBJECT = "json_valid(value) and starts_with(ltrim(value, ' \t\r\n'), '{')"
# With `case`, since conditions may be tried in any order, and what is no JSON ends a query that looks into it.
_OBJECTS = f"(select *, case when {_IS_OBJECT} then value end as object from {_VALUES}) where object is not null"


@dataclass(frozen=True)
class _Node:
    """What stands at a path; `closed` is an object that is not looked into."""

    objects: bool
    others: bool
    closed: bool = False

    def __or__(self, other: "_Node") -> "_Node":
        return _Node(self.objects or other.objects, self.others or other.others, self.closed or other.closed)


Nodes = dict[Keys, _Node]


def _values(parts: Sequence[Part], how: str) -> str:
    """Return a query of all values as text: those of lines that are no JSON too, NULL for an empty line."""
    scans: list[str] = []
    for (form, long), run in groupby(parts, key=lambda part: (part.form, part.long)):
        # Read in parallel, a line over several buffers is left out and not kept among the rejects.
        so = f"{how}, parallel = {'false' if long else 'true'}"
        if form == "gaps":
            scans += [_lines([part.read], so, "row_number() over ()", _literal(str(part.file))) for part in run]
        elif form == "lines":
            scans.append(_lines([part.read for part in run], so, "null::bigint", FILE))
        else:
            scans.append(_objects([part.read for part in run], "array" if form == "array" else "unstructured"))
    return " union all ".join(scans)


def _lines(files: Sequence[Path], how: str, line: str, file: str) -> str:
    """Read a line as one field: no character that may stand in JSON parts it, or quotes it."""
    arguments = (
        f"{_list(files)}, auto_detect = false, header = false, columns = {{value: 'VARCHAR'}}, delim = '\x1f', "
        f"quote = '', escape = '', filename = '{FILE}', max_line_size = {LONGEST_LINE}, {how}"
    )
    return f"select value, {file} as {FILE}, {line} as {LINE} from read_csv({arguments})"


def _objects(files: Sequence[Path], form: str) -> str:
    arguments = f"{_list(files)}, format = '{form}', filename = '{FILE}', maximum_object_size = {4 * LONGEST_LINE}"
    return f"select json::varchar as value, {FILE}, null::bigint as {LINE} from read_json_objects({arguments})"


def _keeping_rejects() -> str:
    return (
        f"store_rejects = true, rejects_table = '{_REJECTS}', rejects_scan = '{_REJECTS}_scans', rejects_limit = 0, "
        f"rejects_line_size_limit = {_LONGEST_TEXT}"
    )


def _find_paths(backend: Backend, parts: Sequence[Part]) -> list[Keys]:
    """Return the paths of all values but objects: those of a few objects, then those that others have besides."""
    nodes: Nodes = {}
    try:
        while _sample(backend, nodes):
            known = dict(nodes)
            for path, node in _nodes_below(backend, ()):
                nodes[path] = nodes.get(path, node) | node
            _close_large(nodes)
            if nodes == known:
                break
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0].partition(" in file")[0]  # what follows may quote the file
        raise unreadable([part.file for part in parts], reason) from None
    finally:
        backend.raw_sql(f"drop table if exists {_SAMPLE}")
    return sorted(path for path, node in nodes.items() if node.others or node.closed or not node.objects)


def _sample(backend: Backend, nodes: Nodes) -> bool:
    """Take some objects that hold more than is known; say whether there are any."""
    backend.raw_sql(
        f"create or replace temporary table {_SAMPLE} as "
        f"select value as object from {_VALUES} "
        f"where case when {_IS_OBJECT} then not ({_is_known(nodes)}) else false end limit {_FEW}"
    )
    return bool(_ask(backend, f"select 1 from {_SAMPLE} limit 1"))


def _is_known(nodes: Nodes) -> str:
    """Return the condition that an object holds nothing but what is known."""
    if not nodes:
        return "false"
    opened = [path for path, node in nodes.items() if node.objects and not node.closed]
    plain = [path for path, node in nodes.items() if not node.objects]
    always = [path for path, node in nodes.items() if node.objects and not node.others and not node.closed]
    known = f"[{', '.join(_keys_of(nodes, path) for path in opened)}]::varchar[][]"
    # One call for all paths each: conditions that repeat a call would look through the object as often.
    return (
        f"list_has_all({_keys_of(nodes, ())}, json_keys(value)) "
        f"and len(list_filter(list_zip(json_keys(value, {_pointers(opened)}), {known}), "
        "lambda pair: not coalesce(list_has_all(pair[2], pair[1]), true))) = 0 "
        f"and not list_contains(json_type(value, {_pointers(plain)}), 'OBJECT') "
        f"and len(list_filter(json_type(value, {_pointers(always)}), lambda kind: kind not in ('OBJECT', 'NULL'))) = 0"
    )


def _keys_of(nodes: Nodes, path: Keys) -> str:
    return f"[{', '.join(_literal(each[-1]) for each in nodes if each[:-1] == path)}]::varchar[]"


def _close_large(nodes: Nodes) -> None:
    """Close the objects that hold too many keys, and forget what was found in them."""
    sizes = Counter(path[:-1] for path in nodes)
    for large in [path for path, size in sizes.items() if path and size > _MOST_KEYS]:
        nodes[large] = nodes[large] | _Node(objects=True, others=False, closed=True)
    closed = {path for path, node in nodes.items() if node.closed}
    for path in [path for path in nodes if any(path[:i] in closed for i in range(1, len(path)))]:
        del nodes[path]


def _nodes_below(backend: Backend, path: Keys) -> Iterator[tuple[Keys, _Node]]:
    paths = [(*path, key) for key in _keys(backend, path)]
    for below, (objects, others) in zip(paths, _kinds(backend, paths), strict=True):
        closed = objects and len(below) >= _DEEPEST
        yield below, _Node(objects, others, closed)
        if objects and not closed:
            yield from _nodes_below(backend, below)


def _keys(backend: Backend, path: Keys) -> list[str]:
    """Return the distinct keys of the objects at a path, at most one more than may be columns."""
    keys = f"json_keys(object, {_pointer(path)})" if path else "json_keys(object)"
    most = _MOST_KEYS + 1 if path else _MOST_KEYS * 4
    query = f"select distinct key from (select unnest({keys}) as key from {_SAMPLE}) limit {most}"
    return sorted(key for (key,) in _ask(backend, query))


def _kinds(backend: Backend, paths: Sequence[Keys]) -> list[tuple[bool, bool]]:
    """Say of each path whether objects stand there, and whether other values do."""
    if not paths:
        return []
    asked = ", ".join(
        f"coalesce(bool_or(types[{i}] = 'OBJECT'), false), "
        f"coalesce(bool_or(types[{i}] not in ('OBJECT', 'NULL')), false)"
        for i in range(1, len(paths) + 1)
    )
    (row,) = _ask(
        backend, f"select {asked} from (select json_type(object, {_pointers(paths)}) as types from {_SAMPLE})"
    )
    return list(zip(row[0::2], row[1::2], strict=True))


def _broken_of(backend: Backend, file: str) -> list[Broken]:
    _forget(backend)
    scratch = Scratch(backend)  # the numbers are asked for once more than the rows were
    part = prepare(Path(file), scratch)
    if part is None:
        return []
    numbered = _values([part], _keeping_rejects()).replace(f"null::bigint as {LINE}", f"row_number() over () as {LINE}")
    backend.raw_sql("set preserve_insertion_order = true")
    wrong = _ask(
        backend,
        f"""select {LINE}, left(value, {_LONGEST_TEXT}), json_valid(value) from ({numbered})
            where value is not null and not ({_IS_OBJECT}) order by {LINE}""",
    )
    rejects = _rejects(backend).get(str(part.read), [])
    scratch.close()
    found = [Broken(file, line, reason, text) for line, reason, text in rejects]
    left_out = [line for line, _, _ in rejects]  # lines that the numbers do not count
    passed = 0
    for number, text, valid in wrong:
        while passed < len(left_out) and left_out[passed] <= number + passed:
            passed += 1
        found.append(Broken(file, number + passed, "not a JSON object" if valid else "not JSON", text))
    return sorted(found, key=lambda each: each.line)


def _rejects(backend: Backend) -> dict[str, list[tuple[int, str, str]]]:
    if not _ask(backend, f"select 1 from duckdb_tables() where table_name = '{_REJECTS}'"):
        return {}
    found = _ask(
        backend,
        f"""select s.file_path, e.line, lower(min(e.error_type::varchar)), max(e.csv_line)
            from {_REJECTS} e join {_REJECTS}_scans s using (scan_id, file_id)
            group by s.file_path, e.line order by s.file_path, e.line""",
    )
    return {
        file: [(line, _reason(reason), (text or "").strip("\r\n")) for _, line, reason, text in lines]
        for file, lines in groupby(found, key=lambda row: row[0])
    }


def _reason(reason: str) -> str:
    return "not JSON" if reason == "too many columns" else reason


def _forget(backend: Backend) -> None:
    backend.raw_sql(f"drop table if exists {_REJECTS}; drop table if exists {_REJECTS}_scans")


def _ask(backend: Backend, query: str) -> list[tuple[Any, ...]]:
    return backend.con.execute(query).fetchall()


def _view(backend: Backend, name: str, query: str) -> None:
    backend.raw_sql(f"create or replace temporary view {name} as {query}")


def _pointer(path: Keys) -> str:
    return _literal("".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path))


def _pointers(paths: Sequence[Keys]) -> str:
    return f"[{', '.join(map(_pointer, paths))}]::varchar[]"


def _list(files: Sequence[Path]) -> str:
    names = (str(file).replace("[", "[[]").replace("*", "[*]").replace("?", "[?]") for file in files)
    return f"[{', '.join(map(_literal, names))}]"  # names, not patterns


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


SOURCE = JsonLines()
