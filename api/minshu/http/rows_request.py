"""What a request for the rows of a table asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Self, cast, get_args

from minshu.browse import Table
from minshu.errors import BadParameter
from minshu.filters import FACET, RowQuery, parse_facets
from minshu.manifest import ReleasedColumn
from minshu.settings import Settings

Count = Literal["none", "exact"]
Shape = Literal["objects", "arrays"]
Params = Sequence[tuple[str, str]]
OWN: Final = ("_size", "_next", "_count", "_shape")


@dataclass(frozen=True)
class RowsRequest:
    """What the parameters of a request for rows ask."""

    query: RowQuery
    size: int
    token: str | None
    count: bool
    shape: Shape
    facets: tuple[ReleasedColumn, ...]

    @classmethod
    def of(cls, params: Params, table: Table, settings: Settings) -> Self:
        """The parameters, parsed. Raises BadParameter, BadFilter or ColumnNotFound."""
        own = _own(params)
        return cls(
            RowQuery.from_params(params, table.released_columns, (*OWN, FACET)),
            page_size(own.get("_size"), settings),
            own.get("_next"),
            _choice("_count", own.get("_count", "none"), get_args(Count)) == "exact",
            cast("Shape", _choice("_shape", own.get("_shape", "objects"), get_args(Shape))),
            parse_facets([value for name, value in params if name == FACET], table.released_columns),
        )


def _own(params: Params) -> dict[str, str]:
    """The parameters that are not of the query itself. One given twice would leave open which was meant."""
    own = [(name, value) for name, value in params if name in OWN]
    twice = {name for name, _ in own if [other for other, _ in own].count(name) > 1}
    if twice:
        raise BadParameter(f"{', '.join(sorted(twice))} can be given once.")
    return dict(own)


def page_size(text: str | None, settings: Settings) -> int:
    """How many rows a page is to have. Raises BadParameter."""
    if text is None:
        return min(settings.page_size, settings.page_size_max)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= settings.page_size_max):
        raise BadParameter(f"_size is {text!r}, but must be a whole number from 1 to {settings.page_size_max}.")
    return int(text)


def _choice(name: str, text: str, choices: Sequence[str]) -> str:
    if text not in choices:
        raise BadParameter(f"{name} is {text!r}, but must be {' or '.join(choices)}.")
    return text
