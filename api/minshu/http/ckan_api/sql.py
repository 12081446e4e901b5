"""CKAN's `datastore_search_sql`: a statement in which tables are named by the ids of their resources.

The names are replaced, and what is asked then is asked as at `/sql`: of the same workers, behind the same walls.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

from minshu.access import Reader
from minshu.browse import Release
from minshu.errors import ArgumentInvalid
from minshu.http import describe
from minshu.http.ckan_api.catalogue import Packages
from minshu.http.ckan_api.rows import type_of
from minshu.http.links import Links
from minshu.http.sql_request import ATTACHED_MAX
from minshu.identifiers import quoted
from minshu.sql import Asker, Attachment, SqlAnswer, SqlQuery, SqlService
from minshu.sql.tokens import renamed


@dataclass
class _Statement:
    """A statement with the names that DuckDB knows, and the releases that it reads, by their aliases."""

    packages: Packages
    releases: dict[str, Release] = field(default_factory=dict)

    def name(self, name: str) -> str | None:
        """What a table is called of which this is a resource's id or alias; None where it is neither."""
        found = self.packages.find_table(name)
        if found is None or not found[0].release.has_table(found[1]):
            return None
        release = found[0].release
        alias = next((alias for alias, other in self.releases.items() if other is release), None)
        if alias is None:
            alias = f"d{len(self.releases)}" if self.releases else ""
            self.releases[alias] = release
        return f"{alias}.{quoted(found[1])}" if alias else quoted(found[1])


def search(
    sql: str, packages: Packages, reader: Reader, service: SqlService, asker: Asker
) -> tuple[SqlAnswer, list[Release]]:
    """What a statement finds, and in which releases. Raises ArgumentInvalid, and what the gate and the service do."""
    statement = _Statement(packages)
    text = renamed(sql, statement.name)
    releases = statement.releases
    if not releases:
        raise ArgumentInvalid("sql", 'names no table: write a resource\'s id as "id", or "package/table", in quotes')
    if len(releases) > ATTACHED_MAX + 1:
        raise ArgumentInvalid("sql", f"reads {len(releases)} packages, and may read {ATTACHED_MAX + 1}")
    attached = tuple(
        Attachment(alias, release.database(reader), release.sha256) for alias, release in releases.items() if alias
    )
    main = releases[""]
    return service.run(SqlQuery(text, main.database(reader), attached, sha256=main.sha256), asker), [*releases.values()]


def told(sql: str, found: SqlAnswer, releases: list[Release], links: Links) -> dict[str, Any]:
    """The answer as CKAN tells it. Raises ArgumentInvalid."""
    names = [column.name for column in found.columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ArgumentInvalid("sql", f"gives two columns named {twice!r}: name one AS something else")
    return {
        "sql": sql,
        "fields": [{"id": column.name, "type": type_of(column.type)} for column in found.columns],
        "records": [dict(zip(names, cells, strict=True)) for cells in orjson.loads(found.body)],
        **({"records_truncated": True} if found.truncated else {}),
        "releases": [describe.identity(release, links) for release in releases],
    }
