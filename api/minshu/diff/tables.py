"""One table of both sides, its rows paired and compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from minshu.descriptors import paths_of
from minshu.diff.model import RowCounts, TableDifference
from minshu.diff.pairing import paired_fields, renaming_candidates
from minshu.diff.rows import TablePair, count_kinds, field_pair, find_by_key, find_by_value, is_no_key, prove_equal
from minshu.diff.side import Side
from minshu.manifest import ReleasedTable

OLD, NEW = "old", "new"

# Old names of fields by their new ones.
Fields = Mapping[str, str]


@dataclass(frozen=True)
class Found:
    """The rows that differ: their counts, and where they stand - a table of positions, of the pair of tables.

    Neither is there for tables that hold the same rows for certain.
    """

    difference: TableDifference
    positions: str | None = None
    pair: TablePair | None = None


def table_pair(
    old: ReleasedTable, new: ReleasedTable, relations: tuple[str, str], fields: Fields, key: Iterable[str] | None
) -> TablePair:
    """A table of both sides, each a relation, with the fields that both have and those that pair their rows."""
    pairs = {now: field_pair(old.columns, new.columns, then, now) for now, then in fields.items()}
    return TablePair(*relations, tuple(pairs.values()), tuple(pairs[field] for field in key or ()))


class TableComparison:
    """A table of both sides, which are attached in the connection: `was` is what it was called, `name` what it is."""

    def __init__(self, old: Side, new: Side, was: str, name: str, connection: duckdb.DuckDBPyConnection) -> None:
        self._old, self._new, self._was, self._name, self._connection = old, new, was, name, connection
        self._before, self._after = old.tables[was], new.tables[name]

    def found(self) -> Found:
        """The rows that differ."""
        fields: Fields = paired_fields(self._before.columns, self._after.columns)
        counts = RowCounts(old=self._before.rows, new=self._after.rows)
        if self._is_same():
            return Found(self._told(fields, self._after.primary_key or None, counts))
        fields = self._with_renamed(fields)
        key = self._key(fields)
        pair, target = self._pair(fields, key), f"rows_{self._name}"
        removed, added, changed, *cells = self._count(pair, target)
        counts = counts.model_copy(update={"removed": removed, "added": added, "changed": changed})
        names = (field.name for field in pair.values)
        by_field = {name: count for name, count in zip(names, cells, strict=False) if count}
        return Found(self._told(fields, key, counts).model_copy(update={"cells": by_field}), target, pair)

    def _told(self, fields: Fields, key: tuple[str, ...] | None, rows: RowCounts) -> TableDifference:
        return TableDifference(
            name=self._name,
            old_name=self._was,
            fields=tuple(fields),
            old_fields=tuple(fields.values()),
            key=key,
            rows=rows,
        )

    def _is_same(self) -> bool:
        """Whether the rows are known to be the same without looking at them."""
        if self._before.columns != self._after.columns:
            return False
        digest = self._old.digests.get(self._was)
        if digest is not None and digest == self._new.digests.get(self._name):
            return True
        resource = self._new.resources[self._name]
        if resource != self._old.resources[self._was]:
            return False
        digests = [(self._old.files.get(path), self._new.files.get(path)) for path in paths_of(resource)]
        return bool(digests) and all(here is not None and here == there for here, there in digests)

    def _count(self, pair: TablePair, target: str) -> tuple[int, ...]:
        for statement in find_by_key(pair, target) if pair.key else find_by_value(pair, target):
            self._connection.execute(statement)
        return self._one(count_kinds(target, len(pair.values) if pair.key else 0))

    # -- pairing ------------------------------------------------------------------------------------------------------

    def _with_renamed(self, fields: Fields) -> Fields:
        """The fields of both sides in the new order, those among them that the values prove to be renamed."""
        candidates = renaming_candidates(self._before.columns, self._after.columns)
        both = {**fields, **(self._proven(fields, candidates) if candidates else {})}
        return {column.name: both[column.name] for column in self._after.columns if column.name in both}

    def _proven(self, fields: Fields, candidates: Fields) -> Fields:
        both = {**fields, **candidates}
        key = self._key(both)
        pair = self._pair(both, key)
        if key is None:
            removed, added, _ = self._count(pair, f"proof_{self._name}")
            return candidates if self._before.rows and not removed and not added else {}
        if not {*key}.isdisjoint(candidates) and not self._is_key_proven(pair):
            return {}
        suspects = [field for field in pair.fields if field.name in candidates]
        _, *proofs = self._one(prove_equal(pair, suspects))
        proven = zip(suspects, proofs[::2], proofs[1::2], strict=True)
        return {field.name: candidates[field.name] for field, same, some in proven if same and some}

    def _is_key_proven(self, pair: TablePair) -> bool:
        """Whether a key of renamed fields pairs every old row with one that is the same in all else.

        That it pairs rows is no proof: serial numbers would as well.
        """
        paired, *proofs = self._one(prove_equal(pair, pair.values))
        return bool(pair.values) and paired == self._before.rows and all(proofs[::2])

    def _key(self, fields: Fields) -> tuple[str, ...] | None:
        """The fields that name the rows of both sides: the key of both, else one side's that is one on the other."""
        before, after = self._before.primary_key, self._after.primary_key
        now_of = {then: now for now, then in fields.items()}
        then = tuple(now_of[field] for field in before) if before and {*before} <= {*now_of} else None
        now = after if after and {*after} <= {*fields} else None
        if now and then and {*now} == {*then}:
            return now
        return next((key for key in (now, then) if key and self._is_key(fields, key)), None)

    def _is_key(self, fields: Fields, key: tuple[str, ...]) -> bool:
        pair = self._pair(fields, key)
        sides = ((pair.old, [field.old for field in pair.key]), (pair.new, [field.new for field in pair.key]))
        return not any(self._one(is_no_key(relation, columns))[0] for relation, columns in sides)

    def _pair(self, fields: Fields, key: Iterable[str] | None) -> TablePair:
        old, new = self._old.relation(self._was, OLD, "o"), self._new.relation(self._name, NEW, "n")
        return table_pair(self._before, self._after, (old, new), fields, key)

    def _one(self, sql: str) -> tuple[int, ...]:
        (row,) = self._connection.execute(sql).fetchall()
        return tuple(row)
