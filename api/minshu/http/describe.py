"""Datasets and releases in words and addresses: the JSON that describes them, of which the pages are made as well.

A descriptor is its publisher's: what it says is taken only where it has the form that the standard gives it.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from minshu.browse import Dataset, Release
from minshu.descriptors import paths_of
from minshu.diff.wording import sentence
from minshu.formats import FORMATS
from minshu.http.links import Links
from minshu.manifest import DESCRIPTOR, MANIFEST, REPORT, SIGNATURE, Manifest, ReleasedTable
from minshu.metadata.core_catalogue import Described
from minshu.opening import OPENING
from minshu.reports import Language
from minshu.standing import Status

Description = dict[str, Any]

CHANGES: Final = 12
"""How many changes a description lists: the heaviest. All of them stand in `diff.json`."""

_TEXTS: Final = ("title", "description", "homepage", "created")
_STATED: Final = {"responsible_party": "responsibleParty", "update_frequency": "updateFrequency"}
_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "licenses": ("name", "title", "path"),
    "sources": ("title", "path", "version"),
    "contributors": ("title", "path", "organization", "roles"),
}


def catalogue_entry(dataset: Dataset, release: Release | None, links: Links) -> Description:
    """One line of the catalogue. `release` is the newest one."""
    entry: Description = {"name": dataset.name, "version": dataset.latest, "url": links.dataset(dataset.name)}
    if release is None:
        return entry
    return {
        **entry,
        **said(release.descriptor),
        "open_attribute": release.openings.whole.attribute,
        "published": release.manifest.model_dump(mode="json", include={"published"})["published"],
        "data_period": data_period(release.descriptor),
        "update_frequency": stated(release.descriptor, "updateFrequency"),
        "formats": formats(release.descriptor),
        "bytes": archive_bytes(release),
        "tables": len(release.manifest.tables),
        "rows": sum(table.rows for table in release.manifest.tables),
        "release": identity(release, links),
    }


def dataset_description(dataset: Dataset, release: Release | None, links: Links) -> Description:
    """A dataset with the addresses of its versions."""
    return {**catalogue_entry(dataset, release, links), "versions": version_list(dataset, links)}


def version_list(dataset: Dataset, links: Links) -> list[Description]:
    """The versions of a dataset, newest first."""
    return [
        {
            "version": version,
            "url": links.release(dataset.name, version),
            **status_description(dataset.name, dataset.statuses.get(version), links),
        }
        for version in dataset.versions
    ]


def status_description(name: str, status: Status | None, links: Links) -> Description:
    """What was said of a release since it was published: nothing of most."""
    if status is None:
        return {}
    successor = status.successor
    instead = {"successor": successor, "successor_url": links.release(name, successor)} if successor else {}
    since = status.since.isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"status": {"state": status.state, "reason": status.reason, "since": since, **instead}}


def identity(release: Release, links: Links) -> Description:
    """Which release an answer came from: what to cite, and what to compare."""
    return {
        "name": release.name,
        "version": release.version,
        "sha256": release.sha256,
        "url": links.release(release.name, release.version),
    }


def data_period(descriptor: Mapping[str, Any]) -> dict[str, str] | None:
    """What time its data is about, as far as its publisher states that: not when it was updated."""
    declared = stated(descriptor, "dataPeriod") or descriptor.get("temporal")
    declared = declared if isinstance(declared, dict) else {}
    return {key: declared[key] for key in ("start", "end") if _is_text(declared.get(key))} or None


def stated(descriptor: Mapping[str, Any], key: str) -> Any:
    """What a package states of its opening under this key; None where it states nothing."""
    opening = descriptor.get(OPENING)
    value = opening.get(key) if isinstance(opening, dict) else None
    return value or None


def formats(descriptor: Mapping[str, Any]) -> list[str]:
    """The formats of a package's files as they were published: what resources declare, else by the files' names."""
    return sorted({name for resource in _items(descriptor.get("resources")) for name in _formats(resource)})


def core_facts(release: Release) -> Described:
    """What the items of the core catalogue are told from."""
    return Described(
        descriptor=release.descriptor,
        openings=release.openings,
        formats=formats(release.descriptor),
        tables=release.manifest.tables,
        published=release.published,
    )


def archive_bytes(release: Release) -> int | None:
    """How large the whole package is, as it is downloaded."""
    archive = release.manifest.by_path.get(release.manifest.archive)
    return archive.bytes if archive else None


def titles(table: ReleasedTable) -> dict[str, str]:
    """What people call the columns that have a title, by column."""
    return {column.name: column.title for column in table.columns if column.title}


def release_description(release: Release, links: Links) -> Description:
    """A release: its manifest, what its publisher says of it, and the address of everything in it."""
    manifest = release.manifest
    return {
        **said(release.descriptor),
        **manifest.model_dump(mode="json", exclude_none=True),
        **identity(release, links),
        "open_attribute": release.openings.whole.attribute,
        "opening": release.openings.model_dump(mode="json", exclude_none=True),
        **_signed(release, links),
        **what_changed(release, links),
        "tables": [_table(release, table, links) for table in manifest.tables],
        "files": list(_files(manifest, links)),
        "links": {
            "dataset": links.dataset(release.name),
            "versions": f"{links.dataset(release.name)}/versions",
            "descriptor": links.file(release.name, release.version, DESCRIPTOR),
            "archive": links.file(release.name, release.version, quote(manifest.archive)),
            "database": links.file(release.name, release.version, quote(manifest.database)),
            "report": links.file(release.name, release.version, REPORT),
            "manifest": links.file(release.name, release.version, MANIFEST),
            "sql": links.to("sql"),
        },
    }


def _signed(release: Release, links: Links) -> Description:
    """By whose key the manifest is signed, and where the signature is; nothing where it is not."""
    if release.signature is None:
        return {}
    url = links.file(release.name, release.version, SIGNATURE)
    return {"signature": {"key": release.signature.key, "url": url}}


def what_changed(release: Release, links: Links) -> Description:
    """What its changelog says of a release, what changed since the one before, and what was said of it since."""
    notes = {"notes": release.notes} if release.notes else {}
    return {**notes, **_difference(release, links), **status_description(release.name, release.status, links)}


def _difference(release: Release, links: Links) -> Description:
    """The heaviest changes since the release before, and where all of them stand; nothing where none was compared."""
    found = release.difference
    if found is None or found.old.version is None:
        return {}
    changes = [
        {
            **change.model_dump(mode="json", include={"rule", "bump", "resource", "field", "count"}, exclude_none=True),
            "sentence": sentence(change, Language.en),
            "sentence_zh": sentence(change, Language.zh),
        }
        for change in found.changes[:CHANGES]
    ]
    return {
        "changes": {
            "since": found.old.version,
            "version": release.version,
            "verdict": found.verdict,
            "count": len(found.changes),
            "changes": changes,
            "url": links.to("datasets", release.name, "diff", f"{found.old.version}...{release.version}"),
        }
    }


def said(descriptor: Mapping[str, Any]) -> Description:
    """What a descriptor says about its package, as far as it is of the right form."""
    told: Description = {key: descriptor[key] for key in _TEXTS if _is_text(descriptor.get(key))}
    for key, members in _LISTS.items():
        items = [_texts(item, members) for item in _items(descriptor.get(key))]
        if any(items):
            told[key] = [item for item in items if item]
    keywords = [word for word in _items(descriptor.get("keywords")) if _is_text(word)]
    return {**told, **_stated(descriptor), **({"keywords": keywords} if keywords else {})}


def _stated(descriptor: Mapping[str, Any]) -> Description:
    """What stands beside the opening attribute about the data as such: its period, its updates, who answers for it.

    The period is that which the data is about, which is not when it was released.
    """
    stated = descriptor.get(OPENING)
    stated = stated if isinstance(stated, dict) else {}
    period = _texts(stated.get("dataPeriod"), ("start", "end"))
    words = {name: stated[key] for name, key in _STATED.items() if _is_text(stated.get(key))}
    return {**words, **({"data_period": period} if period else {})}


def _table(release: Release, table: ReleasedTable, links: Links) -> Description:
    def url(suffix: str) -> str:
        return links.table(release.name, release.version, table.name, suffix)

    return {
        **table.model_dump(mode="json", exclude_none=True),
        "links": {
            "rows": links.rows(release.name, release.version, table.name),
            "stats": links.stats(release.name, release.version, table.name),
            **{name: url(written.suffix.lstrip(".")) for name, written in FORMATS.items()},
        },
    }


def _files(manifest: Manifest, links: Links) -> Iterator[Description]:
    for file in manifest.files:
        url = links.file(manifest.name, manifest.version, manifest.url_path(file.path))
        yield {**file.model_dump(mode="json", exclude_none=True), "url": url}


def _formats(resource: Mapping[str, Any]) -> Iterator[str]:
    declared = resource.get("format")
    if _is_text(declared):
        yield str(declared).strip().lower()
        return
    suffixes = (PurePosixPath(path).suffix.lstrip(".").lower() for path in paths_of(resource))
    yield from filter(None, suffixes)


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(item: object, members: tuple[str, ...]) -> dict[str, Any]:
    """The members of an item that are texts; `roles` is a list of them."""
    if not isinstance(item, dict):
        return {}
    texts = {key: item[key] for key in members if _is_text(item.get(key))}
    roles = [role for role in _items(item.get("roles")) if _is_text(role)]
    return {**texts, "roles": roles} if roles and "roles" in members else texts


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
