"""A catalogue and its datasets in the words of schema.org, as search engines read them in pages.

What is said stands in the language of its page; the terms are those of schema.org/Dataset and what it inherits. A page
is to stay light, so long texts are cut, and of very many files or columns only the first are told.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from minshu.bilingual import TAGS, localized, texts
from minshu.metadata.model import (
    CatalogueMetadata,
    FileMetadata,
    Licence,
    Party,
    Period,
    ReleaseMetadata,
    Source,
    TableMetadata,
)
from minshu.opening import Attribute
from minshu.reports import Language

Node = dict[str, Any]

CONTEXT: Final = "https://schema.org/"

TEXT: Final = 5000
"""Characters of a description that search engines for datasets read."""

FILES: Final = 40
"""How many files of a release are told."""

COLUMNS: Final = 100
"""How many columns of a release are told, of all its tables together."""


def dataset_node(catalogue: CatalogueMetadata, release: ReleaseMetadata, url: str, language: Language) -> Node:
    """The dataset as a release of it is. `url` is that of its page: of the dataset, or of this very version."""
    return {
        "@context": CONTEXT,
        "@type": "Dataset",
        "@id": url,
        "url": url,
        **_named(release.title, language),
        "description": localized(language, release.description or release.title)[:TEXT],
        **_of_version(release, url),
        "publisher": [party_node(catalogue.operator, language)],
        **told_of(release, language),
        "includedInDataCatalog": _catalogue(catalogue, language),
        **_some("distribution", [download(file) for file in islice(_free(release), FILES)]),
        **_some("variableMeasured", list(islice(variables(release.tables, language), COLUMNS))),
    }


def catalogue_node(catalogue: CatalogueMetadata, newest: Iterable[ReleaseMetadata], language: Language) -> Node:
    """The catalogue with some of its datasets, and how it is searched."""
    return {
        "@context": CONTEXT,
        "@graph": [
            {
                **_catalogue(catalogue, language),
                "description": localized(language, catalogue.description),
                "publisher": party_node(catalogue.operator, language),
                "inLanguage": list(TAGS.values()),
                "isAccessibleForFree": True,
                **_some("dataset", [_listed(release, language) for release in newest]),
            },
            {
                "@type": "WebSite",
                "url": catalogue.home,
                "name": localized(language, catalogue.title),
                "potentialAction": {
                    "@type": "SearchAction",
                    "target": {"@type": "EntryPoint", "urlTemplate": f"{catalogue.search_url}?q={{words}}"},
                    "query-input": "required name=words",
                },
            },
        ],
    }


def told_of(release: ReleaseMetadata, language: Language) -> Node:
    """What is said of a release beside its texts and files: whose it is, on what terms, of what time."""
    own = release.parties_as("publisher")
    creators = release.parties_as("author", "creator") or own or release.parties
    words = [part for word in release.keywords for _, part in texts(word)]
    return {
        "datePublished": release.published.isoformat(timespec="seconds"),
        "dateModified": release.modified.isoformat(timespec="seconds"),
        **_some("license", [licence_node(licence, language) for licence in release.licences]),
        **_some("keywords", words),
        **_some("creator", [party_node(party, language) for party in creators]),
        **_some("publisher", [party_node(party, language) for party in own]),
        **_some("isBasedOn", [_source(source, language) for source in release.sources]),
        **({"temporalCoverage": _period(release.period)} if release.period else {}),
        **_some("inLanguage", _languages(release)),
        **access(release, language),
    }


def access(release: ReleaseMetadata, language: Language) -> Node:
    """Who is given the data, and what became of it. What is open on conditions isn't said to be free for everybody."""
    if release.is_gone:
        return {
            "creativeWorkStatus": release.state,
            "expires": release.modified.isoformat(timespec="seconds"),
            "conditionsOfAccess": _sentence("已撤回", "Withdrawn", [release.reason], language),
        }
    stated: Node = {"creativeWorkStatus": release.state} if release.state else {}
    opening = release.opening
    if opening.is_open:
        return {**stated, "isAccessibleForFree": True}
    words = "open on conditions" if opening.attribute is Attribute.conditional else "not opened"
    reasons = [opening.conditions, opening.use, opening.security, opening.legal_basis]
    text = _sentence(opening.attribute.term, words.capitalize(), reasons, language)
    return {**stated, "conditionsOfAccess": text}


