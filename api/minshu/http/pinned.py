"""The addresses of a release that caches were told to keep for good."""

from collections.abc import Iterator

from minshu.formats import FORMATS
from minshu.http.links import Links
from minshu.manifest import MANIFEST, SIGNATURE, Manifest


def pinned_addresses(manifest: Manifest, links: Links) -> Iterator[str]:
    """Every address under a version that has no query: the version, its files, its tables in all formats, their rows.

    A row's own address begins with that of the rows.
    """
    name, version = manifest.name, manifest.version
    yield links.release(name, version)
    files = {*manifest.by_path, MANIFEST, SIGNATURE}
    yield from sorted({links.file(name, version, manifest.url_path(path)) for path in files})
    for table in manifest.tables:
        for written in FORMATS.values():
            yield links.table(name, version, table.name, written.suffix.lstrip("."))
        yield links.rows(name, version, table.name)
        yield links.stats(name, version, table.name)
