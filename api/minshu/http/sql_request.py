"""What a request for SQL asks, and of which releases."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from minshu.access import Reader
from minshu.browse import Library, Release
from minshu.errors import BadParameter
from minshu.formats import FORMATS
from minshu.http import describe
from minshu.http.links import Links, with_query
from minshu.identifiers import readable
from minshu.manifest import ReleasedTable
from minshu.settings import Settings
from minshu.sql import Attachment, SqlQuery

Pairs = Sequence[tuple[str, str]]
LATEST: Final = "latest"
RESERVED: Final = ("dataset", "version", "q", "attach", "format", "limit")

ATTACHED_MAX: Final = 16
"""How many further releases: each is opened, and all its tables are told of."""

_ATTACH = re.compile(r"(?P<alias>[A-Za-z_][A-Za-z0-9_]{0,62}):(?P<name>[^@]+)@(?P<version>.+)")


@dataclass(frozen=True)
class SqlRequest:
    """A statement with its parameters, and the releases that it reads, by their aliases; '' is the first one's."""

    text: str
    releases: Mapping[str, Release]
    databases: Mapping[str, Path]
    pinned: bool
    parameters: Mapping[str, str] = field(default_factory=dict)
    format: str | None = None
    limit: int | None = None

    @classmethod
    def of(cls, pairs: Pairs, library: Library, settings: Settings, reader: Reader) -> Self:
        """The request that decoded names and values make.

        Raises BadParameter, DatasetNotFound, ReleaseNotFound, or what the gate does where a release is not for this
        reader.
        """
        single = _single(pairs)
        named = {"": (_required(single, "dataset"), single.get("version") or LATEST), **dict(_attached(pairs))}
        releases = {alias: library.release(name, version) for alias, (name, version) in named.items()}
        return cls(
            text=single.get("q", ""),
            releases=releases,
            databases={alias: release.database(reader) for alias, release in releases.items()},
            pinned=all(version != LATEST for _, version in named.values()),
            parameters={name: value for name, value in single.items() if name not in RESERVED},
            format=_format(single.get("format")),
            limit=_limit(single.get("limit"), settings),
        )

    @property
    def named(self) -> list[tuple[str, str]]:
        """The names and versions of the releases."""
        return [(release.name, release.version) for release in self.releases.values()]

    @property
    def query(self) -> SqlQuery:
        """The request as the SQL service takes it. Raises BadParameter when there is no statement."""
        if not self.text.strip():
            raise BadParameter("q is missing: the statement, one SELECT.")
        attached = tuple(
            Attachment(alias, path, self.releases[alias].sha256) for alias, path in self.databases.items() if alias
        )
        database, sha256 = self.databases[""], self.releases[""].sha256
        return SqlQuery(self.text, database, attached, self.parameters, self.format, self.limit, sha256)

    @property
    def tables(self) -> list[dict[str, Any]]:
        """The tables that the statement may read, each as it is written in SQL, with its columns."""
        return [
            _described(table, f"{readable(alias)}." if alias else "")
            for alias, release in self.releases.items()
            for table in release.manifest.tables
        ]

    def sources(self, links: Links) -> dict[str, Any]:
        """The releases that the statement reads, for the answer to name."""
        named = {alias: describe.identity(release, links) for alias, release in self.releases.items()}
        return {"release": named.pop(""), "attached": named}

    def permalink(self, links: Links) -> str:
        """The address of the same query of the same releases, for good."""
        main = self.releases[""]
        attached = (("attach", f"{alias}:{item.name}@{item.version}") for alias, item in self.releases.items() if alias)
        optional = (("format", self.format), ("limit", self.limit))
        given = ((name, str(value)) for name, value in optional if value is not None)
        pairs = [("dataset", main.name), ("version", main.version), *attached, ("q", self.text)]
        return with_query(links.to("sql"), [*pairs, *self.parameters.items(), *given])


def _described(table: ReleasedTable, prefix: str) -> dict[str, Any]:
    """A table and its columns, each with what it is called in SQL."""
    told = table.model_dump(mode="json", exclude_none=True, exclude={"path"})
    columns = [{**column, "sql": readable(column["name"])} for column in told["columns"]]
    return {**told, "columns": columns, "sql": prefix + readable(table.name)}


def _single(pairs: Pairs) -> dict[str, str]:
    """The parameters that may be given once."""
    single = [(name, value) for name, value in pairs if name != "attach"]
    if len(dict(single)) < len(single):
        names = [name for name, _ in single]
        raise BadParameter(f"{next(name for name in names if names.count(name) > 1)} can be given once.")
    return dict(single)


def _required(single: Mapping[str, str], name: str) -> str:
    if not single.get(name):
        raise BadParameter(f"{name} is missing. GET /datasets lists those there are.")
    return single[name]


def _attached(pairs: Pairs) -> Iterator[tuple[str, tuple[str, str]]]:
    seen: set[str] = set()
    given = [value for name, value in pairs if name == "attach"]
    if len(given) > ATTACHED_MAX:
        raise BadParameter(f"attach can be given {ATTACHED_MAX} times, not {len(given)}.")
    for text in given:
        match = _ATTACH.fullmatch(text)
        if match is None:
            raise BadParameter(f"attach is {text!r}, but must be alias:name@version, the alias a plain identifier.")
        if match["alias"].lower() in seen:
            raise BadParameter(f"attach names {match['alias']!r} twice.")
        seen.add(match["alias"].lower())
        yield match["alias"], (match["name"], match["version"])


def _format(text: str | None) -> str | None:
    """The format's name; None for JSON in an envelope."""
    if not text or text == "json":
        return None
    if text not in FORMATS:
        raise BadParameter(f"format is {text!r}, but must be one of {', '.join(FORMATS)}.")
    return text


def _limit(text: str | None, settings: Settings) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= settings.sql_rows):
        raise BadParameter(f"limit is {text!r}, but must be a whole number from 1 to {settings.sql_rows}.")
    return int(text)
