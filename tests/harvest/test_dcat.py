"""Catalogues in RDF of others, with all that is odd in them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.harvest.conftest import Portal, Take

from minshu.errors import CatalogueUnanswering
from minshu.harvest import Kind, Outcome
from minshu.store import Store

ROWS = "code,name\n001,甲\n002,乙\n"
PREFIXES = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix hydra: <http://www.w3.org/ns/hydra/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix spdx: <http://spdx.org/rdf/terms#> .
@prefix file-type: <http://publications.europa.eu/resource/authority/file-type/> .
"""
FOREIGN = """
<{url}/catalog> a dcat:Catalog ; dct:title "Foreign"@en ;
    dcat:dataset <{url}/set/buses>, <{url}/set/untitled>, <{url}/set/dead>, <{url}/set/shut>, <{url}/set/elsewhere>, [
        a dcat:Dataset ; dct:identifier "blank-1" ; dct:title "Blank"@en ;
        dcat:distribution [ dcat:downloadURL <{url}/d/items.csv> ] ] .
<{url}/set/buses> a dcat:Dataset ;
    dct:title "Busse"@de, "公交线路"@zh, "Buses"@en ; dct:description "Nur Deutsch"@de ;
    dct:publisher <{url}/org> ; dct:creator [ foaf:name "Someone" ] ; dct:license <http://spdx.org/licenses/CC-BY-4.0> ;
    dct:issued "yesterday"^^xsd:date ; dcat:keyword "bus"@en, "公交"@zh ; dcat:landingPage <{url}/buses.html> ;
    dcat:contactPoint [ foaf:mbox <mailto:person@example.org> ] ;
    dcat:distribution <{url}/d/1>, <{url}/d/2>, <{url}/d/3>, <{url}/d/4> .
<{url}/org> a foaf:Organization ; foaf:name "福州公交"@zh .
<{url}/d/1> dct:title "Lines" ; dcat:downloadURL <{url}/d/lines.csv> ; dcat:mediaType
    <http://www.iana.org/assignments/media-types/text/csv> .
<{url}/d/2> dct:title "Stops" ; dcat:accessURL <{url}/d/stops?format=csv> ; dct:format file-type:CSV .
<{url}/d/3> dct:title "Lines" ; dcat:downloadURL <{url}/d/lines.json> ; dct:format "JSON" .
<{url}/d/4> dct:title "Page" ; dcat:accessURL <{url}/buses.html> ; dct:format file-type:HTML .
<{url}/set/untitled> dcat:distribution [ dcat:downloadURL "{url}/d/items.csv" ] .
<{url}/set/dead> dct:title "Dead"@en ; dcat:distribution [ dcat:downloadURL <{url}/gone.csv> ] .
<{url}/set/shut> dct:title "Shut"@en ; dcat:distribution [ dcat:downloadURL <{url}/d/items.csv> ] ;
    dct:accessRights <http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC> .
"""
Catalogue = Callable[..., str]


@pytest.fixture
def turtle(portal: Portal) -> Catalogue:
    """Put a catalogue in Turtle into the portal."""

    def put(text: str, path: str = "/catalog.ttl") -> str:
        return portal.put(path, PREFIXES + text.replace("{url}", portal.url), "text/turtle")

    return put


@pytest.fixture
def foreign(portal: Portal, turtle: Catalogue) -> str:
    portal.put("/d/lines.csv", ROWS)
    portal.put("/d/lines.json", '[{"code": "001"}]', "application/json")
    portal.put("/d/stops?format=csv", "编号,名称\n1,站\n2,站二\n".encode("gbk"), "application/octet-stream")
    portal.put("/d/items.csv", ROWS)
    elsewhere = (
        '<{url}/set/elsewhere> dct:title "Elsewhere" ; dcat:distribution [ dcat:downloadURL <{url}/d/items.csv> ] .'
    )
    turtle(elsewhere, "/set/elsewhere")
    return turtle(FOREIGN)


