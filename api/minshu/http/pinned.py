"""The addresses of a release that caches were told to keep for good."""

from collections.abc import Iterator

from minshu.formats import FORMATS
from minshu.http.links import Links
from minshu.manifest import MANIFEST, SIGNATURE, Manifest


def pinned_addresses(manifest: Manifest, links: Links) -> list[str]:
    """The addresses that all others of a version begin with: its own, and those of its files, tables and their rows."""
    return list(dict.fromkeys(_addresses(manifest, links)))


def _addresses(manifest: Manifest, links: Links) -> Iterator[str]:
    name, version = manifest.name, manifest.version
    yield links.release(name, version)
    files = {*manifest.by_path, MANIFEST, SIGNATURE}
    yield from sorted({links.file(name, version, manifest.url_path(path)) for path in files})
    for table in manifest.tables:
        for written in FORMATS.values():
            yield links.table(name, version, table.name, written.suffix.lstrip("."))
        yield links.rows(name, version, table.name)
        yield links.stats(name, version, table.name)
        yield links.chart(name, version, table.name)
