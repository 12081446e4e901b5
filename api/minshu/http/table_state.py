"""The state of the page of a table, and the address that it stands in: each makes the other, so a link is all of it.

The address is that of the rows in JSON: `column__operator=value`, `_search`, `_sort`, `_cols`, `_facet`, `_size`. A
form cannot write the name of a filter, which is made of two of its fields; what it sends in `FORM` is answered with
the address of the state that it asks for.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from minshu.errors import BadRequest, NotFound
from minshu.filters import (
    COLUMNS,
    FACET,
    SORT,
    filter_name,
    is_parameter,
    parse_columns,
    parse_facets,
    parse_filters,
    parse_sort,
)
from minshu.manifest import ReleasedColumn
from minshu.operators import OPERATORS
from minshu.search import SEARCH

Params = Sequence[tuple[str, str]]
Columns = Sequence[ReleasedColumn]

SIZE, NEXT = "_size", "_next"
FILTER_COLUMN, FILTER_OPERATOR, FILTER_VALUE = "_filter_column", "_filter_op", "_filter_value"
COLUMN: Final = "_column"
FORM: Final = (FILTER_COLUMN, FILTER_OPERATOR, FILTER_VALUE, COLUMN)
"""What only the forms of the page send."""


@dataclass(frozen=True)
class Condition:
    """A filter as it is written: its column, its operator and its value, none of which need make sense."""

    column: str = ""
    operator: str = ""
    value: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """The condition as a parameter. It names the operator, so that any column is reached."""
        return f"{self.column}__{self.operator}" if self.operator else self.column, self.value


@dataclass(frozen=True)
class TableState:
    """What a reader has asked of a table. `sort` has the columns, each with whether it is sorted downwards."""

    conditions: tuple[Condition, ...] = ()
    search: str = ""
    sort: tuple[tuple[str, bool], ...] = ()
    columns: tuple[str, ...] | None = None
    facets: tuple[str, ...] = ()
    size: str = ""
    token: str = ""

    @classmethod
    def of(cls, params: Params, columns: Columns) -> Self:
        """The state that stands in an address. What is in no state - `_shape`, `_count` - is passed over.

        Filters and words to search are taken as they are: `fault` tells what is wrong with them.
        Raises ColumnNotFound or BadParameter for the rest.
        """

        def values(name: str) -> list[str]:
            return [value for own, value in params if own == name and is_parameter(own, columns)]

        filters = [(name, value) for name, value in params if not is_parameter(name, columns)]
        return cls(
            conditions=tuple(dict.fromkeys(_condition(name, value, columns) for name, value in filters)),
            search=" ".join(filter(None, values(SEARCH))),
            sort=tuple((key.column, key.descending) for key in parse_sort(values(SORT), columns)),
            columns=parse_columns(values(COLUMNS), columns),
            facets=tuple(column.name for column in parse_facets(values(FACET), columns)),
            size=next(iter(values(SIZE)), ""),
            token=next(iter(values(NEXT)), ""),
        )

    @property
    def narrowed(self) -> list[tuple[str, str]]:
        """The parameters that decide which rows there are."""
        conditions = [condition.pair for condition in self.conditions]
        return [*conditions, (SEARCH, self.search)] if self.search else conditions

    @property
    def question(self) -> list[tuple[str, str]]:
        """The parameters that decide which rows there are, in which order and with which columns: those of exports."""
        sort = [f"{name}__desc" if down else f"{name}__asc" for name, down in self.sort]
        return [
            *self.narrowed,
            *([(SORT, listed(sort))] if sort else []),
            *([(COLUMNS, listed(self.columns))] if self.columns else []),
        ]

    @property
    def params(self) -> list[tuple[str, str]]:
        """The parameters of the address that this state stands in."""
        return [
            *self.question,
            *((FACET, name) for name in self.facets),
            *([(SIZE, self.size)] if self.size else []),
            *([(NEXT, self.token)] if self.token else []),
        ]

    def with_condition(self, condition: Condition) -> Self:
        """The state with one filter more."""
        return self._first(conditions=tuple(dict.fromkeys((*self.conditions, condition))))

    def without_condition(self, condition: Condition) -> Self:
        """The state without a filter."""
        return self._first(conditions=tuple(other for other in self.conditions if other != condition))

    def without_search(self) -> Self:
        """The state with nothing to search."""
        return self._first(search="")

    def with_facet(self, name: str) -> Self:
        """The state with the values of one column more counted."""
        return self._first(facets=tuple(dict.fromkeys((*self.facets, name))))

    def without_facet(self, name: str) -> Self:
        """The state with the values of a column not counted."""
        return self._first(facets=tuple(other for other in self.facets if other != name))

    def sorted_by(self, name: str) -> Self:
        """The state sorted by one column: upwards; downwards where it is already; not at all where it is that."""
        following = {(): ((name, False),), ((name, False),): ((name, True),), ((name, True),): ()}
        return self._first(sort=following.get(self.sort, ((name, False),)))

    def unsorted(self) -> Self:
        """The state in the publisher's order."""
        return self._first(sort=())

    def showing(self, names: Iterable[str], columns: Columns) -> Self:
        """The state with these columns alone, which are all where there are none."""
        shown = tuple(names)
        return replace(self, columns=parse_columns([listed(shown)] if shown else [], columns))

    def at(self, token: str | None) -> Self:
        """The state on another page; None is the first."""
        return replace(self, token=token or "")

    def _first(self, **changed: object) -> Self:
        """Another state, from its first page on: a token belongs to its own question."""
        return replace(self, token="", **changed)  # type: ignore[arg-type]


def listed(names: Sequence[str]) -> str:
    """Names as `_sort` and `_cols` list them: with commas, or in JSON where that would be read as something else."""
    plain = ",".join(names)
    is_plain = plain and not plain.startswith("[") and not any("," in name for name in names)
    return plain if is_plain else json.dumps(names, ensure_ascii=False, separators=(",", ":"))


def form_state(params: Params, columns: Columns) -> TableState | None:
    """The state that a form asks for; None where no form asks, or one that is still to be filled in.

    Raises what `TableState.of` does.
    """
    sent = [(name, value) for name, value in params if name in FORM and is_parameter(name, columns)]
    state = TableState.of([pair for pair in params if pair not in sent], columns)
    shown = [value for name, value in sent if name == COLUMN]
    if shown:
        return state.at(None).showing(shown, columns)
    condition = begun(params)
    if condition.column and condition.operator:
        return state.with_condition(condition)
    emptied = (SEARCH, "") in params
    return state.at(None) if emptied else None


def begun(params: Params) -> Condition:
    """The filter in the form, as far as it is filled in."""
    fields = dict(params)
    condition = Condition(*(fields.get(name, "") for name in (FILTER_COLUMN, FILTER_OPERATOR, FILTER_VALUE)))
    takes_none = condition.operator in OPERATORS and OPERATORS[condition.operator].arity == "none"
    return replace(condition, value="") if takes_none else condition


def fault(state: TableState, columns: Columns) -> tuple[Condition, BadRequest | NotFound] | None:
    """The first filter that makes no sense, and what is wrong with it."""
    for condition in state.conditions:
        try:
            parse_filters([condition.pair], columns)
        except (BadRequest, NotFound) as error:
            return condition, error
    return None


def _condition(name: str, value: str, columns: Columns) -> Condition:
    column, operator = filter_name(name, columns)
    known = any(other.name == column for other in columns)
    return Condition(column, operator, value) if known else Condition(name, "", value)