def named(outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
    return {key.rpartition("/")[2]: outcome for key, outcome in outcomes.items()}


def test_what_is_odd_in_a_catalogue_of_others_is_made_the_best_of(foreign: str, take: Take, store: Store) -> None:
    found = named(take(foreign))
    assert {key: (one.status, one.name, one.bad) for key, one in found.items()} == {
        "buses": ("published", "buses", False),
        "untitled": ("published", "untitled", False),
        "dead": ("refused", None, True),
        "shut": ("left out", None, False),
        "elsewhere": ("published", "elsewhere", False),
        "blank-1": ("published", "blank-1", False),
    }
    release = store.release("buses")
    assert {table.name: table.rows for table in release.manifest.tables} == {"lines": 2, "stops": 2}
    told = json.loads((release.folder / "package/datapackage.json").read_bytes())
    assert (told["title"], told["description"]) == ("公交线路 / Buses", "Nur Deutsch")
    assert told["keywords"] == ["bus", "公交"]
    assert told["licenses"] == [{"name": "CC-BY-4.0", "path": "http://spdx.org/licenses/CC-BY-4.0"}]
    assert [one["title"] for one in told["contributors"]] == ["福州公交", "Someone"]
    assert "person@example.org" not in json.dumps(told)
    assert found["buses"].notes == ("Page is left out: HTML is not read",)


def test_a_second_harvest_fetches_nothing_but_the_catalogue(
    foreign: str, portal: Portal, take: Take, store: Store
) -> None:
    take(foreign)
    head = store.log.head()
    portal.forget()
    statuses = [outcome.status for outcome in take(foreign).values()]
    assert (statuses.count("unchanged"), statuses.count("published")) == (4, 0)
    assert (set(portal.sent), store.log.head()) == ({"/catalog.ttl", "/set/elsewhere"}, head)


def test_every_page_is_followed_and_none_twice(turtle: Catalogue, portal: Portal, take: Take) -> None:
    page = """
    <{url}/c> a dcat:Catalog ; dcat:dataset <{url}/set/N> . <{url}/c#view> hydra:next <{url}/NEXT> .
    <{url}/set/N> dct:title "N" ; dcat:distribution [ dcat:downloadURL <{url}/N.csv> ] ."""
    for name, following in (("a", "catalog.ttl?page=2"), ("b", "catalog.ttl?page=3"), ("c", "catalog.ttl")):
        portal.put(f"/{name}.csv", ROWS)
        query = {"a": "", "b": "?page=2", "c": "?page=3"}[name]
        turtle(
            page.replace("N.csv", f"{name}.csv").replace("/N>", f"/{name}>").replace("NEXT", following),
            f"/catalog.ttl{query}",
        )
    assert {outcome.name for outcome in take(f"{portal.url}/catalog.ttl").values()} == {"a", "b", "c"}
    assert len([path for path in portal.asked if path.startswith("/catalog.ttl")]) == 4  # One of them asks what it is.


def test_a_catalogue_that_breaks_off_keeps_what_came_before(
    turtle: Catalogue, portal: Portal, take: Take, store: Store
) -> None:
    portal.put("/a.csv", ROWS)
    url = turtle("""
    <{url}/c> a dcat:Catalog ; dcat:dataset <{url}/set/a> ; hydra:next <http://169.254.169.254/next.ttl> .
    <{url}/set/a> dct:title "A" ; dcat:distribution [ dcat:downloadURL <{url}/a.csv> ] .""")
    with pytest.raises(CatalogueUnanswering, match="none of the public internet"):
        take(url)
    assert store.names() == ["a"]


def test_a_checksum_that_is_wrong_refuses_and_one_that_is_right_saves_the_question(
    turtle: Catalogue, portal: Portal, take: Take
) -> None:
    from hashlib import sha256

    portal.put("/a.csv", ROWS, validators=False)
    text = """
    <{url}/set/a> a dcat:Dataset ; dct:title "A" ; dcat:distribution [ dcat:downloadURL <{url}/a.csv> ; spdx:checksum
        [ spdx:algorithm spdx:checksumAlgorithm_sha256 ; spdx:checksumValue "SUM"^^xsd:hexBinary ] ] ."""
    url = turtle(text.replace("SUM", "0" * 64))
    assert named(take(url))["a"].status == "refused"
    turtle(text.replace("SUM", sha256(ROWS.encode()).hexdigest()))
    assert named(take(url))["a"].status == "published"
    portal.forget()
    assert named(take(url))["a"].status == "unchanged"
    assert portal.asked == ["/catalog.ttl", "/catalog.ttl"]


CONTEXT = {"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/"}
DATASET = {
    "@id": "set/a",
    "@type": "dcat:Dataset",
    "dct:title": "A",
    "dcat:distribution": {"dcat:downloadURL": {"@id": "/a.csv"}},
}


def linked(portal: Portal, context: Any) -> str:
    document = json.dumps({"@context": context, **DATASET})
    return portal.put("/catalog.jsonld", document, "application/ld+json")


def test_a_context_of_the_catalogue_is_read_through_the_guard(portal: Portal, take: Take) -> None:
    portal.put("/a.csv", ROWS)
    portal.put("/context.jsonld", json.dumps({"@context": [CONTEXT, "context.jsonld"]}), "application/ld+json")
    assert named(take(linked(portal, "context.jsonld")))["a"].status == "published"


@pytest.mark.parametrize(
    "context", ["file:///etc/passwd", "http://169.254.169.254/", ["http://[::1]:1/"], {"@import": "/context"}]
)
def test_no_context_leads_into_a_private_network_or_to_a_file(context: Any, portal: Portal, take: Take) -> None:
    with pytest.raises(CatalogueUnanswering, match="is not followed"):
        take(linked(portal, context))


def test_a_context_on_another_port_of_this_machine_is_not_asked_for(
    portal: Portal, start: Callable[[], Portal], take: Take
) -> None:
    inner = start()
    with pytest.raises(CatalogueUnanswering):
        take(linked(portal, inner.put("/context.jsonld", json.dumps({"@context": CONTEXT}), "application/ld+json")))
    assert inner.asked == []


def test_contexts_that_name_one_another_often_are_given_up(portal: Portal, take: Take) -> None:
    for number in range(15):
        context = [f"/{number + 1}.jsonld"] * 100
        portal.put(f"/{number}.jsonld", json.dumps({"@context": context}), "application/ld+json")
    portal.put("/15.jsonld", json.dumps({"@context": CONTEXT}), "application/ld+json")
    with pytest.raises(CatalogueUnanswering, match="more than"):
        take(linked(portal, "/0.jsonld"))


def test_a_number_is_not_written_out_and_what_no_text_may_hold_is_replaced(
    turtle: Catalogue, portal: Portal, take: Take, store: Store
) -> None:
    portal.put("/a.csv", ROWS)
    found = take(
        turtle("""<{url}/set/\\uD800> a dcat:Dataset ; dct:title "A" ; dct:description "1e999999999999"^^xsd:decimal ;
        dcat:distribution <{url}/d/\\uD800> . <{url}/d/\\uD800> dcat:downloadURL <{url}/a.csv> .""")
    )
    (outcome,) = found.values()
    assert outcome.status == "published"
    outcome.id.encode()
    assert store.release(str(outcome.name)).manifest.description == "1e999999999999"
    assert [one.status for one in take(f"{portal.url}/catalog.ttl").values()] == ["unchanged"]


@pytest.mark.parametrize(("modified", "asked"), [("2026-11-30", 1), ("2026-11-30T08:00:00", 0)])
def test_a_day_of_change_does_not_save_the_question_and_a_time_does(
    modified: str, asked: int, turtle: Catalogue, portal: Portal, take: Take
) -> None:
    portal.put("/a.csv", ROWS)
    text = """<{url}/set/a> a dcat:Dataset ; dct:title "A" ; dcat:distribution [ dcat:downloadURL <{url}/a.csv> ;
        dct:modified "WHEN" ] ."""
    url = turtle(text.replace("WHEN", modified))
    take(url)
    portal.forget()
    take(url)
    assert portal.asked.count("/a.csv") == asked


SHUT = """
<{url}/set/a> a dcat:Dataset ; dct:title "A" ; dcat:distribution <{url}/d/1> ;
    dct:accessRights [ a dct:RightsStatement ; <http://www.w3.org/2000/01/rdf-schema#label> "Restricted" ] .
<{url}/set/b> a dcat:Dataset ; dct:title "B" ; dcat:distribution <{url}/d/2> .
<{url}/set/c> a dcat:Dataset ; dct:title "C" ; dcat:distribution <{url}/d/1>, <{url}/d/2> .
<{url}/d/1> dcat:downloadURL <{url}/open.csv> .
<{url}/d/2> dcat:downloadURL <{url}/shut.csv> ; dct:accessRights "confidential" .
"""


def test_what_is_not_open_is_left_where_it_is_whoever_says_so(
    turtle: Catalogue, portal: Portal, take: Take, store: Store
) -> None:
    portal.put("/open.csv", ROWS)
    portal.put("/shut.csv", ROWS)
    found = named(take(turtle(SHUT)))
    assert {key: one.status for key, one in found.items()} == {"a": "left out", "b": "left out", "c": "published"}
    assert found["b"].notes == ("Its access rights are CONFIDENTIAL",)
    assert [table.name for table in store.release("c").manifest.tables] == ["open"]
    assert "/shut.csv" not in portal.asked


XML = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [ENTITY]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dcat="http://www.w3.org/ns/dcat#"
    xmlns:dct="http://purl.org/dc/terms/"><dcat:Dataset rdf:about="HOST/set/a"><dct:title>A &x;</dct:title>
<dcat:distribution><dcat:Distribution><dcat:downloadURL rdf:resource="HOST/a.csv"/></dcat:Distribution>
</dcat:distribution></dcat:Dataset></rdf:RDF>"""


@pytest.mark.parametrize(
    "entity", ['<!ENTITY x SYSTEM "file:///etc/hostname">', '<!ENTITY % p SYSTEM "HOST/p.dtd"> %p; <!ENTITY x "x">']
)
def test_no_entity_of_xml_is_fetched(entity: str, portal: Portal, take: Take, store: Store) -> None:
    portal.put("/a.csv", ROWS)
    portal.put("/p.dtd", '<!ENTITY x "from the DTD">')
    text = XML.replace("ENTITY", entity, 1).replace("HOST", portal.url)
    found = named(take(portal.put("/catalog.rdf", text, "application/rdf+xml")))
    assert found["a"].status == "published"
    assert "/p.dtd" not in portal.asked
    assert store.release("a").manifest.title in ("A", "A x")


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"@prefix broken", "text/turtle"),
        (b"<rdf:RDF", "application/rdf+xml"),
        (b"[[[[", "application/ld+json"),
        (b"[" * 100_000, "application/ld+json"),
        (b'{"@context": 5, "@id": []}', "application/ld+json"),
        (b"\xff\xfe\x00", "text/turtle"),
        (b"<html></html>", "text/html"),
        (b"", "application/octet-stream"),
    ],
)
def test_what_is_no_rdf_is_told_so_or_has_no_datasets(body: bytes, media_type: str, portal: Portal, take: Take) -> None:
    try:
        assert take(portal.put("/catalog", body, media_type), Kind.dcat) == {}
    except CatalogueUnanswering as error:
        assert "/catalog" in str(error)
