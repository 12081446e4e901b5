"""The errors of rows, made by frictionless itself, so that no word of them differs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from frictionless import errors as kinds
from frictionless.table.row import Row

from minshu.structure.keys import Keys


@dataclass
class Marks:
    """What keys tell of rows, by the row's number.

    `repeated` names, for each key, the latest earlier row with the same value; `foreign` the rows that point nowhere.
    """

    repeated: dict[tuple[str, ...], dict[int, int]] = field(default_factory=dict)
    foreign: dict[int, set[int]] = field(default_factory=dict)

    @property
    def rows(self) -> set[int]:
        """All rows that a key tells something of."""
        return {row for found in (*self.repeated.values(), *self.foreign.values()) for row in found}

    def earlier(self, key: tuple[str, ...], row: int) -> int | None:
        """The latest earlier row with the same key, if any."""
        return self.repeated.get(key, {}).get(row)


@dataclass(frozen=True)
class Judge:
    """Makes the errors of single rows as frictionless's row stream does, in its order."""

    keys: Keys
    marks: Marks

    def errors(self, row: Row) -> list[Any]:
        """The errors of one row, none where it turns out to be fine."""
        for name in self.keys.fields:
            self._unique_field(row, name)
        if self.keys.primary:
            self._primary(row)
        for key in self.keys.unique:
            self._unique_key(row, key)
        for position, foreign in enumerate(self.keys.foreign):
            self._foreign(row, position, foreign)
        return list(row.errors)

    def _unique_field(self, row: Row, name: str) -> None:
        earlier = self.marks.earlier((name,), row.row_number)
        # Reading a cell has its errors noted, so all are read, as frictionless does.
        if row[name] is not None and earlier:
            row.errors.append(kinds.UniqueError.from_row(row, note=_same(earlier), field_name=name))

    def _primary(self, row: Row) -> None:
        missing = [name for name in self.keys.primary if row[name] is None]
        earlier = self.marks.earlier(self.keys.primary, row.row_number)
        if len(missing) == len(self.keys.primary):
            note = 'cells composing the primary keys are all "None"'
        elif missing:
            note = f'cells composing the primary keys are "None": "{", ".join(missing)}"'
        elif earlier:
            note = _same(earlier)
        else:
            return
        row.errors.append(kinds.PrimaryKeyError.from_row(row, note=note))

    def _unique_key(self, row: Row, key: tuple[str, ...]) -> None:
        earlier = self.marks.earlier(key, row.row_number)
        if earlier and all(row[name] is not None for name in key):
            note = f'unique key "{", ".join(key)}" is {_same(earlier)}'
            row.errors.append(kinds.RowError.from_row(row, note=note))

    def _foreign(self, row: Row, position: int, foreign: Mapping[str, Any]) -> None:
        cells = tuple(row[name] for name in foreign["fields"])
        if all(cell is None for cell in cells) or row.row_number not in self.marks.foreign.get(position, ()):
            return
        reference = foreign["reference"]
        names = ", ".join(foreign["fields"]), ", ".join(reference["fields"])
        values = ", ".join(map(str, cells))
        table = f'the lookup table "{reference["resource"]}" as "{names[1]}"'
        note = f'for "{names[0]}": values "{values}" not found in {table}'
        row.errors.append(
            kinds.ForeignKeyError.from_row(
                row,
                note=note,
                field_names=list(foreign["fields"]),
                field_values=list(cells),
                reference_name=reference["resource"],
                reference_field_names=list(reference["fields"]),
            )
        )


def start_errors(probe: Any) -> Iterable[Any]:
    """The errors of an opened table that are known before its rows: of an empty source, and of the header."""
    if not (probe.labels or probe.fragment):
        yield kinds.SourceError(note="the source is empty")
    yield from probe.header.errors


def _same(row: int) -> str:
    return f"the same as in the row at position {row}"
