"""Rows asked for by `column__operator=value` pairs: parsed, typed, and turned into SQL with bound parameters.

`docs/rows.md` is the reader's side of this module.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from minshu.errors import BadFilter, BadParameter, ColumnNotFound
from minshu.identifiers import quoted
from minshu.manifest import ReleasedColumn
from minshu.operators import OPERATORS, PATTERN_MAX
from minshu.search import SEARCH, Search, parse_search
from minshu.values import TEXT, Kind, bound_type, kind_of

SORT, COLUMNS, FACET = "_sort", "_cols", "_facet"
FACETS_MAX = 10
_YES, _NO = ("", "1", "true"), ("0", "false")
_OPPOSITE = {"isnull": "notnull", "notnull": "isnull"}
_UNSORTABLE = ("json", "written", "other")
_EMPTY_LIST = {"in": "false", "notin": "true"}

Reference = Callable[[str], str]
"""How SQL refers to a column, by the column's name."""


@dataclass(frozen=True)
class Filter:
    """One condition: the column and its DuckDB type, the operator, and the values in their canonical text."""

    column: str
    type: str
    operator: str
    values: tuple[str, ...] = ()

    def where_sql(self, reference: Reference = quoted) -> tuple[str, list[str]]:
        """The condition in SQL, and the parameters of its question marks."""
        operator = OPERATORS[self.operator]
        column = reference(self.column)
        if self.type == "JSON":
            column = f"CAST({column} AS VARCHAR)"  # Else DuckDB reads the value as JSON, and fails.
        if operator.arity == "many" and not self.values:
            return _EMPTY_LIST[self.operator], []
        bound = [f"CAST(? AS {bound_type(self.type, self.values)})" for _ in self.values]
        sql = operator.sql.format(*bound, column=column, values=", ".join(bound))
        return sql, [operator.translate(value) if operator.translate else value for value in self.values]


@dataclass(frozen=True)
class SortKey:
    """One column to sort by. Nulls come last in either direction."""

    column: str
    type: str
    descending: bool = False


@dataclass(frozen=True)
class RowQuery:
    """Which rows of a table, in which order, with which columns. The default is the whole table as published."""

    filters: tuple[Filter, ...] = ()
    sort: tuple[SortKey, ...] = ()
    columns: tuple[str, ...] | None = None
    search: Search | None = None

    @classmethod
    def from_params(
        cls, params: Sequence[tuple[str, str]], columns: Sequence[ReleasedColumn], reserved: Collection[str] = ()
    ) -> Self:
        """The query that a URL's decoded parameters ask for.

        `_sort`, `_cols` and `_search` are read here; `reserved` names the other parameters with `_` that the caller
        reads itself.
        Raises BadFilter, ColumnNotFound, or BadParameter.
        """
        own, known = {name for name, _ in params if is_parameter(name, columns)}, (SORT, COLUMNS, SEARCH, *reserved)
        for name in sorted(own.difference(known)):
            raise BadParameter(_unknown_parameter(name, known, columns))
        return cls(
            filters=parse_filters([(name, value) for name, value in params if name not in own], columns),
            sort=parse_sort([value for name, value in params if name == SORT], columns),
            columns=parse_columns([value for name, value in params if name == COLUMNS], columns),
            search=parse_search([value for name, value in params if name == SEARCH], text_columns(columns)),
        )

    @property
    def is_narrow(self) -> bool:
        """Whether it may leave rows out."""
        return bool(self.filters or self.search)

    @property
    def text(self) -> str:
        """The canonical text: equal for equal questions, so that it can be a cache's key or part of an ETag."""
        filters = [[item.column, item.operator, *item.values] for item in self.filters]
        sort = [[key.column, "desc" if key.descending else "asc"] for key in self.sort]
        words = [self.search.words] if self.search else []
        return json.dumps([filters, sort, self.columns, *words], ensure_ascii=False, separators=(",", ":"))

    def where_sql(self, reference: Reference = quoted) -> tuple[str, list[str]]:
        """All conditions in SQL, `true` where there is none, and the parameters of their question marks."""
        conditions = [item.where_sql(reference) for item in self.filters]
        if self.search:
            conditions.append(self.search.where_sql(reference))
        return (
            " AND ".join(f"({sql})" for sql, _ in conditions) or "true",
            [value for _, values in conditions for value in values],
        )


def parse_filters(params: Iterable[tuple[str, str]], columns: Sequence[ReleasedColumn]) -> tuple[Filter, ...]:
    """The conditions of `column__operator=value` pairs: sorted, each once, for the order of `AND` means nothing.

    Raises BadFilter or ColumnNotFound.
    """
    filters = {_filter(name, value, columns) for name, value in params}
    return tuple(sorted(filters, key=lambda item: (item.column, item.operator, item.values)))


