"""The typed rows of a package, loaded into DuckDB: what rules are run on, and what a release is made from.

Each table keeps the publisher's order and gets a column `_row`, the row's number in its file. The type of a column
is the first that holds every value of it exactly; it is decided by SQL once all rows have been seen.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from minshu.descriptors import Descriptor, Package, paths_of, safe_file
from minshu.errors import UnstorableTable
from minshu.fields import MAX_SAFE_INTEGER, JsonType, storage_of
from minshu.identifiers import quoted
from minshu.manifest import ReleasedColumn, ReleasedForeignKey
from minshu.meter import count
from minshu.structure import Row, SourceTable, Stored, insert_typed, tables

if TYPE_CHECKING:
    import pyarrow as pa

ROW = "_row"
STAGED = "_staged"
# Arrow's names of DuckDB's types.
ARROW = {"VARCHAR": "string", "BOOLEAN": "bool", "DATE": "date32", "INTEGER": "int32"}


@dataclass(frozen=True)
class LoadedTable:
    """A table as it stands in DuckDB, under its own name: its Table Schema, its columns as stored, its rows.

    Its title and its description are those of its schema, else of its resource.
    """

    name: str
    schema: Descriptor
    columns: tuple[ReleasedColumn, ...]
    rows: int
    title: str | None = None
    description: str | None = None

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The fields of the primary key, none where there is no key."""
        return _names(self.schema.get("primaryKey", []))

    @property
    def foreign_keys(self) -> tuple[ReleasedForeignKey, ...]:
        """The foreign keys. A reference without a resource, or to an empty name, is to the table itself."""
        return tuple(
            ReleasedForeignKey(
                fields=_names(key["fields"]),
                resource=key["reference"].get("resource") or self.name,
                reference_fields=_names(key["reference"]["fields"]),
            )
            for key in self.schema.get("foreignKeys", [])
        )


def load(
    package: Package,
    connection: duckdb.DuckDBPyConnection,
    without: Container[str] = (),
    certain: Container[str] = (),
) -> tuple[LoadedTable, ...]:
    """Load the tables of a valid package, all but those `without` which nobody will ask for.

    Those that are `certain`, as `checked` tells, are not proven to be so again.
    Raises UnstorableTable where names collide: DuckDB does not tell `a` from `A`.
    """
    sources = [source for source in tables(package) if source.name not in without]
    _refuse_collisions("tables", [*(source.name for source in sources), STAGED])
    return tuple(_load_table(source, connection, certain=source.name in certain) for source in sources)


def load_texts(package: Package, tables: Iterable[LoadedTable], connection: duckdb.DuckDBPyConnection) -> None:
    """Load every text resource, for rules, as a table of one row and one column, `text`.

    Raises UnstorableTable where names collide, or a text is not in its encoding.
    """
    names = {table.name for table in tables}
    texts = [resource for resource in package.resources if resource.get("name") not in names and _is_text(resource)]
    _refuse_collisions("tables and texts", [*names, STAGED, *(str(text.get("name")) for text in texts)])
    for resource in texts:
        text = _decoded(safe_file(package.folder, paths_of(resource)[0]), resource)
        connection.execute(f"create table {quoted(str(resource['name']))} as select ?::varchar as text", [text])


def collision(names: Iterable[str]) -> str | None:
    """The first name that DuckDB cannot tell from another, as it knows no case."""
    return next((name for name, count in Counter(name.casefold() for name in names).items() if count > 1), None)


def collision_words(name: str) -> str:
    """What is wrong with a name that `collision` found."""
    return (
        f"{name!r} is a name that Minshu needs"
        if name in (ROW, STAGED)
        else f"{name!r} stands twice (case does not count)"
    )


def _load_table(source: SourceTable, connection: duckdb.DuckDBPyConnection, *, certain: bool) -> LoadedTable:
    fields = source.schema["fields"]
    names = [ROW, *(field["name"] for field in fields)]
    _refuse_collisions(f"columns of {source.name!r}", names)
    stored = insert_typed(source.resource, connection, source.name, names, certain=certain)
    columns = map(_column, fields, _insert_staged(source, connection) if stored is None else stored)
    rows = _one(connection, f"select count(*) from {quoted(source.name)}")
    title, description = (
        _text(source.schema.get(key)) or _text(getattr(source.resource, key)) for key in ("title", "description")
    )
    return LoadedTable(source.name, source.schema, tuple(columns), int(rows), title, description)


def _insert_staged(source: SourceTable, connection: duckdb.DuckDBPyConnection) -> tuple[Stored, ...]:
    """Make the table of the rows as Python reads them, staged until the types of its columns are known."""
    fields = source.schema["fields"]
    staged = ", ".join(f"c{position} {storage_of(field['type']).staged}" for position, field in enumerate(fields))
    connection.execute(f"create or replace table {STAGED} (r bigint{', ' if staged else ''}{staged})")
    with source.batches() as batches:
        for batch in batches:
            connection.from_arrow(_arrow(batch, fields)).insert_into(STAGED)
            count(rows=len(batch))
    stored = tuple(_stored(connection, f"c{position}", field) for position, field in enumerate(fields))
    casts = [
        f"cast(c{position} as {column.type}) as {quoted(field['name'])}"
        for position, (column, field) in enumerate(zip(stored, fields, strict=True))
    ]
    connection.execute(
        f"create table {quoted(source.name)} as select {', '.join([f'r as {ROW}', *casts])} from {STAGED}"
    )
    connection.execute(f"drop table {STAGED}")
    return stored


