"""Scorecards over HTTP: of the catalogue and of a dataset, as JSON, CSV and pages."""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import write_package
from tests.http.conftest import ODD

from minshu import acts
from minshu.audit import Actor
from minshu.descriptors import opened
from minshu.feedback import About, Feedback, Kind
from minshu.http import scorecard
from minshu.publish import publish
from minshu.scorecard import MEASURES, duplicates
from minshu.settings import Settings
from minshu.store import Store

NAMES = [measure.name for measure in MEASURES]
PAGE = {"Accept": "text/html"}
SECRET = "不可外传的行"
ENDLESS = "SELECT count(*) FROM range(1000000000000) WHERE random() < 0"
Serving = Callable[[Settings], AbstractContextManager[str]]


def by_measure(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {figure["measure"]: figure for figure in told["figures"]}


def of(figure: dict[str, Any]) -> tuple[Any, Any, str]:
    return figure["numerator"], figure["denominator"], figure["status"]


def test_a_dataset_has_every_figure_with_what_went_into_it(client: httpx.Client) -> None:
    told = client.get("/datasets/odd-data/scorecard").json()
    figures = by_measure(told)
    assert list(figures) == NAMES
    assert told["version"] == "1.1.0"
    assert of(figures["machine-readable-files"]) == (2, 4, "known")
    assert of(figures["api"]) == (1, 1, "known")
    assert of(figures["no-login"]) == (4, 4, "known")
    assert of(figures["licence"]) == (1, 1, "known")
    assert of(figures["metadata"]) == (5, 10, "known")
    assert of(figures["capacity"]) == (3 * 7 + 3 * 2, None, "known")
    assert of(figures["duplicate-rows"]) == (0, 6, "known")
    assert of(figures["on-time"]) == (None, None, "not-stated")
    assert of(figures["documents"]) == (1, 2, "known")
    assert [one["subject"] for one in figures["capacity"]["inputs"]] == [ODD, "points"]
    for figure in told["figures"]:
        assert figure["numerator"] in (None, sum(one["numerator"] for one in figure["inputs"]))


def test_each_figure_links_to_how_it_was_computed(client: httpx.Client) -> None:
    told = client.get("/datasets/odd-data/scorecard").json()
    page = client.get("/scorecard", headers=PAGE).text
    for figure in told["figures"]:
        url, _, anchor = figure["method_url"].partition("#")
        assert client.get(url).status_code == 200
        assert f'id="{anchor}"' in page
    own = client.get("/datasets/odd-data/scorecard", headers=PAGE).text
    assert re.findall(r"/scorecard#method-([a-z-]+)", own) == NAMES


def test_the_catalogue_is_the_sum_of_its_datasets(client: httpx.Client) -> None:
    told = client.get("/scorecard").json()
    assert [one["name"] for one in told["measures"]] == NAMES
    for name, figure in by_measure(told).items():
        own = [by_measure(one)[name] for one in told["datasets"]]
        known = [one for one in own if one["status"] == "known"]
        assert figure["numerator"] == (sum(one["numerator"] for one in known) if known else None)
        assert len(own) - len(known) == sum(figure.get("left_out", {}).values())


def test_csv_has_a_line_for_each_figure(client: httpx.Client) -> None:
    answer = client.get("/scorecard.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(StringIO(answer.text)))
    assert [line["measure"] for line in lines if not line["dataset"]] == NAMES
    own = list(csv.DictReader(StringIO(client.get("/datasets/odd-data/scorecard.csv").text)))
    assert own == [line for line in lines if line["dataset"] == "odd-data"]
    cells = next(line for line in own if line["measure"] == "capacity")
    assert (cells["value"], cells["denominator"], cells["status"]) == ("27", "", "known")
    assert next(line for line in own if line["measure"] == "on-time")["value"] == ""


@pytest.mark.parametrize("path", ["/scorecard", "/datasets/odd-data/scorecard"])
def test_pages_stand_in_both_languages_and_tell_what_is_not_known_in_words(client: httpx.Client, path: str) -> None:
    for language, words in (("zh", ("开放就绪度", "未声明")), ("en", ("Opening readiness", "not stated"))):
        text = client.get(f"/{language}{path}", headers=PAGE).text
        assert all(one in text for one in words)
        assert 'href="/' not in text


def test_an_unknown_dataset_has_no_scorecard(client: httpx.Client) -> None:
    for suffix in ("", ".csv"):
        answer = client.get(f"/datasets/none/scorecard{suffix}")
        assert (answer.status_code, answer.json()["code"]) == (404, "dataset-not-found")
    assert client.get("/scorecard", params={"page": 0}).status_code == 422
    assert client.get("/scorecard", headers={"Accept": "image/png"}).status_code == 406


def test_a_page_behind_the_last_says_so(client: httpx.Client) -> None:
    text = client.get("/en/scorecard", params={"page": 9}, headers=PAGE).text
    assert "There is no dataset on this page." in text
    assert re.findall(r'rel="prev" href=".*/en/scorecard(.*?)"', text) == [""]
    assert 'rel="next"' not in text


def test_an_answer_is_held_until_something_changes(client: httpx.Client) -> None:
    etag = client.get("/scorecard").headers["etag"]
    assert client.get("/scorecard", headers={"If-None-Match": etag}).status_code == 304


def test_an_answer_lasts_no_longer_than_the_count_that_it_waits_for(
    served: Settings, serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "_each", lambda connection, *_: connection.execute(ENDLESS).fetchall())
    monkeypatch.setattr(scorecard, "PATIENCE", 0.1)
    with (
        serving(served.model_copy(update={"cache": tmp_path / "cache"})) as address,
        httpx.Client(base_url=address, timeout=20) as client,
    ):
        for path in (
            "/scorecard",
            "/scorecard.csv",
            "/datasets/odd-data/scorecard",
            "/datasets/odd-data/scorecard.csv",
        ):
            assert client.get(path).headers["cache-control"] == "public, max-age=5"
        assert by_measure(client.get("/scorecard").json())["duplicate-rows"]["left_out"] == {"pending": 1}
        assert "being counted still" in client.get("/en/scorecard", headers=PAGE).text


def test_the_page_of_a_dataset_leads_to_its_scorecard(client: httpx.Client) -> None:
    text = client.get("/zh/datasets/odd-data", headers=PAGE).text
    assert "/zh/datasets/odd-data/scorecard" in text
    assert "/zh/scorecard" in text


@pytest.fixture
def guarded(tmp_path: Path, serving: Serving) -> Iterator[tuple[httpx.Client, Store]]:
    """A service with closed data whose rows stand twice, and a store to withdraw from."""
    settings = Settings(store=tmp_path / "store", catalogue=tmp_path, port=0, log_level="warning", limits=False)
    store = Store(settings.store)
    schema = {"fields": [{"name": "文", "type": "string"}]}
    resources = [{"name": "t", "type": "table", "path": "t.csv", "encoding": "utf-8", "schema": schema}]
    closed = {"openAttribute": "不予开放", "legalBasis": "x"}
    for name, opening in (("open", {"openAttribute": "无条件开放"}), ("shut", closed)):
        files = {"t.csv": f"文\n{SECRET}\n{SECRET}\n"}
        told = {"name": name, "resources": resources, "minshu:opening": opening}
        with opened(write_package(tmp_path / name, files, **told), settings) as package:
            publish(package, None, store, settings)
    with serving(settings) as address, httpx.Client(base_url=address, timeout=20) as client:
        yield client, store


def test_of_closed_data_only_metadata_is_measured(guarded: tuple[httpx.Client, Store]) -> None:
    client, _ = guarded
    figures = by_measure(client.get("/datasets/shut/scorecard").json())
    assert of(figures["capacity"]) == (2, None, "known")
    assert of(figures["duplicate-rows"]) == (None, None, "not-open")
    assert of(by_measure(client.get("/datasets/open/scorecard").json())["duplicate-rows"]) == (1, 2, "known")
    for path in ("/scorecard", "/datasets/shut/scorecard", "/scorecard.csv"):
        for headers in (PAGE, {}):
            assert SECRET not in client.get(path, headers=headers).text


def test_a_withdrawn_dataset_is_named_and_not_measured(guarded: tuple[httpx.Client, Store]) -> None:
    client, store = guarded
    assert by_measure(client.get("/scorecard").json())["capacity"]["value"] == 4
    acts.withdraw(store, "open", "1.0.0", "行有错", Actor("operator"))
    Feedback(store.log).receive(Kind.request, "要公交数据", About(), 9)
    told = client.get("/scorecard").json()
    assert by_measure(told)["feedback"]["apart"] == {"numerator": 0, "denominator": 1}
    assert (by_measure(told)["capacity"]["value"], by_measure(told)["capacity"]["left_out"]) == (2, {"withdrawn": 1})
    assert {one["status"] for one in client.get("/datasets/open/scorecard").json()["figures"]} == {"withdrawn"}
    assert "withdrawn" in client.get("/en/datasets/open/scorecard", headers=PAGE).text


def test_figures_can_be_computed_again_from_what_is_public(client: httpx.Client, base: str) -> None:
    figures = by_measure(client.get("/datasets/odd-data/scorecard").json())
    manifest, package = (client.get(f"{base}/{name}").json() for name in ("release.json", "datapackage.json"))
    tables = manifest["tables"]
    assert figures["capacity"]["value"] == sum(table["rows"] * len(table["columns"]) for table in tables)
    titled = [bool(column.get("title")) for table in tables for column in table["columns"]]
    assert of(figures["column-titles"])[:2] == (sum(titled), len(titled))
    sizes = {file["path"]: file["bytes"] for file in manifest["files"]}
    given = {one["name"]: sizes[f"package/{one['path']}"] for one in package["resources"]}
    read = sum(size for name, size in given.items() if name in {table["name"] for table in tables})
    assert of(figures["machine-readable-bytes"])[:2] == (read, sum(given.values()))
    query = "SELECT (SELECT count(*) FROM points) - (SELECT count(*) FROM (SELECT DISTINCT * FROM points)) AS n"
    answer = client.get("/sql", params={"dataset": "odd-data", "version": "1.1.0", "q": query}).json()
    counted = {one["subject"]: one["numerator"] for one in figures["duplicate-rows"]["inputs"]}
    assert answer["rows"] == [[counted["points"]]]
