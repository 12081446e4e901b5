"""What every form of a difference is made from, for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from minshu.diff.bump import Bump
from minshu.diff.cells import RowChange
from minshu.diff.model import Change, Difference, SideName, TableDifference
from minshu.diff.wording import sentence
from minshu.reports.cells import shortened, visible
from minshu.reports.language import Language

SIGNS: Mapping[str, str] = {"removed": "-", "added": "+", "changed": "~"}
_VERDICTS: Mapping[Bump, str] = {Bump.none: "无变化", Bump.patch: "修订", Bump.minor: "次版本", Bump.major: "主版本"}


@dataclass(frozen=True)
class View:
    """A difference, some of its rows by table, and the language to write in."""

    difference: Difference
    language: Language
    rows: Mapping[str, Sequence[RowChange]] = field(default_factory=dict)
    colour: bool = False

    def either(self, english: str, chinese: str) -> str:
        """The one in the language of the view."""
        return english if self.language is Language.en else chinese

    @property
    def title(self) -> str:
        """What was compared."""
        return f"{_named(self.difference.old)} → {_named(self.difference.new)}"

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        return self.bump(self.difference.verdict)

    def bump(self, bump: Bump) -> str:
        """A bump in words."""
        return self.either("nothing changed" if bump is Bump.none else bump, _VERDICTS[bump])

    def sentence(self, change: Change) -> str:
        """A change in words."""
        return visible(sentence(change, self.language))

    def counts(self, table: TableDifference) -> str:
        """How many rows of a table differ."""
        rows = table.rows
        return self.either(
            f"{rows.old:,} → {rows.new:,} rows: {rows.added:,} new, {rows.removed:,} gone, {rows.changed:,} changed",
            f"{rows.old:,} → {rows.new:,} 行：新增 {rows.added:,}，删除 {rows.removed:,}，改变 {rows.changed:,}",
        )

    def pairing(self, table: TableDifference) -> str:
        """What pairs the rows of a table."""
        if table.key is None:
            return self.either("without a key, as a multiset", "无主键，按多重集比较")
        return self.either("by ", "按 ") + visible(", ".join(table.key))

    def unlisted(self, table: TableDifference) -> str:
        """How many rows that differ are not listed; empty where all are."""
        more = table.rows.added + table.rows.removed + table.rows.changed - len(self.rows.get(table.name, ()))
        if not more:
            return ""
        return self.either(f"… and {more:,} more row{'' if more == 1 else 's'}", f"……另有 {more:,} 行")

    def cells(self, table: TableDifference, change: RowChange) -> list[str]:
        """A row in words: its key and the cells that differ, or all cells of one that came or went."""
        row = change.new if change.new is not None else change.old or {}
        if change.kind != "changed" or change.old is None:
            return [f"{shortened(name)}={_cell(value)}" for name, value in row.items()]
        before = dict(zip(table.fields, table.old_fields, strict=True))
        named = [f"{shortened(name)}={_cell(row[name])}" for name in table.key or ()]
        return named + [
            f"{shortened(name)}: {_cell(change.old[before[name]])} → {_cell(row[name])}" for name in change.fields
        ]


def _named(side: SideName) -> str:
    return visible(" ".join(filter(None, (side.name, side.version)))) or "?"


def _cell(value: Any) -> str:
    return "∅" if value is None else shortened(value if isinstance(value, str) else str(value)) or '""'
