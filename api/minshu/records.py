"""Records as people know them: by a title, and by what their publisher lets them be, in words.

Nothing says which column is a record's title, so it is found: one that is called so, else the first of free text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from minshu.access import Reader
from minshu.browse import Release, Table
from minshu.citations import Named
from minshu.descriptors import fields_of
from minshu.errors import BadKey, RowNotFound
from minshu.filters import RowQuery
from minshu.keys import key_of
from minshu.manifest import ReleasedTable

TITLES: Final = ("title", "name", "label", "heading", "question", "标题", "名称", "题名", "姓名", "问题")
"""What columns with titles are called, in lower case; the first goes before the others."""

WHOLE: Final = 3000
"""Rows of a table that is read as a whole rather than row by row."""

Field = Mapping[str, Any]


@dataclass(frozen=True)
class Choice:
    """A cell of a column that has few values: the column, what people call it, the value, and its label."""

    column: str
    title: str
    value: str
    label: str


@dataclass(frozen=True)
class Record:
    """A record by its name, what people call it - None where it has no title - and what it was found to be."""

    named: Named
    title: str | None
    choices: tuple[Choice, ...]
    cells: Mapping[str, Any]


@dataclass(frozen=True)
class Naming:
    """How the records of a table are called."""

    table: ReleasedTable
    fields: Mapping[str, Field]

    def record(self, named: Named, cells: Mapping[str, Any]) -> Record:
        """A record of these cells."""
        return Record(named, self.title(cells), tuple(self._choices(cells)), cells)

    def title(self, cells: Mapping[str, Any]) -> str | None:
        """What people call a record of these cells."""
        title = cells.get(self.column) if self.column else None
        return None if title is None else str(title)

    @cached_property
    def column(self) -> str | None:
        """The column that the titles stand in."""
        foreign = {name for key in self.table.foreign_keys for name in key.fields}
        texts = [one.name for one in self.table.columns if one.field_type == "string" and one.name not in foreign]
        called = {name.casefold(): name for name in reversed(texts)}
        own = [name for name in texts if name not in self.table.primary_key and name not in self.labels]
        named = [called[name] for name in TITLES if name in called]
        return next(iter([*named, *sorted(own, key=self._is_formed)]), None)

    def _is_formed(self, name: str) -> bool:
        """Whether the texts of a column must have a form, as codes have."""
        field = self.fields.get(name, {})
        constraints = field.get("constraints")
        return field.get("format", "default") != "default" or (
            isinstance(constraints, dict) and "pattern" in constraints
        )

    @cached_property
    def labels(self) -> Mapping[str, Mapping[str, str]]:
        """The values that columns may have, with their labels, of those columns that say so."""
        return {name: labels for name, field in self.fields.items() if (labels := _labels(field))}

    def _choices(self, cells: Mapping[str, Any]) -> Iterable[Choice]:
        titles = {column.name: column.title or column.name for column in self.table.columns}
        for name, labels in self.labels.items():
            value = cells.get(name)
            if isinstance(value, str):
                yield Choice(name, titles.get(name, name), value, labels.get(value, value))


def naming_of(release: Release, table: ReleasedTable) -> Naming:
    """How the records of a table of a release are called."""
    return Naming(table, fields_of({"schema": release.schemas.get(table.name)}))


def _labels(field: Field) -> Mapping[str, str]:
    """The values that a field's `categories`, else its `enum`, let it have, each with its label."""
    categories, constraints = field.get("categories"), field.get("constraints")
    enum = constraints.get("enum") if isinstance(constraints, dict) else None
    labels = {value: value for value in enum if isinstance(value, str)} if isinstance(enum, list) else {}
    for item in categories if isinstance(categories, list) else ():
        value = item.get("value") if isinstance(item, dict) else item
        label = item.get("label", value) if isinstance(item, dict) else item
        if isinstance(value, str):
            labels[value] = str(label)
    return labels


class Records:
    """The records of a release that its reader may see. `shown` are the names of their tables."""

    def __init__(self, release: Release, reader: Reader, shown: Iterable[str]) -> None:
        self._release, self._reader, self._shown = release, reader, frozenset(shown)
        self._whole: dict[str, dict[Named, Record]] = {}

    def of(self, names: Iterable[Named]) -> dict[Named, Record]:
        """The records of these names. Those that are not there, or not to be seen, have a name alone."""
        return {named: self._record(named) for named in dict.fromkeys(names)}

    def all_of(self, name: str) -> Sequence[Record]:
        """The records of a table that is small enough to be read as a whole, in its order; none of any other."""
        if name not in self._shown or self._table(name).entry.rows > WHOLE:
            return ()
        return tuple(self._read(name).values())

    def _record(self, named: Named) -> Record:
        unknown = Record(named, None, (), {})
        if named.table not in self._shown:
            return unknown
        table = self._table(named.table)
        if table.entry.rows <= WHOLE:
            return self._read(named.table).get(named, unknown)
        try:
            row = table.row(named.key)
        except (BadKey, RowNotFound):
            return unknown
        return naming_of(self._release, table.entry).record(named, _by_name(table, row.cells))

    def _read(self, name: str) -> dict[Named, Record]:
        if name not in self._whole:
            table = self._table(name)
            naming, found = naming_of(self._release, table.entry), {}
            rows, positions = table.some(RowQuery(), WHOLE)
            for row, position in zip(rows, positions, strict=True):
                cells = _by_name(table, row)
                named = Named(name, key_of(table.entry, cells, position) or (str(position + 1),))
                found[named] = naming.record(named, cells)
            self._whole[name] = found
        return self._whole[name]

    def _table(self, name: str) -> Table:
        return self._release.table(name, self._reader)


def _by_name(table: Table, row: Sequence[Any]) -> dict[str, Any]:
    return dict(zip((column.name for column in table.columns), row, strict=True))
