"""The files that a release adds to its package: Parquet and indexes of each table, the DuckDB file, the zip."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import duckdb
import orjson

from minshu.digests import sha256_of
from minshu.filters import text_columns
from minshu.identifiers import literal, quoted
from minshu.keys import write_keys
from minshu.loading import ROW, LoadedTable
from minshu.manifest import INDEXES, TABLES, ReleasedFile, ReleasedTable
from minshu.paging import Source
from minshu.postings import write_postings
from minshu.rowstore import write_row_store
from minshu.settings import MEBIBYTE
from minshu.stats import table_stats

# The oldest format that DuckDB 2 writes tables of ours in, and DuckDB 1.5 opens.
STORAGE_VERSION = "v1.5.0"
SEARCH_INDEX = f"{INDEXES}search.duckdb"
# The earliest time that a zip can tell: the same package gives the same bytes.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
# Twice as quick as the usual 6, for files that are one fifteenth larger.
ZIP_LEVEL = 4
SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}\Z")
MEDIA_TYPES = {
    ".arrow": "application/vnd.apache.arrow.file",
    ".csv": "text/csv",
    ".duckdb": "application/vnd.duckdb",
    ".geojson": "application/geo+json",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".ndjson": "application/x-ndjson",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".sqlite": "application/vnd.sqlite3",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
}


def write_tables(
    tables: Sequence[LoadedTable], connection: duckdb.DuckDBPyConnection, stage: Path, database: str, search_rows: int
) -> tuple[ReleasedTable, ...]:
    """Write the loaded tables, in the publisher's order, into one DuckDB file, and each into its own files.

    Those of more than `search_rows` rows get a search index.
    """
    for folder in (TABLES, INDEXES):
        (stage / folder).mkdir()
    connection.execute("set TimeZone = 'UTC'")  # Arrow notes the zone that instants are told in.
    connection.execute(f"attach {literal(str(stage / database))} as released (storage_version '{STORAGE_VERSION}')")
    released = tuple(_write_table(table, index, connection, stage) for index, table in enumerate(tables))
    large = [table for table in released if table.rows > search_rows and text_columns(table.columns)]
    if large:
        _write_search(large, connection, stage)
    connection.execute("detach released")
    return tuple(table.model_copy(update={"search": SEARCH_INDEX}) if table in large else table for table in released)


def _write_table(table: LoadedTable, index: int, connection: duckdb.DuckDBPyConnection, stage: Path) -> ReleasedTable:
    # No safe name begins like this, so that no table takes another's file.
    name = table.name if SAFE_NAME.match(table.name) else f"_table-{index + 1}"
    path = f"{TABLES}{name}.parquet"
    rows = f"select * exclude ({ROW}) from {quoted(table.name)}"
    connection.execute(f"create table released.{quoted(table.name)} as {rows}")
    connection.execute(f"copy ({rows}) to {literal(str(stage / path))} (format parquet, compression zstd)")
    source = Source("released", table.name, tuple(column.name for column in table.columns))
    return ReleasedTable(
        name=table.name,
        path=path,
        rows=table.rows,
        columns=table.columns,
        primary_key=table.primary_key,
        foreign_keys=table.foreign_keys,
        title=table.title,
        description=table.description,
        row_store=_write_rows(source, table, f"{INDEXES}{name}.rows.arrow", connection, stage),
        stats=_write_stats(source, table, f"{INDEXES}{name}.stats.json", connection, stage),
        keys=_write_keys(source, table, f"{INDEXES}{name}.keys.sqlite", connection, stage),
    )


def _write_rows(
    source: Source, table: LoadedTable, path: str, connection: duckdb.DuckDBPyConnection, stage: Path
) -> str:
    write_row_store(connection, source, table.columns, stage / path)
    return path


def _write_stats(
    source: Source, table: LoadedTable, path: str, connection: duckdb.DuckDBPyConnection, stage: Path
) -> str:
    (stage / path).write_bytes(orjson.dumps(table_stats(connection, source, table.columns)))
    return path


def _write_keys(
    source: Source, table: LoadedTable, path: str, connection: duckdb.DuckDBPyConnection, stage: Path
) -> str | None:
    """None where the table has no primary key: its rows are named by their number."""
    columns = {column.name: column for column in table.columns}
    if not table.primary_key:
        return None
    write_keys(connection, source, [columns[name] for name in table.primary_key], stage / path)
    return path


def _write_search(tables: Iterable[ReleasedTable], connection: duckdb.DuckDBPyConnection, stage: Path) -> None:
    """Write the search indexes of tables into one database."""
    path = literal(str(stage / SEARCH_INDEX))
    connection.execute(f"attach {path} as search (storage_version '{STORAGE_VERSION}')")
    for table in tables:
        source = Source("released", table.name, tuple(column.name for column in table.columns))
        write_postings(connection, source, text_columns(table.columns), f"search.main.{quoted(table.name)}")
    connection.execute("detach search")


def write_zip(folder: Path, paths: Iterable[str], archive: Path) -> None:
    """Zip the files of a folder at their own paths. The same files give the same bytes."""
    with ZipFile(archive, "x", ZIP_DEFLATED) as zipped:
        for path in sorted(paths):
            entry = ZipInfo(path, ZIP_EPOCH)
            entry.compress_type = ZIP_DEFLATED
            # Public from Python 3.13 on, and known by this name there too.
            entry._compresslevel = ZIP_LEVEL  # type: ignore[attr-defined]
            entry.external_attr = 0o644 << 16
            entry.file_size = (folder / path).stat().st_size  # So that zipfile knows when it needs ZIP64.
            with (folder / path).open("rb") as source, zipped.open(entry, "w") as sink:
                while chunk := source.read(MEBIBYTE):
                    sink.write(chunk)


def released_file(stage: Path, path: str, rows: int | None, media_type: str, sha256: str | None = None) -> ReleasedFile:
    """What the manifest says of a file: its digest (if not known), size, media type, and rows where it is a table."""
    file = stage / path
    return ReleasedFile(
        path=path, sha256=sha256 or sha256_of(file), bytes=file.stat().st_size, rows=rows, media_type=media_type
    )


def media_type_of(path: str, resource: Mapping[str, object]) -> str:
    """The media type of a file: what its resource declares, else by its suffix; with a charset where it is text."""
    by_suffix = MEDIA_TYPES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream")
    media_type = str(resource.get("mediatype") or by_suffix)
    if media_type.startswith("text/") and "charset" not in media_type:
        return f"{media_type}; charset={resource.get('encoding') or 'utf-8'}"
    return media_type
