"""Rows asked for by `column__operator=value` pairs: parsed, typed, and turned into SQL with bound parameters."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

from minshu.manifest import ReleasedColumn


@dataclass(frozen=True)
class Filter:
    """One condition: the column, the operator, and the values in their canonical text."""

    column: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class SortKey:
    """One column to sort by. Nulls come last in either direction."""

    column: str
    descending: bool = False


@dataclass(frozen=True)
class RowQuery:
    """Which rows of a table, in which order, with which columns. The default is the whole table as published."""

    filters: tuple[Filter, ...] = ()
    sort: tuple[SortKey, ...] = ()
    columns: tuple[str, ...] | None = None

    @classmethod
    def from_params(
        cls, params: Sequence[tuple[str, str]], columns: Sequence[ReleasedColumn], reserved: Collection[str] = ()
    ) -> Self:
        """The query that a URL's decoded parameters ask for.

        `_sort` and `_cols` are read here; `reserved` names the other parameters with `_` that the caller reads itself.
        Raises BadFilter, ColumnNotFound, or BadParameter.
        """
        raise NotImplementedError

    @property
    def text(self) -> str:
        """The canonical text: equal for equal questions, so that it can be a cache's key or part of an ETag."""
        raise NotImplementedError
