"""For every operation a call to copy, with names that are there: those of the first dataset that is open to all."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from shlex import quote as shell_quote
from typing import Any, Final
from urllib.parse import quote

from minshu.browse import Release
from minshu.filters import RowQuery
from minshu.http.directory import Entry
from minshu.http.links import Links
from minshu.http.relations import Relations
from minshu.identifiers import quoted
from minshu.manifest import DESCRIPTOR
from minshu.opening import Attribute

BEARER: Final = '-H "Authorization: Bearer $TOKEN"'
REASON: Final = """--json '{{"reason": "Row 12 was wrong"}}'"""
# What the operations need beside their address. `{…}` is put in as in addresses, but not percent-encoded.
OPTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("POST", "/sql"): """--json '{{"dataset": "{name}", "q": "SELECT count(*) AS n FROM {quoted}"}}'""",
    ("POST", "/validate"): "-F file=@data.csv",
    ("POST", "/mcp"): (
        "-H 'Accept: application/json, text/event-stream' "
        """--json '{{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}}'"""
    ),
    ("POST", "/api/3/action/{action}"): "--json '{{}}'",
    ("POST", "/api/action/{action}"): "--json '{{}}'",
    ("POST", "/token"): (
        '-d grant_type=urn:ietf:params:oauth:grant-type:token-exchange -d "subject_token=$ID_TOKEN" '
        "-d subject_token_type=urn:ietf:params:oauth:token-type:id_token"
    ),
    ("GET", "/token"): BEARER,
    ("PUT", "/datasets/{name}/versions/{version}"): f'{BEARER} -H "Content-Type: application/zip" -T package.zip',
    ("POST", "/datasets/{name}/versions/{version}/withdraw"): f"{BEARER} {REASON}",
    ("POST", "/datasets/{name}/versions/{version}/yank"): f"{BEARER} {REASON}",
    ("POST", "/datasets/{name}/versions/{version}/unyank"): f"{BEARER} {REASON}",
    ("GET", "/datasets/{name}/applications"): BEARER,
    ("POST", "/datasets/{name}/applications"): (
        """--json '{{"purpose": "Research", "term": "90d", "contact": "Zhang San, zhang@example.org"}}'"""
    ),
    ("GET", "/datasets/{name}/applications/{application}"): BEARER,
    ("POST", "/datasets/{name}/applications/{application}"): (
        f"""{BEARER} --json '{{{{"state": "granted", "reason": "As applied for", "expires": "90d"}}}}'"""
    ),
    ("POST", "/feedback"): (
        """--json '{{"kind": "error", "dataset": "{name}", "text": "The second row is of another year."}}'"""
    ),
    ("POST", "/feedback/{message}"): f"""{BEARER} --json '{{{{"state": "answered", "text": "It is put right."}}}}'""",
    ("GET", "/jobs/{job}"): BEARER,
    ("GET", "/jobs/{job}/events"): f"-N {BEARER}",
    ("DELETE", "/jobs/{job}"): f"-X DELETE {BEARER}",
    ("PATCH", "/jobs/{job}"): (
        f'-X PATCH {BEARER} -H "Content-Type: application/partial-upload" -H "Upload-Offset: 0" '
        '-H "Upload-Complete: ?1" --data-binary @package.zip'
    ),
}
QUERIES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "/search": (("q", "{name}"),),
    "/sql": (("dataset", "{name}"), ("q", "SELECT * FROM {quoted} LIMIT 5")),
    "/sql/explain": (("dataset", "{name}"), ("q", "SELECT * FROM {quoted}")),
    "/feedback/new": (("dataset", "{name}"),),
    "/sql/tables": (("dataset", "{name}"),),
    "/datasets/{name}/versions/{version}/{resource}/rows": (("_size", "5"),),
}
# Addresses of what only somebody with a token has begun, what may not be there, or what is for no browser. Nobody can
# try these as they stand.
OWN: Final = ("{application}", "{message}", "{job}", "{fingerprint}", "{table}", "/source", "/mcp")


@dataclass(frozen=True)
class Sample:
    """Names that stand in examples. `key` is percent-encoded already."""

    name: str = "my-dataset"
    version: str = "1.0.0"
    old: str = "1.0.0"
    resource: str = "table"
    key: str = "1"

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Sample":
        """The first dataset with rows that anybody may have; made-up names where there is none."""
        for entry in entries:
            release, tables = entry.release, [table for table in entry.tables if table.rows]
            if release and tables and entry.attribute is Attribute.unconditional and not entry.is_gone:
                versions = [version for version in entry.dataset.versions if version not in entry.dataset.statuses]
                resource = tables[0].name
                return cls(entry.name, release.version, versions[-1], resource, _key(release, resource))
        return cls()


def example(
    method: str, path: str, operation: Mapping[str, Any], sample: Sample, links: Links
) -> tuple[str, str | None]:
    """A call for curl, and the address where a reader can try it by a click."""
    texts = {
        "name": sample.name,
        "version": sample.version,
        "new": sample.version,
        "old": sample.old,
        "resource": sample.resource,
        "table": sample.resource,
        "path": DESCRIPTOR,
        "quoted": quoted(sample.resource),
    }
    declared = {item["name"]: item.get("schema", {}).get("examples") for item in operation.get("parameters", ())}
    filled = re.sub(r"\{(\w+)\}", lambda match: _segment(match[1], texts, declared, sample), path)
    query = [(name, value.format(**texts)) for name, value in QUERIES.get(path, ())] if method == "GET" else []
    url = links.base + filled + ("?" + "&".join(f"{name}={quote(value)}" for name, value in query) if query else "")
    # Between single quotes of a shell, a name's own would end the text.
    harmless = {name: text.replace("'", "'\\''").replace('"', '\\"') for name, text in texts.items()}
    options = OPTIONS.get((method, path), "").format(**harmless)
    call = " ".join(filter(None, ("curl", options, shell_quote(url) if query or "'" in url else url)))
    is_open = method == "GET" and not options and not any(name in path for name in OWN)
    return call, url if is_open else None


def _segment(name: str, texts: Mapping[str, str], declared: Mapping[str, Any], sample: Sample) -> str:
    if name == "key":
        return sample.key
    if name in texts:
        return quote(texts[name], safe="")
    known = declared.get(name)
    return quote(str(known[0]), safe="") if known and f"{{{name}}}" not in OWN else name.upper()


def _key(release: Release, resource: str) -> str:
    """The key of the first row, as it stands in the row's address."""
    table = release.table(resource)
    found = table.page(RowQuery(), 1)
    cells = dict(zip((column.name for column in found.columns), found.rows[0], strict=True))
    url = Relations(release, table.entry, Links("")).own(cells, found.positions[0])
    return url.partition("/rows/")[2] if url else "1"
