"""Harvesters read the catalogue in RDF: DCAT-AP, in three syntaxes that say the same, page by page."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCTERMS, FOAF, RDF

from minshu.http import catalog
from minshu.http.catalog import SYNTAXES

# rdflib's reader of JSON-LD uses what rdflib itself calls old.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")

DCAT = Namespace("http://www.w3.org/ns/dcat#")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
SPDX = Namespace("http://spdx.org/rdf/terms#")


def graph_of(answer: httpx.Response) -> Graph:
    media_type = answer.headers["content-type"].partition(";")[0]
    syntax = next(name for known, name in SYNTAXES.values() if known == media_type)
    return Graph().parse(data=answer.content, format=syntax.removeprefix("pretty-"))


@pytest.fixture(scope="module")
def dataset(address: str) -> URIRef:
    return URIRef(f"{address}/datasets/odd-data")


@pytest.mark.parametrize("path", ["/catalog", "/catalog/odd-data", "/catalog/odd-data/1.1.0"])
def test_the_three_syntaxes_say_the_same(client: httpx.Client, path: str) -> None:
    graphs = [graph_of(client.get(f"{path}.{suffix}")) for suffix in SYNTAXES]
    assert all(graphs)
    if path == "/catalog":  # The view is named by its address, in which the suffix stands.
        for graph in graphs:
            for view in set(graph.objects(None, HYDRA.view)):
                graph.remove((view, None, None))
                graph.remove((None, None, view))
    assert isomorphic(graphs[0], graphs[1])
    assert isomorphic(graphs[0], graphs[2])


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "text/turtle"),
        ("application/ld+json", "application/ld+json"),
        ("application/rdf+xml;q=0.9, text/turtle;q=0.1", "application/rdf+xml"),
    ],
)
def test_the_syntax_is_negotiated(client: httpx.Client, accept: str, media_type: str) -> None:
    answer = client.get("/catalog", headers={"Accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert len(graph_of(answer)) > 50


def test_a_dataset_has_its_texts_in_both_languages_its_agents_and_its_versions(
    client: httpx.Client, address: str, dataset: URIRef
) -> None:
    graph = graph_of(client.get("/catalog"))
    assert (URIRef(f"{address}/catalog"), DCAT.dataset, dataset) in graph
    assert set(graph.objects(dataset, DCTERMS.title)) == {
        Literal("怪数据", lang="zh-Hans"),
        Literal("Odd data", lang="en"),
    }
    (creator,) = graph.objects(dataset, DCTERMS.creator)
    assert Literal("张三", lang="zh-Hans") in set(graph.objects(creator, FOAF.name))
    versions = {f"{dataset}/versions/{version}" for version in ("1.0.0", "1.1.0", "2.0.0-rc.1")}
    assert {str(url) for url in graph.objects(dataset, DCAT.hasVersion)} == versions
    assert str(graph.value(dataset, DCAT.hasCurrentVersion)) == f"{dataset}/versions/1.1.0"


def test_every_distribution_can_be_downloaded_and_has_its_size_and_digest(
    client: httpx.Client, dataset: URIRef
) -> None:
    graph = graph_of(client.get("/catalog/odd-data.ttl"))
    found = list(graph.objects(dataset, DCAT.distribution))
    assert len(found) == 6  # The zip, the database, and two tables, each as it was given and as Parquet.
    for distribution in found:
        answer = client.get(str(graph.value(distribution, DCAT.downloadURL)))
        assert int(str(graph.value(distribution, DCAT.byteSize))) == len(answer.content)
        checksum = graph.value(distribution, SPDX.checksum)
        digest = bytes.fromhex(str(graph.value(checksum, SPDX.checksumValue)))
        assert answer.headers["repr-digest"] == f"sha-256=:{b64encode(digest).decode()}:"


def test_a_version_names_what_it_is_a_version_of_and_the_one_before(client: httpx.Client, dataset: URIRef) -> None:
    graph, version = graph_of(client.get("/catalog/odd-data/1.1.0.ttl")), URIRef(f"{dataset}/versions/1.1.0")
    assert (version, RDF.type, DCAT.Dataset) in graph
    assert (version, DCAT.isVersionOf, dataset) in graph
    assert (version, DCAT.previousVersion, URIRef(f"{dataset}/versions/1.0.0")) in graph


def test_only_what_changed_since_is_told(client: httpx.Client, dataset: URIRef) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds").replace("+00:00", "Z")
    for since, told in (("2020-01-01", True), (tomorrow, False)):
        graph = graph_of(client.get("/catalog", params={"modified_since": since}))
        assert (None, DCAT.dataset, dataset) in graph if told else (None, DCAT.dataset, None) not in graph


def test_the_catalogue_is_paged(
    client: httpx.Client, address: str, dataset: URIRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    described: Any = catalog._described
    monkeypatch.setattr(catalog, "_described", lambda library: described(library) * 3)
    monkeypatch.setattr(catalog, "LENGTH", 2)
    first, last = (graph_of(client.get("/catalog.ttl", params=params)) for params in ({}, {"page": "2"}))
    view, second = URIRef(f"{address}/catalog.ttl"), URIRef(f"{address}/catalog.ttl?page=2")
    assert int(str(first.value(URIRef(f"{address}/catalog"), HYDRA.totalItems))) == 3
    assert (view, HYDRA.next, second) in first
    assert (second, HYDRA.previous, view) in last
    assert last.value(second, HYDRA.next) is None


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/catalog?page=0", 422, "invalid-request"),
        ("/catalog?page=x", 422, "invalid-request"),
        ("/catalog?modified_since=yesterday", 400, "bad-parameter"),
        ("/catalog.n3", 404, "not-found"),
        ("/catalog/none.ttl", 404, "dataset-not-found"),
        ("/catalog/odd-data/9.9.9.ttl", 404, "release-not-found"),
    ],
)
def test_what_is_not_there_is_a_problem(client: httpx.Client, path: str, status: int, code: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_what_has_not_changed_is_not_sent_again(client: httpx.Client) -> None:
    etag = client.get("/catalog").headers["etag"]
    assert client.get("/catalog", headers={"If-None-Match": etag}).status_code == 304
