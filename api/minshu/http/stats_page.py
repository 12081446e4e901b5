"""The page of the statistics of a table."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from minshu.browse import Release, Table
from minshu.http import describe
from minshu.http.answers import page
from minshu.http.cells import Cells
from minshu.http.column_figures import Counted, share, spread
from minshu.http.dependencies import Services
from minshu.http.facets import only
from minshu.http.language import language_of
from minshu.http.links import Links, PageLinks
from minshu.http.table_words import type_words
from minshu.manifest import ReleasedColumn, ReleasedTable
from minshu.records import naming_of
from minshu.stats import TEXT_SHOWN


def stats_page(request: Request, services: Services, release: Release, table: Table) -> Response:
    """The statistics of each column, with charts, and links to the rows of frequent values."""
    site = Links.of(request, services.settings)
    links = PageLinks.within(site, request.scope["state"].get("language"))
    language = language_of(request)
    labels = naming_of(release, table.entry).labels
    counted = {column["name"]: column for column in table.stats()["columns"]}
    columns = [
        {
            "name": column.name,
            "title": column.title,
            "description": column.description,
            "anchor": anchor(table.entry, column.name),
            "type": type_words(column, language),
            "sql_type": column.type,
            **_shown(
                release,
                table.entry,
                column,
                counted[column.name],
                Cells(language, column.type, labels.get(column.name, {})),
                links,
            ),
        }
        for column in table.released_columns
    ]
    text = services.pages.render(
        "stats.html",
        request,
        release=describe.identity(release, links),
        table=table.entry,
        columns=columns,
        rows=links.rows(release.name, release.version, table.entry.name),
    )
    return page(request, text)


def anchor(table: ReleasedTable, name: str) -> str:
    """Where a column stands on the page."""
    return f"column-{[column.name for column in table.columns].index(name) + 1}"


def _shown(
    release: Release, table: ReleasedTable, column: ReleasedColumn, counted: Counted, cells: Cells, links: PageLinks
) -> dict[str, Any]:
    """The figures of a column as they are read."""
    figures = [(name, cells.short(counted[name])) for name in ("min", "max", "mean") if name in counted]
    quantiles = counted.get("quantiles", {})
    return {
        "counted": counted,
        "nulls": share(counted["nulls"], table.rows) if counted["nulls"] else None,
        "spread": spread(counted, cells),
        "figures": dict(figures) | {share: cells.short(value) for share, value in quantiles.items()},
        "top": [
            {
                "value": cells.short(item["value"]),
                "count": item["count"],
                "share": share(item["count"], table.rows),
                "url": _url(release, table, column.name, item["value"], links),
            }
            for item in counted.get("top", ())
        ],
    }


def _url(release: Release, table: ReleasedTable, name: str, value: object, links: PageLinks) -> str | None:
    """Where the rows of a value are; None for a text of which only the beginning is told."""
    if isinstance(value, str) and len(value) > TEXT_SHOWN:
        return None
    return links.rows(release.name, release.version, table.name, [only(name, value)])
