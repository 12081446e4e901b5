"""CKAN's DataStore: rows of a table by `datastore_search`, its columns by `datastore_info`.

They are the rows that `/datasets/…/rows` gives, through the same gate, by the same filters, with the same limits.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import orjson

from minshu.browse import Page, Release, Table
from minshu.errors import ArgumentInvalid
from minshu.filters import Filter, RowQuery, SortKey, parse_columns, parse_filters, parse_sort, text_columns
from minshu.http import describe
from minshu.http.ckan_api.arguments import Arguments, loaded
from minshu.http.links import Links, with_query
from minshu.http.table_state import listed
from minshu.manifest import ReleasedColumn, ReleasedTable
from minshu.search import Search, Searches, parse_search
from minshu.settings import Settings

LIMIT: Final = 100
"""How many rows CKAN gives where nobody says how many."""

ROW_ID: Final = "_id"
"""The column that CKAN puts before the others: here it is the number of the row in the publisher's order, from 1."""

SHAPES: Final = ("objects", "lists", "csv", "tsv")
ACTION: Final = ("api", "3", "action", "datastore_search")

# What CKAN's database calls the types. What is not here is text there.
_TYPES: Final[Mapping[str, str]] = {
    "BIGINT": "int8",
    "INTEGER": "int4",
    "DOUBLE": "float8",
    "BOOLEAN": "bool",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TIMESTAMPTZ": "timestamptz",
    "JSON": "json",
}
# Whatever stands between two commas, read once: a body may be long, and to try every end of a name would take for ever.
_SORT: Final = re.compile(r'\s*+(?:"((?:[^"]|"")+)")?+([^",]*+)(?:,|$)')
_DIRECTIONS: Final = ("asc", "desc")


@dataclass(frozen=True)
class RowsAsked:
    """What a `datastore_search` asks of a table. `fields` are those of the answer, in their order."""

    query: RowQuery
    fields: tuple[str, ...]
    limit: int
    offset: int
    shape: str
    total: bool

    @classmethod
    def of(cls, arguments: Arguments, table: Table, settings: Settings) -> Self:
        """The arguments, read. Raises ArgumentInvalid, BadParameter, BadFilter or ColumnNotFound."""
        columns, most = table.released_columns, settings.page_size_max
        if arguments.flag("distinct"):
            raise ArgumentInvalid("distinct", "is not answered here. Ask /sql for SELECT DISTINCT")
        fields = tuple(arguments.texts("fields", commas=True)) or names(columns)
        shape = arguments.text("records_format") or SHAPES[0]
        if shape not in SHAPES:
            raise ArgumentInvalid("records_format", f"must be one of {', '.join(SHAPES)}, not {shape!r}")
        return cls(
            RowQuery(
                _filters(arguments, columns),
                _sort(arguments, columns),
                _columns(fields, columns),
                _search(arguments, columns),
            ),
            fields,
            min(arguments.number("limit", LIMIT), most),
            arguments.number("offset", 0),
            shape,
            arguments.flag("include_total", default=True),
        )


def rows(
    arguments: Arguments, release: Release, table: Table, settings: Settings, links: Links
) -> tuple[dict[str, Any], int]:
    """The rows that are asked for, as CKAN tells them, and how many these are. Raises what `RowsAsked.of` does."""
    asked = RowsAsked.of(arguments, table, settings)
    page = table.slice(asked.query, asked.offset, asked.limit)
    records = list(_records(page, asked.fields))
    columns = {column.name: column for column in table.released_columns}
    told: dict[str, Any] = {name: arguments.given[name] for name in ("filters", "q", "sort") if name in arguments.given}
    return {
        **told,
        "resource_id": arguments.text("resource_id", "id"),
        "fields": [field(name, columns.get(name)) for name in asked.fields],
        "records_format": asked.shape,
        "records": _shaped(records, asked),
        "limit": asked.limit,
        "offset": asked.offset,
        "include_total": asked.total,
        **({"total": table.count(asked.query), "total_was_estimated": False} if asked.total else {}),
        "_links": _links(arguments, release, asked, links),
        "release": describe.identity(release, links),
    }, len(records)


def info(id_: str, release: Release, table: ReleasedTable) -> dict[str, Any]:
    """What is known of a table: its columns, and how many rows there are."""
    size = release.manifest.by_path[table.path].bytes
    meta = {
        "id": id_,
        "count": table.rows,
        "table_type": "BASE TABLE",
        "size": size,
        "aliases": [alias(release, table)],
    }
    own = {column.name: column for column in table.columns}
    fields = [
        {**field(name, column), "schema": {"native_type": own_type(column), "is_index": name in table.primary_key}}
        for name, column in ((name, own.get(name)) for name in names(table.columns))
    ]
    return {"meta": meta, "fields": fields}


def alias(release: Release, table: ReleasedTable) -> str:
    """By what a table is asked for without its id."""
    return f"{release.name}/{table.name}"


def names(columns: Sequence[ReleasedColumn]) -> tuple[str, ...]:
    """The columns of an answer. A table that has an `_id` of its own keeps it."""
    own = tuple(column.name for column in columns)
    return own if ROW_ID in own else (ROW_ID, *own)


def field(name: str, column: ReleasedColumn | None) -> dict[str, Any]:
    """A column as CKAN describes it; None is the row's number."""
    told = {"id": name, "type": own_type(column)}
    if column is None or not (column.title or column.description):
        return told
    return {**told, "info": {"label": column.title or "", "notes": column.description or ""}}


def own_type(column: ReleasedColumn | None) -> str:
    """The type of a column in the words of CKAN's database."""
    return type_of(column.type) if column else "int"


