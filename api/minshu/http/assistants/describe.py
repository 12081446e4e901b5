"""The tool that describes a release: what it is, who may have it, its tables and their columns."""

from typing import Any, Final

from minshu.browse import Release
from minshu.errors import ResourceNotFound
from minshu.http import describe as words
from minshu.http.assistants.asking import Answer, Asking, fits, shortened
from minshu.http.assistants.models import VERSIONS_MAX, DescribeArguments
from minshu.http.constraints import constraints
from minshu.http.directory import newest
from minshu.http.links import Links
from minshu.http.sql_request import LATEST
from minshu.identifiers import readable
from minshu.manifest import DESCRIPTOR, ReleasedTable
from minshu.opening import Attribute

TOLD_MAX: Final = 10_000
"""The most characters of a description."""

LISTED_MAX: Final = 100
"""The most sources, contributors, keywords or licences."""


def describe(asking: Asking, asked: DescribeArguments) -> tuple[Answer, str]:
    """A release with its tables, as many as there is room for; or one of them. Raises ResourceNotFound."""
    library = asking.services.library
    dataset = library.dataset(asked.dataset)
    # Of a dataset of which nothing stands any more, what became of the newest is told, as on its page.
    is_newest = asked.version == LATEST
    release = newest(library, dataset) if is_newest else library.release(asked.dataset, asked.version)
    wanted = [table for table in release.manifest.tables if asked.table in ("", table.name)]
    if asked.table and not wanted:
        raise ResourceNotFound(asked.table, [table.name for table in release.manifest.tables])
    tables = fitted([_table(release, table, asking) for table in wanted])
    answer = {
        "release": asking.cited(release),
        **_said(release),
        "published": release.published.isoformat(),
        **_opening(release, asking.links),
        **words.status_description(release.name, release.status, asking.links),
        "tables": tables,
        "tables_left": len(wanted) - len(tables),
        "versions": words.version_list(dataset, asking.links)[:VERSIONS_MAX],
        "links": _links(release, asking.links),
    }
    asking.reads(release)
    rows = sum(table.rows for table in wanted)
    return answer, f"{release.name} {release.version} holds tables: {len(wanted)}, rows: {rows}."


def _said(release: Release) -> Answer:
    """What its publisher says of it, cut where there is no end to it: the descriptor has all."""
    told = words.said(release.descriptor)
    cut = {key: value[:LISTED_MAX] for key, value in told.items() if isinstance(value, list)}
    told = {**told, **cut, "description": shortened(told.get("description"), TOLD_MAX)}
    return told if fits(told) else {key: told[key] for key in ("title", "description") if fits(told.get(key))}


def _opening(release: Release, links: Links) -> Answer:
    stated = release.openings.model_dump(mode="json", exclude_none=True)
    if not fits(stated):
        stated["resources"] = {}  # Each table tells its attribute.
    attributes = {opening.attribute for opening in (release.openings.package, *release.openings.resources.values())}
    applied = Attribute.conditional in attributes
    return {
        "open_attribute": release.openings.whole.attribute,
        "opening": stated,
        "apply": links.to("datasets", release.name, "applications") if applied else None,
    }


def _links(release: Release, links: Links) -> dict[str, str]:
    name, version = release.name, release.version
    return {
        "page": links.release(name, version),
        "descriptor": links.file(name, version, DESCRIPTOR),
        "citation": f"{links.dataset(name)}/citation/{version}.txt",
    }


def _table(release: Release, table: ReleasedTable, asking: Asking) -> Answer:
    declared = constraints(release.schemas.get(table.name, {}), asking.language)
    return {
        "name": table.name,
        "sql": readable(table.name),
        "title": table.title,
        "description": table.description,
        "rows": table.rows,
        "open_attribute": release.openings.of(table.name).attribute,
        "primary_key": table.primary_key,
        "foreign_keys": [
            {"fields": key.fields, "table": key.resource, "reference_fields": key.reference_fields}
            for key in table.foreign_keys
        ],
        "columns": [
            {
                "name": column.name,
                "type": column.field_type,
                "sql": readable(column.name),
                "sql_type": column.type,
                "title": column.title,
                "description": column.description,
                "constraints": declared.get(column.name),
            }
            for column in table.columns
        ],
        "url": asking.links.rows(release.name, release.version, table.name),
    }


def fitted(tables: list[Answer]) -> list[Answer]:
    """As many of the tables as there is room for: with their columns, else without, else the first ones."""
    if fits(tables):
        return tables
    told: list[dict[str, Any]] = [{**table, "columns": None} for table in tables]
    if len(told) == 1:
        return [_narrowed(tables[0])]
    while not fits(told):
        told = told[: max(1, len(told) * 3 // 4)] if len(told) > 1 else [_bare(told[0])]
    return told


def _narrowed(table: Answer) -> Answer:
    """One table of very many columns: without what is said of them."""
    bare = {**table, "columns": [{**column, "description": None} for column in table["columns"]]}
    return bare if fits(bare) else _bare({**table, "columns": None})


def _bare(table: Answer) -> Answer:
    return {**table, "description": None, "title": None}
