"""The catalogue in RDF: DCAT 3, in the application profile DCAT-AP 3.0.1.

A dataset is described as its newest release is, with a version for each release (DCAT 3, section 11). Its distributions
are the files that were published, each with its size and digest; all else that can be asked for stands behind the data
service.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import quote

from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, RDF, RDFS, XSD
from rdflib.term import Node

from minshu.bilingual import TAGS, texts
from minshu.metadata.model import (
    CatalogueMetadata,
    DatasetMetadata,
    FileMetadata,
    Licence,
    Party,
    ReleaseMetadata,
    Source,
)
from minshu.metadata.vocabularies import ACCESS_RIGHTS, FILE_TYPES, FREQUENCIES, LANGUAGES
from minshu.xml_text import xml_text

ADMS: Final = Namespace("http://www.w3.org/ns/adms#")
# rdflib has the terms of DCAT 2.
DCAT: Final = Namespace("http://www.w3.org/ns/dcat#")
SPDX: Final = Namespace("http://spdx.org/rdf/terms#")
HYDRA: Final = Namespace("http://www.w3.org/ns/hydra/core#")
MEDIA_TYPES: Final = Namespace("http://www.iana.org/assignments/media-types/")
SHA256: Final = SPDX.checksumAlgorithm_sha256
PROFILE: Final = URIRef("https://semiceu.github.io/DCAT-AP/releases/3.0.1")

_PREFIXES: Final = {
    "adms": ADMS,
    "dcat": DCAT,
    "dct": DCTERMS,
    "foaf": FOAF,
    "hydra": HYDRA,
    "spdx": SPDX,
}


@dataclass(frozen=True)
class PageOfCatalogue:
    """A part of a catalogue, as Hydra pages it: how many datasets there are in all, and where the other parts are."""

    url: str
    total: int
    first: str
    next: str | None
    previous: str | None


def catalogue_graph(
    catalogue: CatalogueMetadata, datasets: Iterable[DatasetMetadata], page: PageOfCatalogue | None = None
) -> Graph:
    """The catalogue with some of its datasets."""
    found = list(datasets)
    graph = _graph()
    _Catalogue(graph, catalogue).add(found)
    for dataset in found:
        _add_dataset(graph, catalogue, dataset)
    if page:
        _add_page(graph, catalogue, page)
    return graph


def dataset_graph(catalogue: CatalogueMetadata, dataset: DatasetMetadata) -> Graph:
    """One dataset, with the addresses of its versions."""
    graph = _graph()
    _add_dataset(graph, catalogue, dataset)
    return graph


def release_graph(catalogue: CatalogueMetadata, release: ReleaseMetadata) -> Graph:
    """One version of a dataset."""
    graph = _graph()
    subject = URIRef(release.url)
    _Resource(graph, subject, catalogue).add(release, issued=release.published)
    graph.add((subject, DCAT.isVersionOf, URIRef(release.dataset_url)))
    if release.previous_url:
        graph.add((subject, DCAT.previousVersion, URIRef(release.previous_url)))
    return graph


def _graph() -> Graph:
    graph = Graph(bind_namespaces="core")
    for prefix, namespace in _PREFIXES.items():
        graph.bind(prefix, namespace)
    return graph


def _add_dataset(graph: Graph, catalogue: CatalogueMetadata, dataset: DatasetMetadata) -> None:
    subject = URIRef(dataset.url)
    _Resource(graph, subject, catalogue).add(dataset.current, issued=dataset.issued)
    for url in dataset.versions:
        graph.add((subject, DCAT.hasVersion, URIRef(url)))
    graph.add((subject, DCAT.hasCurrentVersion, URIRef(dataset.current.url)))


def _add_page(graph: Graph, catalogue: CatalogueMetadata, page: PageOfCatalogue) -> None:
    """Which part of the catalogue this is (Hydra Core, `PartialCollectionView`)."""
    view, collection = URIRef(page.url), URIRef(catalogue.url)
    graph.add((collection, RDF.type, HYDRA.Collection))
    graph.add((collection, HYDRA.totalItems, Literal(page.total)))
    graph.add((collection, HYDRA.view, view))
    graph.add((view, RDF.type, HYDRA.PartialCollectionView))
    for relation, url in ((HYDRA.first, page.first), (HYDRA.next, page.next), (HYDRA.previous, page.previous)):
        if url:
            graph.add((view, relation, URIRef(url)))


class _Catalogue:
    """Adds a catalogue to a graph."""

    def __init__(self, graph: Graph, catalogue: CatalogueMetadata) -> None:
        self._graph, self._about, self._subject = graph, catalogue, URIRef(catalogue.url)

    def add(self, datasets: list[DatasetMetadata]) -> None:
        about, add = self._about, _Adder(self._graph, self._subject)
        add(RDF.type, DCAT.Catalog)
        add.texts(DCTERMS.title, about.title)
        add.texts(DCTERMS.description, about.description)
        add(DCTERMS.publisher, agent(self._graph, about.operator, about.url))
        add(FOAF.homepage, add.typed(about.home, FOAF.Document))
        add.languages(about.title, about.description)
        if datasets:
            add(DCTERMS.issued, moment(min(dataset.issued for dataset in datasets)))
            add(DCTERMS.modified, moment(max(dataset.modified for dataset in datasets)))
        self._add_service(datasets)
        for dataset in datasets:
            add(DCAT.dataset, URIRef(dataset.url))
            add(DCAT.record, self._record(dataset))

    def _add_service(self, datasets: list[DatasetMetadata]) -> None:
        about = self._about
        add = _Adder(self._graph, service(about))
        add(RDF.type, DCAT.DataService)
        add.texts(DCTERMS.title, f"{about.title.partition(' / ')[0]}：数据接口 / HTTP interface")
        add(DCAT.endpointURL, add.typed(about.home, RDFS.Resource))
        add(DCAT.endpointDescription, add.typed(about.openapi_url, RDFS.Resource))
        for dataset in datasets:
            add(DCAT.servesDataset, URIRef(dataset.url))
        self._graph.add((self._subject, DCAT.service, service(about)))

    def _record(self, dataset: DatasetMetadata) -> URIRef:
        record = URIRef(f"{dataset.url}#record")
        add = _Adder(self._graph, record)
        add(RDF.type, DCAT.CatalogRecord)
        add(FOAF.primaryTopic, URIRef(dataset.url))
        add(DCTERMS.issued, moment(dataset.issued))
        add(DCTERMS.modified, moment(dataset.modified))
        add(DCTERMS.conformsTo, add.typed(str(PROFILE), DCTERMS.Standard))
        return record


class _Resource:
    """Adds a dataset, or one version of it, to a graph."""

    def __init__(self, graph: Graph, subject: URIRef, catalogue: CatalogueMetadata) -> None:
        self._graph, self._subject, self._catalogue = graph, subject, catalogue
        self._add = _Adder(graph, subject)

    def add(self, release: ReleaseMetadata, issued: datetime) -> None:
        add = self._add
        add(RDF.type, DCAT.Dataset)
        add(RDF.type, DCAT.Resource)
        add.texts(DCTERMS.title, release.title)
        # The profile wants a description of each dataset; where its publisher wrote none, there is its title.
        add.texts(DCTERMS.description, release.description or release.title)
        add.languages(release.title, release.description or "")
        add(DCTERMS.identifier, Literal(str(self._subject)))
        add(DCAT.version, Literal(release.version))
        add(DCTERMS.issued, moment(issued))
        add(DCTERMS.modified, moment(release.modified))
        add(DCAT.landingPage, add.typed(str(self._subject), FOAF.Document))
        for word in release.keywords:
            add.texts(DCAT.keyword, word)
        if release.notes:
            add.texts(ADMS.versionNotes, release.notes)
        if release.frequency and release.frequency in FREQUENCIES:
            add(DCTERMS.accrualPeriodicity, add.typed(FREQUENCIES[release.frequency], DCTERMS.Frequency))
        self._add_rights(release)
        self._add_parties(release)
        self._add_sources(release.sources)
        self._add_period(release)
        if not release.is_gone:
            for file in release.distributions:
                add(DCAT.distribution, self._distribution(release, file))

    def _add_rights(self, release: ReleaseMetadata) -> None:
        rights = ACCESS_RIGHTS[release.opening.attribute]
        self._add(DCTERMS.accessRights, self._add.typed(rights, DCTERMS.RightsStatement))

    def _add_parties(self, release: ReleaseMetadata) -> None:
        publisher = next(iter(release.parties_as("publisher")), None) or self._catalogue.operator
        self._add(DCTERMS.publisher, agent(self._graph, publisher, self._catalogue.url))
        for party in release.parties_as("author", "creator"):
            self._add(DCTERMS.creator, agent(self._graph, party, self._catalogue.url))

    def _add_sources(self, sources: Iterable[Source]) -> None:
        for source in sources:
            statement = self._add.typed(None, DCTERMS.ProvenanceStatement)
            _Adder(self._graph, statement).texts(DCTERMS.description, source.title)
            if source.url:
                self._graph.add((statement, DCTERMS.source, URIRef(source.url)))
            self._add(DCTERMS.provenance, statement)

    def _add_period(self, release: ReleaseMetadata) -> None:
        if release.period is None:
            return
        node = self._add.typed(None, DCTERMS.PeriodOfTime)
        for relation, day in ((DCAT.startDate, release.period.start), (DCAT.endDate, release.period.end)):
            if day:
                self._graph.add((node, relation, Literal(day)))
        self._add(DCTERMS.temporal, node)

    def _distribution(self, release: ReleaseMetadata, file: FileMetadata) -> URIRef:
        # The file's address names the file; its description is something else.
        subject = URIRef(f"{self._subject}#{quote(file.path, safe='')}")
        add = _Adder(self._graph, subject)
        add(RDF.type, DCAT.Distribution)
        add(DCTERMS.title, Literal(xml_text(file.path)))
        add(DCAT.accessURL, URIRef(file.url))
        add(DCAT.downloadURL, URIRef(file.url))
        add(DCAT.byteSize, Literal(file.bytes, datatype=XSD.nonNegativeInteger))
        add(DCAT.mediaType, add.typed(MEDIA_TYPES[quote(file.media_type, safe="/+.")], DCTERMS.MediaType))
        if file.media_type in FILE_TYPES:
            add(DCTERMS.format, add.typed(FILE_TYPES[file.media_type], DCTERMS.MediaTypeOrExtent))
        add(DCTERMS.issued, moment(release.published))
        add(DCAT.accessService, service(self._catalogue))
        self._add_checksum(add, file)
        for node in self._licences(release.licences):
            add(DCTERMS.license, node)
        return subject

    def _add_checksum(self, add: "_Adder", file: FileMetadata) -> None:
        checksum = add.typed(None, SPDX.Checksum)
        self._graph.add((checksum, SPDX.algorithm, add.typed(str(SHA256), SPDX.ChecksumAlgorithm)))
        self._graph.add((checksum, SPDX.checksumValue, Literal(file.sha256, datatype=XSD.hexBinary)))
        add(SPDX.checksum, checksum)

    def _licences(self, licences: tuple[Licence, ...]) -> Iterator[Node]:
        """The licence. A distribution has one at most; where there are several, the first is the one that is meant."""
        for licence in licences[:1]:
            node = self._add.typed(licence.address, DCTERMS.LicenseDocument)
            _Adder(self._graph, node).texts(DCTERMS.title, licence.title or licence.name or "")
            yield node


def service(catalogue: CatalogueMetadata) -> URIRef:
    """What names the interface over HTTP."""
    return URIRef(f"{catalogue.url}#service")


def agent(graph: Graph, party: Party, base: str) -> Node:
    """An organisation. One without an address of its own is named below the catalogue, the same everywhere."""
    node = URIRef(party.url or f"{base}#agent-{quote(party.name.partition(' / ')[0], safe='')}")
    add = _Adder(graph, node)
    add(RDF.type, FOAF.Agent)
    add.texts(FOAF.name, party.name)
    return node


def moment(time: datetime | date) -> Literal:
    """A point in time, or a day."""
    return Literal(time)


class _Adder:
    """Adds statements about one subject."""

    def __init__(self, graph: Graph, subject: Node) -> None:
        self._graph, self._subject = graph, subject

    def __call__(self, predicate: URIRef, value: Node) -> None:
        self._graph.add((self._subject, predicate, value))

    def texts(self, predicate: URIRef, text: str) -> None:
        """A text in each of its languages."""
        for language, part in texts(xml_text(text)):
            self(predicate, Literal(part, lang=TAGS[language]) if language else Literal(part))

    def languages(self, *written: str) -> None:
        """The languages that texts are written in."""
        found = {language for text in written for language, _ in texts(text) if language}
        for language in sorted(found):
            self(DCTERMS.language, self.typed(LANGUAGES[language], DCTERMS.LinguisticSystem))

    def typed(self, url: str | None, kind: URIRef) -> Node:
        """Something of this kind that stands at an address, or has no name."""
        # The name of a node without one is of no meaning, but the same graph is to be the same text.
        node = URIRef(url) if url else BNode(f"n{len(self._graph)}")
        self._graph.add((node, RDF.type, kind))
        return node