def parse_sort(values: Iterable[str], columns: Sequence[ReleasedColumn]) -> tuple[SortKey, ...]:
    """The keys of `_sort=a,-b`. Raises ColumnNotFound or BadParameter."""
    keys = tuple(_sort_key(item, columns) for value in values if value for item in _items(SORT, value))
    _refuse_repeated(SORT, (key.column for key in keys))
    return keys


def parse_columns(values: Iterable[str], columns: Sequence[ReleasedColumn]) -> tuple[str, ...] | None:
    """The columns of `_cols=a,b`, in the order asked for; None where that is the whole table as it is.

    Raises ColumnNotFound or BadParameter.
    """
    names = tuple(_column(item, columns).name for value in values if value for item in _items(COLUMNS, value))
    _refuse_repeated(COLUMNS, names)
    return None if not names or names == tuple(column.name for column in columns) else names


def kind(column: ReleasedColumn) -> Kind:
    """What the values of a column are."""
    return kind_of(column.type, column.field_type)


def text_columns(columns: Iterable[ReleasedColumn]) -> tuple[str, ...]:
    """The columns that a search looks through."""
    return tuple(column.name for column in columns if kind(column) is TEXT)


def can_be_counted(column: ReleasedColumn) -> bool:
    """Whether the values of a column can be told apart, so that each has its rows."""
    return kind(column).name in OPERATORS["eq"].kinds


def can_be_sorted(column: ReleasedColumn) -> bool:
    """Whether the values of a column have an order."""
    return kind(column).name not in _UNSORTABLE


def parse_facets(values: Iterable[str], columns: Sequence[ReleasedColumn]) -> tuple[ReleasedColumn, ...]:
    """The columns of `_facet=a`, each once. Raises ColumnNotFound or BadParameter."""
    found = tuple(dict.fromkeys(_column(value, columns) for value in values))
    for column in found:
        if not can_be_counted(column):
            raise BadParameter(f"The column {column.name!r} holds {kind(column).plural}, which cannot be told apart.")
    if len(found) > FACETS_MAX:
        raise BadParameter(f"{FACET} can be given for {FACETS_MAX} columns, not {len(found)}.")
    return found


def operators_for(column: ReleasedColumn) -> tuple[str, ...]:
    """The operators that fit a column."""
    return tuple(name for name, operator in OPERATORS.items() if kind(column).name in operator.kinds)


# -- names --------------------------------------------------------------------------------------------------------


def filter_name(name: str, columns: Sequence[ReleasedColumn]) -> tuple[str, str]:
    """The column and the operator that the name of a filter stands for. Neither need be there."""
    return _split(name, columns) or (name, "eq")


def is_parameter(name: str, columns: Sequence[ReleasedColumn]) -> bool:
    """Whether a name is that of a parameter of the service's own, and not that of a filter."""
    return name.startswith("_") and _split(name, columns) is None


def _split(name: str, columns: Sequence[ReleasedColumn]) -> tuple[str, str] | None:
    """The column and the operator of `column__operator`, if both exist.

    Where they do, this reading comes first, even if another column has the whole as its name: that one is still
    reached by its own `…__eq`, whereas the other way round some conditions could not be written at all.
    """
    head, mark, tail = name.rpartition("__")
    return (head, tail) if mark and tail in OPERATORS and _find(head, columns) else None


def _find(name: str, columns: Sequence[ReleasedColumn]) -> ReleasedColumn | None:
    return next((column for column in columns if column.name == name), None)


def _column(name: str, columns: Sequence[ReleasedColumn]) -> ReleasedColumn:
    found = _find(name, columns)
    if found is None:
        raise ColumnNotFound(name, (column.name for column in columns))
    return found


def _unknown_parameter(name: str, known: Iterable[str], columns: Sequence[ReleasedColumn]) -> str:
    if _find(name, columns):
        return f"Names with _ in front are the service's own. Write {name}__eq=… for the column {name!r}."
    return f"There is no parameter {name!r} here. Known: {', '.join(known)}, and filters as column__operator=value."


# -- filters ------------------------------------------------------------------------------------------------------