def type_of(name: str) -> str:
    """A type of DuckDB in the same words."""
    return "numeric" if name.startswith("DECIMAL") else _TYPES.get(name, "text")


# -- what is asked ------------------------------------------------------------------------------------------------


def _columns(fields: Sequence[str], columns: Sequence[ReleasedColumn]) -> tuple[str, ...] | None:
    is_own = any(column.name == ROW_ID for column in columns)
    asked = [name for name in fields if name != ROW_ID or is_own]
    return parse_columns([listed(asked)] if asked else [], columns)


def _filters(arguments: Arguments, columns: Sequence[ReleasedColumn]) -> tuple[Filter, ...]:
    """`filters`: each column with a value, a list of values, or null."""
    given = arguments.json("filters") or {}
    if not isinstance(given, dict):
        raise ArgumentInvalid("filters", 'must be an object, as {"column": "value"}')
    return parse_filters([_pair(name, value, columns) for name, value in given.items()], columns)


def _pair(name: str, value: object, columns: Sequence[ReleasedColumn]) -> tuple[str, str]:
    if name == ROW_ID and name not in (column.name for column in columns):
        raise ArgumentInvalid("filters", "names _id, which is the row's number: ask for it by offset and limit")
    if value is None:
        return f"{name}__isnull", ""
    if isinstance(value, list):
        return f"{name}__in", json.dumps([_text(name, item) for item in value])
    return f"{name}__eq", _text(name, value)


def _text(name: str, value: object) -> str:
    """A value of a filter as the text that it is in a CSV."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        raise ArgumentInvalid("filters", f"must give {name!r} texts, numbers, truth values or a list of these")
    return value


def _search(arguments: Arguments, columns: Sequence[ReleasedColumn]) -> Search | None:
    """`q`: words anywhere in a row, or an object of words by column."""
    given = arguments.given.get("q")
    if isinstance(given, str) and given.lstrip().startswith("{"):
        try:
            given = loaded(given)
        except ValueError as error:
            raise ArgumentInvalid("q", f"is not JSON: {error}") from error
    texts = text_columns(columns)
    if isinstance(given, str):
        return parse_search([given], texts)
    if given is not None and not isinstance(given, dict):
        raise ArgumentInvalid("q", 'must be words, or an object as {"column": "words"}')
    wrong = next((name for name in given or {} if name not in texts), None)
    if wrong is not None:
        raise ArgumentInvalid("q", f"names {wrong!r}, which is no column of text. Those: {', '.join(texts)}")
    found = (parse_search([_text(name, words)], [name]) for name, words in (given or {}).items())
    parts = [search for search in found if search]
    return Searches.of(parts) if parts else None


def _sort(arguments: Arguments, columns: Sequence[ReleasedColumn]) -> tuple[SortKey, ...]:
    """`sort`: `column, "other column" desc`. The row's number stands at the end of every order."""
    text = ", ".join(arguments.texts("sort")).strip()
    is_own = any(column.name == ROW_ID for column in columns)
    wanted: list[str] = []
    at = 0
    while at < len(text):
        match = _SORT.match(text, at)
        name, direction = _sorted_by(match) if match else ("", "")
        if match is None or not name or direction not in _DIRECTIONS:
            raise ArgumentInvalid(
                "sort", f'cannot be read from {text[at : at + 20]!r} on; write column asc, "column" desc'
            )
        if name == ROW_ID and not is_own:
            if direction == "desc":
                raise ArgumentInvalid("sort", "can have _id upwards only")
            break  # Nothing is level behind it.
        wanted.append(f"{name}__{direction}")
        at = match.end()
    return parse_sort([listed(wanted)] if wanted else [], columns)


def _sorted_by(match: re.Match[str]) -> tuple[str, str]:
    """The column and the direction of one part of `sort`."""
    if match[1]:
        return match[1].replace('""', '"'), match[2].strip().lower() or "asc"
    name, *direction = match[2].rsplit(None, 1) or [""]
    if direction and direction[0].lower() in _DIRECTIONS:
        return name, direction[0].lower()
    return match[2].rstrip(), "asc"


# -- what is answered ---------------------------------------------------------------------------------------------


def _records(page: Page, fields: Sequence[str]) -> Iterator[list[Any]]:
    at = {column.name: index for index, column in enumerate(page.columns)}
    for cells, position in zip(page.rows, page.positions, strict=True):
        yield [cells[at[name]] if name in at else position + 1 for name in fields]


def _shaped(records: list[list[Any]], asked: RowsAsked) -> object:
    if asked.shape == "objects":
        return [dict(zip(asked.fields, cells, strict=True)) for cells in records]
    if asked.shape == "lists":
        return records
    out = io.StringIO()
    write: Callable[[Sequence[str]], object] = csv.writer(
        out, delimiter="\t" if asked.shape == "tsv" else ",", lineterminator="\n"
    ).writerow
    for cells in records:
        write([_cell(value) for value in cells])
    return out.getvalue()


def _cell(value: Any) -> str:
    """A value of JSON as CSV has it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _links(arguments: Arguments, release: Release, asked: RowsAsked, links: Links) -> dict[str, str]:
    """The first page and the one after this, of the same release however many are published meanwhile."""
    given = {name: value for name, value in arguments.given.items() if name not in ("offset", "version")}
    kept = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in given.items()]
    path = "/".join((links.prefix, *ACTION))
    pinned = [*kept, ("version", release.version)]
    following = [*pinned, ("offset", str(asked.offset + asked.limit))]
    return {"start": with_query(path, pinned), "next": with_query(path, following)}
