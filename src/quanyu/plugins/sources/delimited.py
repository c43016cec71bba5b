"""Delimited text: CSV, TSV and their like, in UTF-8, also gzip."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.spec import FILE, LINE, Broken, Opened

_REJECTS = "delimited_rejects"
_LONGEST_LINE = 4 << 20


class Delimited:
    """Reads with DuckDB's parallel CSV reader; lines that it cannot split are kept apart."""

    name = "delimited"
    suffixes = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz")
    options = ("delimiter", "header", "quote")

    def open(self, backend: Backend, files: Sequence[Path], options: Mapping[str, object]) -> Opened:
        backend.raw_sql(f"drop table if exists {_REJECTS}; drop table if exists {_REJECTS}_scans")
        arguments = [
            _list(files),
            "all_varchar = true",
            "store_rejects = true",
            f"rejects_table = '{_REJECTS}'",
            f"rejects_scan = '{_REJECTS}_scans'",
            "rejects_limit = 0",
            f"filename = '{FILE}'",
            "file_row_number = true",
            "union_by_name = true",
            f"max_line_size = {_LONGEST_LINE}",
            f"header = {'true' if options.get('header', True) else 'false'}",
        ]
        if "delimiter" in options:
            arguments.append(f"delim = {_literal(options['delimiter'])}")
        if "quote" in options:
            arguments.append(f"quote = {_literal(options['quote'])}")
        rows = backend.sql(
            f"select * exclude (file_row_number), file_row_number + 1 as {LINE} from read_csv({', '.join(arguments)})"
        )
        return Opened(rows, tuple(c for c in rows.columns if c not in (FILE, LINE)))

    def broken(self, backend: Backend) -> list[Broken]:
        """Return the lines that the last scan could not split, once each."""
        if _REJECTS not in backend.list_tables():
            return []
        found = backend.con.execute(
            f"""select s.file_path, e.line, any_value(e.error_type), any_value(e.csv_line)
                from {_REJECTS} e join {_REJECTS}_scans s using (scan_id, file_id) group by all order by all"""
        ).fetchall()
        return [Broken(file, line, reason.lower(), (text or "").rstrip("\r\n")) for file, line, reason, text in found]


def _list(files: Sequence[Path]) -> str:
    return "[" + ", ".join(_literal(f) for f in files) + "]"


def _literal(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


SOURCE = Delimited()