def _arrow(batch: Sequence[Row], fields: Sequence[Descriptor]) -> "pa.Table":
    import pyarrow as pa

    columns = [pa.array([row.number for row in batch], pa.int64())]
    for position, field in enumerate(fields):
        storage = storage_of(field["type"])
        cells = (row.cells[position] for row in batch)
        try:
            values = [None if cell is None else storage.cell(cell) for cell in cells]
            columns.append(pa.array(values, ARROW[storage.staged]))
        except (ValueError, TypeError, OverflowError, MemoryError) as error:
            # Frictionless takes from JSON, where cells have types already, what its own types cannot hold.
            raise UnstorableTable(f"A value of {field['name']!r} is no {field['type']} that can be stored.") from error
    return pa.table(columns, names=["r", *(f"c{position}" for position in range(len(fields)))])


def _column(field: Descriptor, stored: Stored) -> ReleasedColumn:
    return ReleasedColumn(
        name=field["name"],
        type=stored.type,
        field_type=field["type"],
        json_type=storage_of(field["type"]).json_type or _json_type(stored),
        title=_text(field.get("title")),
        description=_text(field.get("description")),
    )


def _stored(connection: duckdb.DuckDBPyConnection, staged: str, field: Descriptor) -> Stored:
    storage = storage_of(field["type"])
    candidates = _candidates(connection, staged, storage.candidates)
    holds = (type_ for type_ in candidates if _one(connection, _lossless(staged, type_)))
    type_ = next(holds, storage.staged)
    if type_ != "BIGINT":
        return Stored(type_)
    largest = f"select coalesce(max(abs(cast({staged} as hugeint))), 0) from {STAGED}"
    return Stored(type_, int(_one(connection, largest)))


def _candidates(connection: duckdb.DuckDBPyConnection, staged: str, types: Iterable[str]) -> Iterator[str]:
    """The candidate types, `DECIMAL` with the precision and scale that the column's values need."""
    for type_ in types:
        if type_ != "DECIMAL":
            yield type_
        elif precision := _precision(connection, staged):
            yield precision


def _precision(connection: duckdb.DuckDBPyConnection, staged: str) -> str | None:
    """The DECIMAL that holds every number of a column as it is written; None where 38 digits are too few."""
    number = f"ltrim({staged}, '-')"
    whole, scale, plain = connection.execute(
        f"select coalesce(max(length(split_part({number}, '.', 1))), 1),"
        f" coalesce(max(length(split_part({number}, '.', 2))), 0),"
        f" coalesce(bool_and(regexp_full_match({number}, '[0-9.]+')), true) from {STAGED}"
    ).fetchall()[0]
    return f"DECIMAL({max(whole + scale, 1)},{scale})" if plain and whole + scale <= 38 else None


def _lossless(staged: str, type_: str) -> str:
    """SQL that tells whether every value of a column is held by a type without loss."""
    has_offset = f"regexp_matches({staged}, '[+-][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}})?$')"
    significant = f"length(trim(regexp_replace({staged}, '[-.]', '', 'g'), '0'))"
    double = f"try_cast({staged} as double)"
    conditions = {
        # Python reads these as JSON, nobody else does.
        "JSON": f"not regexp_matches({staged}, 'NaN|Infinity')",
        "TIME": f"not {has_offset}",
        "TIMESTAMP": f"not {has_offset}",
        "TIMESTAMPTZ": has_offset,
        # A double keeps 15 significant decimal digits within its range; `inf` and `nan` it keeps as they are.
        "DOUBLE": f"({significant} <= 15 and isfinite({double}) and ({double} <> 0 or {significant} = 0)"
        f" or regexp_full_match({staged}, '-?(inf|nan)'))",
    }
    lossless = f"try_cast({staged} as {type_}) is not null and {conditions.get(type_, 'true')}"
    return f"select coalesce(bool_and({lossless}) filter ({staged} is not null), true) from {STAGED}"


def _json_type(stored: Stored) -> JsonType:
    """How values stand in JSON where their field's type does not settle it: what a double cannot hold is a string."""
    if stored.type == "BIGINT":
        return "string" if stored.largest > MAX_SAFE_INTEGER else "number"
    return "number" if stored.type == "DOUBLE" else "string"


def _is_text(resource: Descriptor) -> bool:
    return str(resource.get("mediatype", "")).startswith("text/") and len(paths_of(resource)) == 1


def _decoded(file: Path, resource: Descriptor) -> str:
    encoding = resource.get("encoding") or "utf-8"
    try:
        return file.read_bytes().decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        name = resource["name"]
        raise UnstorableTable(f"The text {name!r} is not in {encoding}: {error}. Declare its `encoding`.") from error


def _refuse_collisions(what: str, names: Iterable[str]) -> None:
    if twice := collision(names):
        raise UnstorableTable(f"Among the {what}, {collision_words(twice)}. Rename one.")


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    return connection.execute(sql).fetchall()[0][0]


def _names(fields: str | Sequence[str]) -> tuple[str, ...]:
    """The standard allows one name or a list."""
    return (fields,) if isinstance(fields, str) else tuple(fields)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
