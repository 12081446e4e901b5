"""`diff.json`: what changed between two states of a data package, with counts of rows and never the rows."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from minshu.diff.bump import Bump, heaviest

LAYOUT = 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SideName(_Frozen):
    """One of the two that were compared. `sha256` is a release's digest; a package on disk has none."""

    name: str | None = None
    version: str | None = None
    sha256: str | None = None


class Change(_Frozen):
    """One change, the rule of `docs/versions.md` that it falls under, and what that takes of the version.

    `old` and `new` are the values of the `property`, or the names, where there are such; `count` is that of rows or
    cells. `sentence` says all of it in English.
    """

    rule: str
    bump: Bump
    resource: str | None = None
    field: str | None = None
    property: str | None = None
    old: Any = None
    new: Any = None
    count: int | None = None
    sentence: str = ""


class RowCounts(_Frozen):
    """How many rows there were and are. A changed row has the key of an old one and another value in some cell."""

    old: int
    new: int
    added: int = 0
    removed: int = 0
    changed: int = 0

    @property
    def unchanged(self) -> int:
        """The rows that are on both sides, the same in all fields that both have."""
        return self.new - self.added - self.changed


class TableDifference(_Frozen):
    """The rows of one table, in the `fields` that both sides have. `old_name` and `old_fields` are their old names.

    Rows are paired by the fields of `key`. Without one, equal rows are counted: a row that was corrected is one removed
    and one added. `cells` are the changed cells by field.
    """

    name: str
    old_name: str
    fields: tuple[str, ...]
    old_fields: tuple[str, ...]
    key: tuple[str, ...] | None = None
    rows: RowCounts
    cells: dict[str, int] = {}


class Difference(_Frozen):
    """All that `diff.json` says. The verdict is the heaviest bump of the changes."""

    layout: int = LAYOUT
    old: SideName
    new: SideName
    verdict: Bump
    changes: tuple[Change, ...]
    tables: tuple[TableDifference, ...]

    @property
    def causes(self) -> tuple[Change, ...]:
        """The changes that the verdict is due to."""
        return tuple(change for change in self.changes if change.bump == self.verdict)

    def of_version(self, version: str) -> Self:
        """The same, the new side having this version."""
        return self.model_copy(update={"new": self.new.model_copy(update={"version": version})})

    def dumps(self) -> bytes:
        """The bytes of `diff.json`."""
        return self.model_dump_json(indent=2, exclude_none=True).encode() + b"\n"


def difference(
    old: SideName, new: SideName, changes: tuple[Change, ...], tables: tuple[TableDifference, ...]
) -> Difference:
    """A difference with its verdict, and its changes by their weight."""
    ordered = tuple(sorted(changes, key=lambda change: -change.bump.weight))
    return Difference(
        old=old, new=new, verdict=heaviest(change.bump for change in changes), changes=ordered, tables=tables
    )
