"""Catalogues in RDF, by DCAT 2 and 3: every page that Hydra leads to."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, RDF, RDFS, SKOS
from rdflib.term import Node

from minshu.descriptors import Descriptor
from minshu.errors import CatalogueUnanswering, DatasetUntaken
from minshu.harvest.fetching import Fetcher
from minshu.harvest.model import RemoteDataset, RemoteFile, RemoteStatus
from minshu.harvest.rdf import ACCEPT, graph_of
from minshu.harvest.words import both, cleaned, licence, party, web
from minshu.metadata.dcat import DCAT, HYDRA, SPDX

VCARD: Final = Namespace("http://www.w3.org/2006/vcard/ns#")
LABELS: Final = (DCTERMS.title, FOAF.name, VCARD.fn, SKOS.prefLabel, RDFS.label, RDF.value)
PAGES: Final = 10_000
KEYWORDS: Final = 50
# Terms of the EU's access rights, and how they end in other lists.
_SHUT: Final = ("RESTRICTED", "NON_PUBLIC", "NON-PUBLIC", "CONFIDENTIAL", "SENSITIVE", "PRIVATE", "CLOSED")


class DcatCatalogue:
    """A catalogue that is told in RDF."""

    kind = "dcat"

    def __init__(self, address: str, fetcher: Fetcher) -> None:
        self.address, self._fetcher = address, fetcher

    def datasets(self, only: Collection[str] = ()) -> Iterator[RemoteDataset]:
        """Its datasets, page by page; an id that comes twice is given once."""
        seen: set[str] = set()
        for graph in self._pages():
            for node in _datasets(graph):
                found = self._dataset(graph, node)
                if found.id not in seen and (not only or found.id in only or found.key in only):
                    seen.add(found.id)
                    yield found

    def files(self, dataset: RemoteDataset) -> Sequence[RemoteFile]:
        """Its distributions. One that is only named in the catalogue was asked for already."""
        if not dataset.about:
            raise DatasetUntaken(f"{dataset.id} is not described, neither in the catalogue nor at its own address.")
        return dataset.files

    def statuses(self, dataset: str) -> Mapping[str, RemoteStatus]:  # noqa: ARG002  # of every kind of catalogue
        """None: DCAT has no word that is as final."""
        return {}

    def _pages(self) -> Iterator[Graph]:
        url: str | None = self.address
        asked: set[str] = set()
        while url and url not in asked:
            if len(asked) >= PAGES:
                raise CatalogueUnanswering(f"{self.address} has more than {PAGES} pages.")
            asked.add(url)
            document = self._fetcher.document(url, ACCEPT)
            if document is None:
                raise CatalogueUnanswering(f"There is no page of a catalogue at {url}.")
            graph = graph_of(document, self._fetcher)
            yield graph
            url = _next(graph)

    def _dataset(self, graph: Graph, node: Node) -> RemoteDataset:
        if isinstance(node, URIRef) and (node, None, None) not in graph:
            try:
                document = self._fetcher.document(str(node), ACCEPT)
                graph = graph_of(document, self._fetcher) if document else graph
            except CatalogueUnanswering:
                return RemoteDataset(id=cleaned(str(node)), key=cleaned(_last(str(node))))
        return _described(graph, node)


def _next(graph: Graph) -> str | None:
    """The address of the page after (Hydra Core, `next`), by its present and its earlier name."""
    found = (str(page) for term in (HYDRA.next, HYDRA.nextPage) for page in graph.objects(None, term))
    return min(found, default=None)


def _datasets(graph: Graph) -> list[Node]:
    """The datasets of the catalogue; where no catalogue is told of, all that there are."""
    listed = set(graph.objects(None, DCAT.dataset))
    return sorted(listed or set(graph.subjects(RDF.type, DCAT.Dataset)), key=str)


def _described(graph: Graph, node: Node) -> RemoteDataset:
    reader = _Reader(graph)
    identifier = reader.text(node, DCTERMS.identifier)
    own = cleaned(str(node)) if isinstance(node, URIRef) else identifier or reader.text(node, DCTERMS.title)
    key = identifier if re.fullmatch(r"[\w.-]{1,80}", identifier) else cleaned(_last(own))
    landing = _address(graph.value(node, DCAT.landingPage)) or _address(node)
    distributions = sorted(graph.objects(node, DCAT.distribution), key=str)
    shut = [reader.shut(one) for one in distributions]
    files = [reader.file(one) for one, why in zip(distributions, shut, strict=True) if not why]
    return RemoteDataset(
        id=own,
        key=key,
        about=reader.about(node, key) if (node, None, None) in graph and own else {},
        page=landing,
        modified=reader.text(node, DCTERMS.modified),
        files=tuple(file for file in files if file),
        shut=reader.shut(node) or (shut[0] if all(shut) and shut else ""),
    )


class _Reader:
    """Reads what a graph says of some node."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def text(self, node: Node, term: URIRef) -> str:
        """A text in Chinese and English where it is there in both, else in what language there is."""
        return both(_literals(self._graph.objects(node, term)))

    def about(self, node: Node, key: str) -> Descriptor:
        """What a descriptor is to say of a dataset."""
        words = sorted({cleaned(str(word)) for word in self._graph.objects(node, DCAT.keyword)} - {""})
        told: dict[str, Any] = {
            "title": self.text(node, DCTERMS.title) or key,
            "description": self.text(node, DCTERMS.description),
            "keywords": words[:KEYWORDS],
            "homepage": _address(self._graph.value(node, DCAT.landingPage)),
            "licenses": self._licences(node),
            "contributors": [
                party(self._label(one), _address(one), role)
                for term, role in ((DCTERMS.publisher, "publisher"), (DCTERMS.creator, "author"))
                for one in sorted(self._graph.objects(node, term), key=str)
                if self._label(one)
            ],
        }
        return {name: value for name, value in told.items() if value}

    def file(self, node: Node) -> RemoteFile | None:
        """A distribution, where it has an address: that of the file, or else of where to get it."""
        value = self._graph.value
        url = _address(value(node, DCAT.downloadURL)) or _address(value(node, DCAT.accessURL))
        if not url:
            return None
        modified = self.text(node, DCTERMS.modified)
        return RemoteFile(
            id=cleaned(str(node)) if isinstance(node, URIRef) else url,
            url=url,
            title=self.text(node, DCTERMS.title),
            format=self._term(value(node, DCTERMS.format)),
            media_type=self._media_type(value(node, DCAT.mediaType)),
            mark=modified if "T" in modified else "",  # In a day there may be several changes.
            sha256=self._sha256(node),
        )

    def shut(self, node: Node) -> str:
        """Why a dataset or a distribution is not open, by its access rights: a term, or a statement with a label."""
        told = sorted(self._graph.objects(node, DCTERMS.accessRights), key=str)
        terms = [term.upper() for rights in told for term in (_last(str(rights)), self._term(rights))]
        return next((f"Its access rights are {term}" for term in terms if term in _SHUT), "")

    def _licences(self, node: Node) -> list[Descriptor]:
        nodes = [node, *sorted(self._graph.objects(node, DCAT.distribution), key=str)]
        found = (one for each in nodes for one in sorted(self._graph.objects(each, DCTERMS.license), key=str))
        for one in found:
            url = _address(one)
            title = self._label(one) or ("" if url else cleaned(str(one)) if isinstance(one, Literal) else "")
            if told := licence(_last(url) if "spdx.org/licenses/" in url else "", title, url):
                return [told]
        return []

    def _label(self, node: Node) -> str:
        if isinstance(node, Literal):
            return cleaned(str(node))
        return next((found for term in LABELS if (found := self.text(node, term))), "")

    def _term(self, node: Node | None) -> str:
        """A term by its label, or by the end of its address."""
        return "" if node is None else self._label(node) or (_last(str(node)) if isinstance(node, URIRef) else "")

    def _media_type(self, node: Node | None) -> str:
        if node is None or isinstance(node, Literal):
            return str(node or "")
        return "/".join(unquote(str(node)).rstrip("/").split("/")[-2:])

    def _sha256(self, node: Node) -> str:
        for checksum in self._graph.objects(node, SPDX.checksum):
            algorithm = str(self._graph.value(checksum, SPDX.algorithm)).lower()
            value = str(self._graph.value(checksum, SPDX.checksumValue)).lower()
            if "sha256" in algorithm and re.fullmatch("[0-9a-f]{64}", value):
                return value
        return ""


def _literals(nodes: Iterable[Node]) -> list[tuple[str, str]]:
    return sorted(((node.language or "").lower(), str(node)) for node in nodes if isinstance(node, Literal))


def _address(node: Node | None) -> str:
    """An address of the web; other names lead nowhere."""
    return web(str(node)) if isinstance(node, URIRef | Literal) else ""


def _last(url: str) -> str:
    """The last part of an address that says anything."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return unquote(parts.fragment or parts.path.rstrip("/").rpartition("/")[2] or parts.netloc)
