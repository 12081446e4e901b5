"""What changed in a package's descriptor and in its files, the fields of its tables aside. Pure."""

from collections.abc import Container, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from minshu.descriptors import Descriptor, paths_of
from minshu.diff.fields import changed, metadata_changes
from minshu.diff.model import Change, TableDifference
from minshu.diff.pairing import Pairing
from minshu.diff.side import Side
from minshu.opening import OPENING, Attribute, Opening, openings

_LICENCES = ("licenses", "license")
_JUDGED = (*_LICENCES, OPENING)
_PACKAGE = (*_JUDGED, "name", "id", "version", "resources")
# What tells of a file's bytes follows from them; what tells how to read them is judged by itself.
_RESOURCE = (
    *_JUDGED,
    *("name", "path", "extrapaths", "data", "schema", "type", "profile", "bytes", "hash"),
    *("format", "mediatype", "encoding", "dialect", "compression", "innerpath", "scheme"),
)
_DIALECT: Mapping[str, object] = {
    "header": True,
    "headerRows": [1],
    "headerJoin": " ",
    "delimiter": ",",
    "lineTerminator": "\r\n",
    "quoteChar": '"',
    "doubleQuote": True,
    "skipInitialSpace": False,
}
# Which version of a standard a dialect follows says nothing of the file.
_UNSAID = ("$schema", "profile", "csvddfVersion", "caseSensitiveHeader")


def package_changes(old: Descriptor, new: Descriptor) -> Iterator[Change]:
    """The changes of the package's own properties. Its version is what all this is to decide, so it is left out."""
    for key in ("name", "id"):
        if old.get(key) != new.get(key):
            yield changed("package-renamed", property=key, old=old.get(key), new=new.get(key))
    yield from _licence_changes(old, new, None)
    yield from metadata_changes(old, new, _PACKAGE)


def resource_changes(old: Side, new: Side, pairing: Pairing) -> Iterator[Change]:
    """Resources that are gone, new, renamed or moved, and what changed in the descriptors of the others."""
    for name in old.resources:
        if name not in pairing.resources.values():
            yield changed("resource-removed", name)
    for name in new.resources:
        then = pairing.resources.get(name)
        if then is None:
            yield changed("resource-added", name)
            continue
        if then != name:
            yield changed("resource-renamed", name, old=then, new=name)
        yield from _own_changes(old, then, new, name)
    now_of = {then: now for now, then in pairing.resources.items()}
    before = [now_of[name] for name in old.resources if name in now_of]
    if before != list(pairing.resources):
        yield changed("resources-reordered", old=before, new=list(pairing.resources))


def file_changes(
    old: Side, new: Side, pairing: Pairing, tables: Mapping[str, TableDifference], explained: Container[str]
) -> Iterator[Change]:
    """Files with other bytes, where no other change tells why: all that are no tables, and tables with the same rows.

    The resources that are `explained` are read in another way, or have other fields.
    """
    for name, then in pairing.resources.items():
        pairs = zip(paths_of(old.resources[then]), paths_of(new.resources[name]), strict=False)
        differing = [path for was, path in pairs if old.files.get(was) != new.files.get(path)]
        if name in new.tables and then in old.tables:
            rows = tables[name].rows
            if name not in explained and not (rows.added or rows.removed or rows.changed):
                yield from (changed("file-rewritten", name, property=path) for path in differing)
        else:
            yield from (changed("file-changed", name, property=path) for path in differing)
            if old.resources[then].get("data") != new.resources[name].get("data"):
                yield changed("file-changed", name, property="data")
    yield from _companions(old, new)


def _companions(old: Side, new: Side) -> Iterator[Change]:
    """Files that belong to no resource, such as README.md."""
    before, after = _unnamed(old), _unnamed(new)
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            yield changed("file-changed", property=path)


def _unnamed(side: Side) -> dict[str, str]:
    named = {path for resource in side.resources.values() for path in paths_of(resource)}
    return {path: digest for path, digest in side.files.items() if path not in named}


def _own_changes(old: Side, then: str, new: Side, name: str) -> Iterator[Change]:
    before, after = old.resources[then], new.resources[name]
    if paths_of(before) != paths_of(after):
        yield changed("resource-path-changed", name, property="path", old=paths_of(before), new=paths_of(after))
    ways = _reading(before, then in old.tables), _reading(after, name in new.tables)
    for key in sorted({*ways[0], *ways[1]}):
        if ways[0].get(key) != ways[1].get(key):
            yield changed("file-format-changed", name, property=key, old=ways[0].get(key), new=ways[1].get(key))
    yield from _media_types(before, after, name)
    yield from _licence_changes(before, after, name)
    yield from metadata_changes(before, after, _RESOURCE, name)


def _reading(resource: Descriptor, is_table: bool) -> dict[str, Any]:
    """How a resource's files are to be read, defaults filled in."""
    suffix = PurePosixPath(next(iter(paths_of(resource)), "")).suffix.lstrip(".").lower()
    declared = resource.get("dialect")
    dialect = {**_DIALECT, **(declared if isinstance(declared, dict) else {})}
    return {
        "type": "table" if is_table else "file",
        "format": resource.get("format") or suffix or None,
        "encoding": str(resource.get("encoding") or "utf-8").lower(),
        **{key: resource.get(key) or None for key in ("compression", "innerpath", "scheme")},
        **{f"dialect.{key}": value for key, value in dialect.items() if key not in _UNSAID},
    }


def _media_types(old: Descriptor, new: Descriptor, name: str) -> Iterator[Change]:
    """A media type that is declared at last changes nothing about a file."""
    before, after = old.get("mediatype"), new.get("mediatype")
    if before != after:
        rule = "file-format-changed" if before and after else "metadata-changed"
        yield changed(rule, name, property="mediatype", old=before, new=after)


def _licence_changes(old: Descriptor, new: Descriptor, resource: str | None) -> Iterator[Change]:
    """The licences; one that has only another title is the same."""
    for key in _LICENCES:
        if old.get(key) != new.get(key):
            before, after = _licences(old.get(key)), _licences(new.get(key))
            rule = "metadata-changed" if before == after else "licence-changed"
            yield changed(rule, resource, property=key, old=old.get(key), new=new.get(key))


def opening_changes(old: Side, new: Side, pairing: Pairing) -> Iterator[Change]:
    """To whom the package and its resources are open, where that is said of them."""
    before, after = openings(old.descriptor), openings(new.descriptor)
    yield from _opening(before.package, after.package, None)
    for name, then in pairing.resources.items():
        if OPENING in old.resources[then] or OPENING in new.resources[name]:
            yield from _opening(before.of(then), after.of(name), name)


def _opening(old: Opening, new: Opening, resource: str | None) -> Iterator[Change]:
    order = list(Attribute)
    steps = order.index(new.attribute) - order.index(old.attribute)
    if steps:
        rule = "opening-narrowed" if steps > 0 else "opening-widened"
        yield changed(rule, resource, property=OPENING, old=old.attribute.term, new=new.attribute.term)
    elif old != new:
        values = old.model_dump(exclude_none=True), new.model_dump(exclude_none=True)
        yield changed("metadata-changed", resource, property=OPENING, old=values[0], new=values[1])


def _licences(value: Any) -> list[Any]:
    """What identifies licences, their titles aside."""
    items = value if isinstance(value, list) else [value]
    named = [item.get("name") or item.get("path") if isinstance(item, dict) else item for item in items]
    return sorted(map(str, filter(None, named)))
