"""The page of a release: what it is, what it was held against, what became of it, how it is taken and cited."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from minshu.bilingual import localized
from minshu.browse import Dataset, Library, Release
from minshu.citation import apa, bibtex, gbt7714
from minshu.errors import StoreError
from minshu.http import describe
from minshu.http.answers import page
from minshu.http.catalog import SYNTAXES
from minshu.http.constraints import constraints
from minshu.http.counts import read_lately
from minshu.http.dependencies import Services
from minshu.http.language import language_of
from minshu.http.links import Links
from minshu.http.metadata import catalogue_metadata, release_metadata
from minshu.http.quality import quality
from minshu.http.recipes import Recipe, Taken, recipes, with_token
from minshu.http.schema_diagram import schema_diagram
from minshu.http.works import work_of
from minshu.manifest import CROISSANT, DESCRIPTOR, INDEXES, PACKAGE
from minshu.metadata.croissant import MEDIA_TYPE as CROISSANT_MEDIA
from minshu.metadata.schema_org import dataset_node
from minshu.sources import sources_of

TOLD: Final = 10
"""How many versions, the newest, are told with what changed. The others are named."""

COLUMNS: Final = 300
"""How many columns are listed, of all tables together. Those of other tables stand on the page of their statistics."""

FILES: Final = 60
"""How many files are listed. The manifest has them all."""

RDF_NAMES: Final = {"ttl": "Turtle", "jsonld": "JSON-LD", "rdf": "RDF/XML"}

# Behind a full stop a new sentence begins with a capital, or in another script: 3.5 and `data.csv` end none.
_SENTENCE: Final = re.compile(r"\s*(.+?(?:[。！？]|[.!?](?=\s+[^\sa-z0-9]|\s*$)))\s*(.*)", re.DOTALL)


def release_page(request: Request, services: Services, links: Links, dataset: Dataset, release: Release) -> Response:
    """A release as a page."""
    language = language_of(request)
    described = describe.release_description(release, links)
    lede, about = first_sentence(localized(language, described.get("description", "")))
    is_newest = release.version == dataset.latest
    work = work_of(release, links, language, datetime.now(UTC).date())
    shown = services.pages.render(
        "release.html",
        request,
        release=described,
        dataset=describe.dataset_description(dataset, release, links),
        lede=lede,
        about=about,
        documents=sources_of(release),
        versions=list(_versions(services.library, dataset, links)),
        quality=quality(release, language),
        constraints={table: constraints(schema, language) for table, schema in release.schemas.items()},
        listed=_listed(release),
        diagram=schema_diagram(release.manifest.tables),
        files=list(islice(_files(release, described), FILES)),
        has_descriptor=release.is_free(f"{PACKAGE}{DESCRIPTOR}"),
        code=list(_code(described)),
        cited={"gbt": gbt7714(work), "apa": apa(work), "bibtex": bibtex(work)},
        reads=read_lately(services, release),
        linked=dataset_node(
            catalogue_metadata(links, services.settings),
            release_metadata(release, links),
            links.dataset(release.name) if is_newest else described["url"],
            language,
        ),
        alternates=list(_alternates(release, links, is_newest=is_newest)),
        messages=sum(one.is_shown for one in services.feedback.of(release.name)),
    )
    return page(request, shown)


def _alternates(release: Release, links: Links, *, is_newest: bool) -> Iterator[tuple[str, str, str]]:
    """The same for machines, each with its media type and what it is called: of the dataset, or of this version."""
    base = links.dataset(release.name) if is_newest else links.release(release.name, release.version)
    yield CROISSANT_MEDIA, "Croissant", f"{base}/{CROISSANT}"
    segments = (release.name,) if is_newest else (release.name, release.version)
    for suffix, (media_type, _) in SYNTAXES.items():
        yield media_type, f"DCAT-AP ({RDF_NAMES[suffix]})", f"{links.to('catalog', *segments)}.{suffix}"


def first_sentence(text: str) -> tuple[str, str]:
    """The first sentence of a text, and the rest of it."""
    found = _SENTENCE.fullmatch(text)
    return (found[1], found[2]) if found else (text.strip(), "")


def _versions(library: Library, dataset: Dataset, links: Links) -> Iterator[dict[str, Any]]:
    """The versions, newest first, of which the first ones tell when, how large, and what changed."""
    for index, entry in enumerate(describe.version_list(dataset, links)):
        told = dict(entry)
        if index < TOLD:
            # A version that cannot be read is named, like the old ones.
            with suppress(StoreError):
                told |= _told(library.release(dataset.name, entry["version"]), links)
        yield told


def _told(release: Release, links: Links) -> dict[str, Any]:
    archive = release.manifest.by_path.get(release.manifest.archive)
    return {
        "published": release.published,
        "bytes": archive.bytes if archive else None,
        "rows": sum(table.rows for table in release.manifest.tables),
        **describe.what_changed(release, links),
    }


def _listed(release: Release) -> set[str]:
    """The tables of which the columns are listed: the first ones, as long as they have not too many together."""
    listed, room = set(), COLUMNS
    for table in release.manifest.tables:
        if len(table.columns) <= room:
            listed.add(table.name)
            room -= len(table.columns)
    return listed


def _files(release: Release, described: describe.Description) -> Iterator[dict[str, Any]]:
    """The files for people, each with whether everybody is given it; not those by which the service finds rows."""
    for file in described["files"]:
        if not file["path"].startswith(INDEXES):
            yield {**file, "is_free": release.is_free(file["path"])}


def _code(release: describe.Description) -> Iterator[Recipe]:
    """Code that takes a release; where it is open on conditions, for who was granted it."""
    if release.get("status", {}).get("state", "yanked") != "yanked" or release["open_attribute"] == "closed":
        return
    name = f"{release['name']}.zip"
    tables = [(table["name"], table["links"]["parquet"]) for table in release["tables"]]
    table, parquet = tables[0] if tables else (None, None)
    taken = Taken(
        archive=release["links"]["archive"],
        archive_name=name,
        archive_sha256=next(file["sha256"] for file in release["files"] if file["path"] == name),
        database=release["links"]["database"],
        dataset=release["name"],
        table=table,
        parquet=parquet,
    )
    yield from recipes(taken) if release["open_attribute"] == "unconditional" else [with_token(taken)]
