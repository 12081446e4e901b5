"""The values of a column with the numbers of their rows, each a link to these rows."""

from collections.abc import Iterable, Sequence
from typing import Any

from minshu.browse import Release, Table
from minshu.filters import RowQuery
from minshu.http.links import Links
from minshu.manifest import ReleasedColumn

Params = Sequence[tuple[str, str]]


def facets(
    release: Release, table: Table, query: RowQuery, columns: Iterable[ReleasedColumn], params: Params, links: Links
) -> dict[str, Any]:
    """The most frequent values by column. A value's address adds a filter to `params`, which are the request's."""
    kept = [(name, value) for name, value in params if name != "_next"]
    found = {}
    for column in columns:
        facet = table.facet(query, column.name)
        values = [
            {
                "value": value,
                "count": rows,
                "url": links.rows(release.name, release.version, table.entry.name, [*kept, only(column.name, value)]),
            }
            for value, rows in facet.values
        ]
        found[column.name] = {"values": values, "more": facet.more}
    return found


def only(name: str, value: object) -> tuple[str, str]:
    """The filter that keeps the rows of a value, by the operator's name: so any column is reached."""
    if value is None:
        return f"{name}__isnull", ""
    return f"{name}__eq", str(value).lower() if isinstance(value, bool) else str(value)