def _filter(name: str, text: str, columns: Sequence[ReleasedColumn]) -> Filter:
    head, operator_name = filter_name(name, columns)
    column = _find(head, columns)
    if column is None:
        raise _unknown_name(name, columns)
    operator = OPERATORS[operator_name]
    if kind(column).name not in operator.kinds:
        raise BadFilter(
            f"{operator_name!r} does not fit the column {column.name!r}, which holds {kind(column).plural}. "
            f"What fits: {', '.join(operators_for(column))}."
        )
    if operator.arity == "none":
        return Filter(column.name, column.type, _null_test(name, operator_name, text))
    return _with_values(name, column, operator_name, text)


def _unknown_name(name: str, columns: Sequence[ReleasedColumn]) -> Exception:
    head, _, tail = name.rpartition("__")
    if _find(head, columns):
        return BadFilter(f"There is no operator {tail!r}. Known operators: {', '.join(OPERATORS)}.")
    return ColumnNotFound(head if tail in OPERATORS else name, (column.name for column in columns))


def _null_test(name: str, operator: str, text: str) -> str:
    if text not in (*_YES, *_NO):
        raise BadFilter(f"{name} takes no value, or true or false; not {_shown(text)}.")
    return _OPPOSITE[operator] if text in _NO else operator


def _with_values(name: str, column: ReleasedColumn, operator_name: str, text: str) -> Filter:
    operator = OPERATORS[operator_name]
    texts = [text] if operator.arity == "one" else _items(name, text)
    if operator.arity == "two" and len(texts) != 2:
        example = kind(column).example
        raise BadFilter(f"{name} takes two values, as in {name}={example},{example}; not {_shown(text)}.")
    values = tuple(_canonical(name, column, item) for item in texts)
    if operator.arity == "many":
        values = tuple(sorted(set(values)))
    if operator.translate:
        _check_pattern(name, operator.translate, text)
    try:
        bound_type(column.type, values)
    except ValueError as error:
        raise _misfit(name, column, text) from error
    return Filter(column.name, column.type, operator_name, values)


def _canonical(name: str, column: ReleasedColumn, text: str) -> str:
    try:
        return kind(column).canonical(text)
    except ValueError as error:
        raise _misfit(name, column, text) from error


def _misfit(name: str, column: ReleasedColumn, text: str) -> BadFilter:
    return BadFilter(
        f"The column {column.name!r} holds {kind(column).plural} ({column.type}), and {_shown(text)} does not fit. "
        f"Write for example {name}={kind(column).example}."
    )


def _check_pattern(name: str, translate: Callable[[str], str], pattern: str) -> None:
    if len(pattern) > PATTERN_MAX:
        raise BadFilter(f"The pattern of {name} may have {PATTERN_MAX} characters; it has {len(pattern)}.")
    try:
        translate(pattern)
    except ValueError as error:
        raise BadFilter(f"The pattern {pattern!r} has a set that is empty or runs backwards. Write [a-z].") from error


# -- lists --------------------------------------------------------------------------------------------------------


def _items(name: str, text: str) -> list[str]:
    """The parts of a list: JSON where it begins with `[`, so that a part may hold a comma, else split at commas."""
    if not text.startswith("["):
        return text.split(",")
    try:
        # The digits stay as they were written: a float would change them.
        items = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        return list(_texts(items))
    except (ValueError, RecursionError) as error:
        raise BadFilter(
            f'{name}: what begins with [ is read as a JSON array of texts or numbers, as in ["a,b","c"]. '
            f"{_shown(text)} is none."
        ) from error


def _texts(items: Iterable[object]) -> Iterator[str]:
    for item in items:
        if isinstance(item, bool):
            yield "true" if item else "false"
        elif isinstance(item, str):
            yield item
        else:
            raise ValueError(item)  # noqa: TRY004  # It is the value of a parameter that is wrong.


def _sort_key(item: str, columns: Sequence[ReleasedColumn]) -> SortKey:
    column, descending = _direction(item, columns)
    if not can_be_sorted(column):
        raise BadParameter(f"The column {column.name!r} holds {kind(column).plural}: rows cannot be sorted by it.")
    return SortKey(column.name, column.type, descending)


def _direction(item: str, columns: Sequence[ReleasedColumn]) -> tuple[ReleasedColumn, bool]:
    """`a__asc`, `a__desc`, `-a` and `a`, read in this order; so any column is reached, whatever its name."""
    head, _, tail = item.rpartition("__")
    if tail in ("asc", "desc") and (column := _find(head, columns)):
        return column, tail == "desc"
    if item.startswith("-") and (column := _find(item[1:], columns)):
        return column, True
    return _column(item, columns), False


def _refuse_repeated(parameter: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise BadParameter(f"{parameter} names the column {name!r} {count} times.")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:80]}…")