def download(file: FileMetadata) -> Node:
    """A file that everybody is given."""
    name = f"{file.table}.parquet" if file.table and file.derived else file.path.rpartition("/")[2]
    return {
        "@type": "DataDownload",
        "name": name,
        "contentUrl": file.url,
        "encodingFormat": file.media_type,
        "contentSize": f"{file.bytes} B",
        "sha256": file.sha256,
    }


def variables(tables: Iterable[TableMetadata], language: Language) -> Iterator[Node]:
    """The columns of tables, each once by its name and what people call it."""
    seen: set[tuple[str, str]] = set()
    for table in tables:
        for field in table.fields:
            title = localized(language, field.title or field.name)
            if (field.name, title) not in seen:
                seen.add((field.name, title))
                description = localized(language, field.description or "")[:500]
                yield {
                    "@type": "PropertyValue",
                    "name": title,
                    **({"alternateName": field.name} if title != field.name else {}),
                    **({"description": description} if description else {}),
                }


def party_node(party: Party, language: Language) -> Node:
    """Who belongs to an organisation is a person. Of others nobody says it; most who publish are organisations."""
    belongs = party.organization
    affiliation = {"affiliation": {"@type": "Organization", "name": localized(language, belongs)}} if belongs else {}
    return {
        "@type": "Person" if belongs else "Organization",
        "name": localized(language, party.name),
        **({"url": party.url} if party.url else {}),
        **affiliation,
    }


def licence_node(licence: Licence, language: Language) -> str | Node:
    """The address of a licence, or what it is called where it has none."""
    title = localized(language, licence.title or licence.name or "")
    return licence.address or {"@type": "CreativeWork", "name": title}


def _of_version(release: ReleaseMetadata, url: str) -> Node:
    """The version that is described; a page of an earlier one names the dataset that it is a version of."""
    told: Node = {"identifier": release.url, "version": release.version}
    if url == release.url:
        told["exampleOfWork"] = {"@type": "CreativeWork", "@id": release.dataset_url, "url": release.dataset_url}
    return told


def _free(release: ReleaseMetadata) -> Iterator[FileMetadata]:
    return (file for file in release.distributions if file.is_free)


def _named(title: str, language: Language) -> Node:
    """The name in a language, and that in the other where there is one."""
    name = localized(language, title)
    return {"name": name, **_some("alternateName", [part for _, part in texts(title) if part != name])}


def _catalogue(catalogue: CatalogueMetadata, language: Language) -> Node:
    return {
        "@type": "DataCatalog",
        "@id": catalogue.home,
        "name": localized(language, catalogue.title),
        "url": catalogue.home,
    }


def _listed(release: ReleaseMetadata, language: Language) -> Node:
    """A dataset as the catalogue names it: all else stands on its own page."""
    return {
        "@type": "Dataset",
        "@id": release.dataset_url,
        "url": release.dataset_url,
        "name": localized(language, release.title),
        "description": localized(language, release.description or release.title)[:500],
        **_some("license", [licence_node(licence, language) for licence in release.licences]),
    }


def _source(source: Source, language: Language) -> Node:
    url = {"url": source.url} if source.url else {}
    return {"@type": "CreativeWork", "name": localized(language, source.title), **url}


def _languages(release: ReleaseMetadata) -> list[str]:
    found = {language for text in (release.title, release.description or "") for language, _ in texts(text) if language}
    return [TAGS[language] for language in sorted(found)]


def _period(period: Period) -> str:
    """An interval of ISO 8601, with `..` for an end that is not known."""
    return f"{period.start or '..'}/{period.end or '..'}"


def _sentence(term: str, words: str, reasons: Iterable[str | None], language: Language) -> str:
    said = [localized(language, reason) for reason in reasons if reason]
    if language is Language.zh:
        return "：".join([term, *(["；".join(said)] if said else [])])
    return ": ".join([words, *(["; ".join(said)] if said else [])])


def _some(key: str, values: list[Any]) -> Node:
    """The values under this key, or nothing at all where there are none."""
    return {key: values} if values else {}
