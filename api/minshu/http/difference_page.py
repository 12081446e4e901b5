"""What the pages of a difference are made of: all that changed, and the rows of one table."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any, Final, cast

from minshu.browse import Release
from minshu.diff import Difference, TableDifference
from minshu.diff.cells import KINDS, Kind
from minshu.diff.view import SIGNS, View
from minshu.differences import ReleaseDifference, RowsPage
from minshu.errors import AccessError, Gone
from minshu.http import describe
from minshu.http.links import Links, with_query
from minshu.reports import Language

SHOWN: Final = 5
"""How many rows of a table the page of all changes shows, and of how many tables."""

SOON: Final = 100_000
"""Rows of a table, on both sides together, among which those that differ are found while a page is waited for."""


def overview(found: ReleaseDifference, language: Language, versions: Sequence[str], links: Links) -> dict[str, Any]:
    """All that changed, with some rows of small tables for who may see them."""
    difference = found.difference()
    differing = [table for table in difference.tables if _count(table)]
    few = [table.name for table in differing if table.rows.old + table.rows.new <= SOON][:SHOWN]
    return {
        **_common(found, language, difference, versions, links),
        "tables": [
            {
                "told": table,
                "kinds": list(_kinds(found, table, links)),
                "groups": _some(found, table.name) if table.name in few else [],
                "shown": SHOWN,
            }
            for table in difference.tables
        ],
    }


def rows(
    found: ReleaseDifference, page: RowsPage, own: Mapping[str, str], language: Language, links: Links
) -> dict[str, Any]:
    """The rows of one table on a page, and the ways to the others."""
    table = page.table
    here = address(found, table.name, links)
    kept = [(name, value) for name, value in own.items() if name != "_next"]
    return {
        **_common(found, language, None, (), links),
        "table": table,
        "kinds": list(_kinds(found, table, links)),
        "kind": own.get("kind"),
        "everything": here,
        "count": _count(table),
        "groups": _groups(page.rows),
        "first": with_query(here, kept) if "_next" in own else None,
        "next": with_query(here, [*kept, ("_next", page.next)]) if page.next else None,
    }


def address(found: ReleaseDifference, resource: str, links: Links) -> str:
    """The address of the rows of a table that differ."""
    return links.to("datasets", found.new.name, "diff", f"{found.old.version}...{found.new.version}", resource)


def _common(
    found: ReleaseDifference,
    language: Language,
    difference: Difference | None,
    versions: Sequence[str],
    links: Links,
) -> dict[str, Any]:
    return {
        "old": describe.identity(found.old, links),
        "new": describe.identity(found.new, links),
        "difference": difference,
        "view": View(difference, language) if difference else None,
        "versions": versions,
        "signs": {**SIGNS, "removed": "−"},
    }


def _some(found: ReleaseDifference, resource: str) -> list[dict[str, Any]]:
    """Some rows of each kind; none for who may not have the data."""
    with suppress(AccessError, Gone):
        return [group for kind in KINDS for group in _groups(found.page(resource, kind, SHOWN, None).rows)]
    return []


def _groups(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows by their kind, in which they are ordered already, each kind as its table is written."""
    return [_group(cast("Kind", kind), list(rows)) for kind, rows in groupby(found, key=lambda row: row["change"])]


def _group(kind: Kind, found: list[Mapping[str, Any]]) -> dict[str, Any]:
    if kind == "changed":
        return {"kind": kind, "key": list(found[0]["key"]), "rows": found}
    columns = list(found[0]["row"])
    return {"kind": kind, "columns": columns, "rows": [[row["row"][name] for name in columns] for row in found]}


def _kinds(found: ReleaseDifference, table: TableDifference, links: Links) -> Iterator[tuple[str, int, str]]:
    """Each kind of rows that there is, how many there are, and their address."""
    counts = {"removed": table.rows.removed, "added": table.rows.added, "changed": table.rows.changed}
    for kind, count in counts.items():
        if count:
            yield kind, count, with_query(address(found, table.name, links), [("kind", kind)])


def _count(table: TableDifference) -> int:
    return table.rows.removed + table.rows.added + table.rows.changed


def compared(versions: Sequence[str], newest: Release, old: str | None, new: str | None) -> tuple[str, str]:
    """The two versions to compare: those that are named, else the newest and the one before it.

    `versions` are all there are, newest first.
    """
    later = new or newest.version
    behind = versions[versions.index(later) + 1 :] if later in versions else ()
    return old or next(iter(behind), later), later
