"""The errors of rows that SQL found suspect, made by frictionless itself, so that no word of them differs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from frictionless import errors as kinds
from frictionless.table.row import Row


@dataclass
class Marks:
    """What keys tell of rows, by the row's number.

    `unique` and `primary` name the latest earlier row with the same value; `foreign` the broken keys' positions.
    """

    unique: dict[str, dict[int, int]] = field(default_factory=dict)
    primary: dict[int, int] = field(default_factory=dict)
    foreign: dict[int, set[int]] = field(default_factory=dict)

    @property
    def rows(self) -> set[int]:
        """All rows that a key tells something of."""
        numbers = {*self.primary, *(row for found in self.foreign.values() for row in found)}
        return numbers.union(*self.unique.values())


@dataclass(frozen=True)
class Judge:
    """Makes the errors of single rows as frictionless's row stream does, in its order."""

    handlers: dict[str, Any]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[Mapping[str, Any], ...]
    marks: Marks

    def errors(self, number: int, cells: list[Any]) -> Iterable[Any]:
        """The errors of one row, none where it turns out to be fine."""
        row = Row(cells, handlers=self.handlers, row_number=number)
        self._unique(row)
        if self.primary_key:
            self._primary(row)
        for position, foreign in enumerate(self.foreign_keys):
            self._foreign(row, position, foreign)
        found: Iterable[Any] = row.errors
        return found

    def _unique(self, row: Any) -> None:
        for name, earlier in self.marks.unique.items():
            # Reading a cell has its errors noted, so all are read, as frictionless does.
            if row[name] is not None and row.row_number in earlier:
                note = f"the same as in the row at position {earlier[row.row_number]}"
                row.errors.append(kinds.UniqueError.from_row(row, note=note, field_name=name))

    def _primary(self, row: Any) -> None:
        cells = tuple(row[name] for name in self.primary_key)
        if set(cells) == {None}:
            note = 'cells composing the primary keys are all "None"'
            row.errors.append(kinds.PrimaryKeyError.from_row(row, note=note))
        elif row.row_number in self.marks.primary:
            note = f"the same as in the row at position {self.marks.primary[row.row_number]}"
            row.errors.append(kinds.PrimaryKeyError.from_row(row, note=note))

    def _foreign(self, row: Any, position: int, foreign: Mapping[str, Any]) -> None:
        cells = tuple(row[name] for name in foreign["fields"])
        if set(cells) == {None} or row.row_number not in self.marks.foreign.get(position, ()):
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
