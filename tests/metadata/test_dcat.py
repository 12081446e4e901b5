"""The catalogue's RDF holds whatever a publisher may write."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCTERMS

from minshu.http.catalog import SYNTAXES
from minshu.metadata import (
    CatalogueMetadata,
    DatasetMetadata,
    FileMetadata,
    Licence,
    Party,
    Period,
    ReleaseMetadata,
    Source,
)
from minshu.metadata.dcat import DCAT, catalogue_graph, release_graph
from minshu.opening import Attribute, Opening

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")

BASE = "https://data.example"
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
ABOUT = CatalogueMetadata(
    url=f"{BASE}/catalog",
    home=f"{BASE}/",
    title="目录 / Catalogue",
    description="说明 / Description",
    operator=Party("闽数 / Minshu", f"{BASE}/#operator"),
    sql_url=f"{BASE}/sql",
    openapi_url=f"{BASE}/openapi.json",
    search_url=f"{BASE}/search",
)
# Line ends are made one by XML, and mark the end of no text here.
TEXTS = st.text(st.characters(exclude_characters="\r\x85\u2028", codec="utf-8"), min_size=1, max_size=30)


def release(**told: object) -> ReleaseMetadata:
    base = {
        "name": "demo",
        "version": "1.0.0",
        "url": f"{BASE}/datasets/demo/versions/1.0.0",
        "dataset_url": f"{BASE}/datasets/demo",
        "published": NOW,
        "modified": NOW,
        "sha256": "0" * 64,
        "opening": Opening(),
        "title": "数据 / Data",
    }
    return ReleaseMetadata(**{**base, **told})  # type: ignore[arg-type]


def dataset(current: ReleaseMetadata) -> DatasetMetadata:
    return DatasetMetadata(current, (current.url,), NOW)


@given(
    title=TEXTS,
    description=st.none() | TEXTS,
    keywords=st.lists(TEXTS, max_size=3).map(tuple),
    licence=st.builds(Licence, st.none() | TEXTS, st.none() | TEXTS),
    party=st.builds(Party, TEXTS, st.none(), st.just(("publisher", "author"))),
    source=st.builds(Source, TEXTS),
    path=TEXTS,
    media_type=TEXTS,
)
def test_whatever_a_publisher_writes_every_syntax_says_the_same(
    title: str,
    description: str | None,
    keywords: tuple[str, ...],
    licence: Licence,
    party: Party,
    source: Source,
    path: str,
    media_type: str,
) -> None:
    file = FileMetadata(f"{BASE}/file", path, media_type, 1, "0" * 64, derived=False, table="t")
    told = release(
        title=title,
        description=description,
        keywords=keywords,
        licences=(licence,),
        parties=(party,),
        sources=(source,),
        files=(file,),
    )
    graph = catalogue_graph(ABOUT, [dataset(told)])
    for _, syntax in SYNTAXES.values():
        text = graph.serialize(format=syntax, encoding="utf-8")
        assert isomorphic(Graph().parse(data=text, format=syntax.removeprefix("pretty-")), graph)


def test_the_period_may_have_one_end() -> None:
    graph = release_graph(ABOUT, release(period=Period(None, date(2021, 12, 31))))
    assert list(graph.objects(None, DCAT.endDate)) == [Literal(date(2021, 12, 31))]
    assert list(graph.objects(None, DCAT.startDate)) == []


@pytest.mark.parametrize(
    ("attribute", "right"), [("unconditional", "PUBLIC"), ("conditional", "RESTRICTED"), ("closed", "NON_PUBLIC")]
)
def test_the_opening_attribute_gives_the_access_rights(attribute: str, right: str) -> None:
    graph = release_graph(ABOUT, release(opening=Opening(attribute=Attribute(attribute))))
    (found,) = graph.objects(URIRef(f"{BASE}/datasets/demo/versions/1.0.0"), DCTERMS.accessRights)
    assert str(found).endswith(f"/access-right/{right}")


@pytest.mark.parametrize(("frequency", "term"), [("每年", "ANNUAL"), ("不更新", "NEVER"), ("偶尔", None)])
def test_only_a_known_frequency_is_told(frequency: str, term: str | None) -> None:
    graph = release_graph(ABOUT, release(frequency=frequency))
    found = [str(value).rpartition("/")[2] for value in graph.objects(None, DCTERMS.accrualPeriodicity)]
    assert found == ([term] if term else [])


def test_what_is_withdrawn_is_described_and_has_no_distribution() -> None:
    file = FileMetadata(f"{BASE}/file", "a.csv", "text/csv", 1, "0" * 64, derived=False, table="a")
    assert list(release_graph(ABOUT, release(files=(file,))).objects(None, DCAT.distribution))
    gone = release_graph(ABOUT, release(files=(file,), state="withdrawn"))
    assert list(gone.objects(None, DCAT.distribution)) == []
    assert list(gone.objects(None, DCTERMS.title))


def test_the_publisher_is_who_the_package_names_else_who_runs_the_service() -> None:
    for parties, url in (
        ((), f"{BASE}/#operator"),
        ((Party("某局", "https://ju.example/", ("publisher",)),), "https://ju.example/"),
    ):
        graph = release_graph(ABOUT, release(parties=parties))
        assert list(graph.objects(None, DCTERMS.publisher)) == [URIRef(url)]
