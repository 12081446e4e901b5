"""What may be asked, for the OpenAPI document. The routes read query strings and bodies themselves."""

from typing import Any, Final, get_args

from minshu.charts.chart import BINS, POINTS, UNITS, VALUE, Aggregate, Mark, Order, Theme, Width
from minshu.charts.choices import AUTO
from minshu.formats import FORMATS
from minshu.http.sql_request import ATTACHED_MAX
from minshu.reports import Language


def parameter(name: str, description: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """A parameter of a query string."""
    told = {"name": name, "in": "query", "required": False, "description": description}
    return {**told, "schema": schema or {"type": "string"}}


_SOME: Final = {"type": "string", "minLength": 1}
_ATTACHED: Final = {
    "type": "array",
    "items": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,62}:[^@]+@.+$"},
    "uniqueItems": True,
    "maxItems": ATTACHED_MAX,
    "examples": [["old:work-points-2019@1.0.1"]],
}
FILTER_PARAMETERS: Final = [
    {
        **parameter(
            "filters",
            "Filters, each `column__operator=value`; `column=value` is `column__eq=value`. All are to hold.",
            {"type": "object", "additionalProperties": {"type": "string"}},
        ),
        "style": "form",
        "explode": True,
    },
    parameter("_search", 'Words that must all occur in the text of a row; a "phrase of several" is one.'),
    parameter("_sort", "The columns to sort by, with commas between; `-` before a name sorts downwards."),
    parameter("_cols", "The columns to give, with commas between; all if left out."),
]
ROW_PARAMETERS: Final = [
    *FILTER_PARAMETERS,
    parameter("_size", "The rows of a page; `/limits` tells the most.", {"type": "integer", "minimum": 1}),
    parameter("_next", "The token of a page, as `next` and `Link` give it."),
    parameter("_count", "`exact` counts all rows of the answer.", {"enum": ["none", "exact"], "default": "none"}),
    {
        **parameter(
            "_facet",
            "A column of which the most frequent values are counted. Repeatable.",
            {"type": "array", "items": {"type": "string"}},
        ),
        "style": "form",
        "explode": True,
    },
    parameter("_shape", "How a row is written.", {"enum": ["objects", "arrays"], "default": "objects"}),
]


def _chosen(*values: str) -> dict[str, Any]:
    """One of these, or an empty text, as forms send where nothing was chosen."""
    return {"enum": [*values, ""]}


CHART_PARAMETERS: Final = [
    *FILTER_PARAMETERS[:2],
    parameter("_mark", "What is drawn for each value of x.", _chosen(*get_args(Mark))),
    parameter("_x", "The column along which the marks stand."),
    parameter(
        "_group",
        "How the values of x are grouped: not at all, by a unit of time, or into so many bins.",
        {**_chosen(AUTO, VALUE, *UNITS, *BINS), "default": AUTO},
    ),
    parameter("_y", "The column of numbers that is measured; the rows are counted if left out."),
    parameter("_aggregate", "What is told of the numbers of a group.", _chosen(*get_args(Aggregate))),
    parameter("_series", "The column whose values have a colour each."),
    parameter("_order", "The order of bars, by x or by y.", {**_chosen(AUTO, *get_args(Order)), "default": AUTO}),
    parameter("_limit", "The most values of x, or points.", {"type": "integer", "minimum": 1, "maximum": POINTS}),
]
PICTURE_PARAMETERS: Final = [
    *CHART_PARAMETERS,
    parameter("_lang", "The language of what is written in it.", {"enum": list(Language), "default": "zh"}),
    parameter("_theme", "Its colours.", {"enum": list(get_args(Theme)), "default": "light"}),
    parameter("_width", "For a page, or for a phone.", {"enum": list(get_args(Width)), "default": "wide"}),
]
SQL_PARAMETERS: Final = [
    {**parameter("dataset", "The dataset whose tables the query reads.", _SOME), "required": True},
    parameter("version", "Its version; the newest if left out.", {"type": "string", "default": "latest"}),
    parameter(
        "attach",
        "A further release, as `alias:name@version`, of which the tables are `alias.table`. Repeatable.",
        _ATTACHED,
    ),
]
DIFF_PARAMETERS: Final = [
    parameter("kind", "Only rows of this kind.", {"enum": ["removed", "added", "changed"]}),
    parameter("_size", "Rows on a page.", {"type": "integer", "minimum": 1}),
    parameter("_next", "The page after, as the page before tells it.", {"type": "string"}),
]
SQL_QUERY_PARAMETERS: Final = [
    *SQL_PARAMETERS,
    {**parameter("q", "One SELECT in DuckDB's SQL. `$name` is the parameter `name`.", _SOME), "required": True},
]
SQL_ANSWER_PARAMETERS: Final = [
    *SQL_QUERY_PARAMETERS,
    parameter("format", "JSON if left out.", {"enum": list(FORMATS)}),
    parameter("limit", "The most rows to give; `/limits` tells the limit.", {"type": "integer", "minimum": 1}),
    {
        **parameter(
            "parameters",
            "Every other parameter is bound to the `$name` of the query, as text.",
            {"type": "object", "additionalProperties": {"type": "string"}},
        ),
        "style": "form",
        "explode": True,
    },
]
_SQL_MEMBERS: Final = {
    "dataset": _SOME,
    "version": {"type": "string", "default": "latest"},
    "q": _SOME,
    "attach": _ATTACHED,
    "format": {"enum": list(FORMATS)},
    "limit": {"type": "integer", "minimum": 1},
}
_VALUE: Final = {"type": ["string", "number", "boolean"]}
SQL_BODY: Final = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["dataset", "q"],
                "properties": {
                    **_SQL_MEMBERS,
                    "parameters": {"type": "object", "additionalProperties": _VALUE},
                },
                "additionalProperties": _VALUE,
            }
        },
        "application/x-www-form-urlencoded": {
            "schema": {
                "type": "object",
                "required": ["dataset", "q"],
                "properties": _SQL_MEMBERS,
                "additionalProperties": {"type": "string"},
            }
        },
    },
}
