"""The catalogue as a Data Package: each dataset is a resource, which is the descriptor of its newest version.

The standard has no catalogue of its own. A resource whose file is called `datapackage.json` is taken for a package by
frictionless, and `datasets` is what its class `Catalog` reads, so both ways lead to the data.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from minshu.metadata.model import CatalogueMetadata

PROFILE: Final = "https://datapackage.org/profiles/2.0/datapackage.json"
MEDIA_TYPE: Final = "application/vnd.datapackage+json"
NAME: Final = "catalogue"


@dataclass(frozen=True)
class DescriptorFile:
    """The descriptor of a release: where it stands, and what is called so."""

    name: str
    version: str
    title: str
    description: str | None
    url: str
    bytes: int
    sha256: str


def catalogue_package(catalogue: CatalogueMetadata, descriptors: Iterable[DescriptorFile]) -> dict[str, Any]:
    """The descriptor of a catalogue, by those of its datasets."""
    found = list(descriptors)
    return {
        "$schema": PROFILE,
        "name": NAME,
        "title": catalogue.title,
        "description": catalogue.description,
        "homepage": catalogue.home,
        "contributors": [{"title": catalogue.operator.name, "roles": ["publisher"]}],
        "resources": [_resource(file) for file in found],
        "datasets": [{"name": file.name, "title": file.title, "package": file.url} for file in found],
    }


def _resource(file: DescriptorFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "title": file.title,
        **({"description": file.description} if file.description else {}),
        "path": file.url,
        "format": "json",
        "mediatype": MEDIA_TYPE,
        "encoding": "utf-8",
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
        "version": file.version,
    }
