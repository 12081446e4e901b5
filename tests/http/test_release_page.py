"""The page of a release: whole for any package, true to what it tells of, and its code runs as it stands."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import write_package
from tests.http.test_pages import Page

from minshu.audit import Actor
from minshu.descriptors import opened
from minshu.http import release_page
from minshu.http.release_page import first_sentence
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store

PYTHON = Path(__file__).parents[2] / ".venv-clients/bin/python"
WHO = Actor("operator", "张三")
STATED = {"conditions": "高校 / Universities", "use": "研究 / Research", "security": "不外传 / Kept inside"}
RULES = """
from minshu.checks import Rule
RULES = (
    Rule(name="run-on", table="points", description="连续。 / They run on.", sql="select 1 as _row where false"),
    Rule(name="few", table="points", description="不多。 / Few.", sql="select _row from points", severity="warning"),
)
"""
WIDE = [f"c{number}" for number in range(60)]
MANY, ROOM = 4, 10
NAMES = ("plain", "many", "asked", "shut", "ruled", "yanked", "withdrawn", "purged")


def table(name: str, fields: list[str], rows: list[dict[str, Any]], **schema: Any) -> dict[str, Any]:
    declared = {"fields": [{"name": field, "type": "string"} for field in fields], **schema}
    return {"name": name, "type": "table", "data": rows, "schema": declared}


def chained(number: int) -> dict[str, Any]:
    """A table that the next one names, of so many that not all columns are listed."""
    reference = {"resource": f"t{number - 1}", "fields": "id"}
    keys = {"foreignKeys": [{"fields": "up", "reference": reference}]} if number else {}
    fields = ["id", "up", *(f"c{column}" for column in range(2))]
    row: dict[str, Any] = dict.fromkeys(fields, "0") | {"up": "0" if number else None}
    return table(f"t{number}", fields, [row], primaryKey=["id"], **keys)


FIELDS = [
    {"name": "id", "type": "integer", "constraints": {"required": True, "minimum": 1}},
    {"name": "kind", "type": "string", "constraints": {"enum": ["a", "b<"]}},
]
POINTS = {
    "name": "points",
    "type": "table",
    "path": "points.csv",
    "schema": {"fields": FIELDS, "primaryKey": ["id"]},
}
PACKAGES: dict[str, dict[str, Any]] = {
    "plain": {"title": None, "licenses": None, "resources": [table("t", WIDE, [{WIDE[0]: "1"}])]},
    "many": {"resources": [chained(number) for number in range(MANY)]},
    "asked": {"resources": [POINTS], "minshu:opening": {"openAttribute": "有条件开放", **STATED}},
    "shut": {"resources": [POINTS], "minshu:opening": {"openAttribute": "不予开放", "legalBasis": "保密法 / The law"}},
    "ruled": {
        "title": "规则 / Rules",
        "description": "第一句。第二句 <b>粗</b>。 / The first (v1.5) one. The second.",
        "contributors": [{"title": "办公厅 / Office", "roles": ["author"]}, {"title": "闽数", "roles": ["publisher"]}],
        "minshu:opening": {
            "openAttribute": "无条件开放",
            "dataPeriod": {"start": "2019-01-01", "end": "2019-12-31"},
            "updateFrequency": "每年 / Yearly",
            "responsibleParty": "责任单位",
        },
        "resources": [POINTS],
    },
    **{state: {"resources": [POINTS]} for state in ("yanked", "withdrawn", "purged")},
}


@pytest.fixture(scope="module")
def pages(
    tmp_path_factory: pytest.TempPathFactory, serving: Callable[[Settings], AbstractContextManager[str]]
) -> Iterator[httpx.Client]:
    """A service of one package of each kind; `ruled` has two versions."""
    root = tmp_path_factory.mktemp("pages")
    (root / "rules.py").write_text(RULES, "utf-8")
    settings = Settings(
        store=root / "store", catalogue=root, cache=root / "cache", port=0, log_level="error", limits=False
    )
    store = Store(settings.store)
    for name, version in [*((name, "1.0.0") for name in NAMES), ("ruled", "1.1.0")]:
        rows = "id,kind\n1,a\n" + ("2,a\n" if version == "1.1.0" else "")
        files = {"points.csv": rows, "CHANGELOG.md": f"## {version}\n\n- Of **{version}**.\n"}
        folder = write_package(root / f"{name}-{version}", files, name=name, version=version, **PACKAGES[name])
        with opened(folder, settings) as package:
            publish(package, root / "rules.py" if name == "ruled" else None, store, settings)
    for act in ("yanked", "withdrawn", "purged"):
        store.log.append(act, WHO, act, "1.0.0", {"reason": "错行 / A row was wrong."})
    with serving(settings) as address, httpx.Client(base_url=address, timeout=20) as client:
        client.headers["Accept"] = "text/html"
        yield client


def text_of(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_of_any_package_is_well_formed(pages: httpx.Client, name: str, language: str) -> None:
    page = Page(text_of(pages, f"/{language}/datasets/{name}/versions/1.0.0"))
    ids = page.values("id")
    assert (page.faults, page.open, len(ids)) == ([], [], len(set(ids)))
    assert [one for one in page.values("href") if one.startswith("#") and one[1:] not in ids] == []
    assert [one for one in page.values("data-copy") if one not in ids] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_link_of_its_page_leads_somewhere(pages: httpx.Client, name: str) -> None:
    page = Page(text_of(pages, f"/en/datasets/{name}/versions/1.0.0"))
    local = {url for url in page.values("href") if url.startswith(str(pages.base_url))}
    answers = {url: pages.head(url, headers={"Accept": "text/html,*/*"}).status_code for url in local}
    assert {url: status for url, status in answers.items() if status != 200} == {}


@pytest.mark.parametrize("name", ["asked", "shut", "withdrawn", "purged"])
def test_a_page_of_data_that_is_not_open_offers_none(pages: httpx.Client, name: str) -> None:
    links = Page(text_of(pages, f"/datasets/{name}/versions/1.0.0")).values("href")
    assert [url for url in links if re.search(r"\.(parquet|xlsx|duckdb|ndjson)$|/rows|/stats|/chart|/sql\?", url)] == []


def test_a_yanked_release_says_so_and_is_still_offered(pages: httpx.Client) -> None:
    page = text_of(pages, "/en/datasets/yanked/versions/1.0.0")
    assert "A row was wrong." in page
    assert 'yanked.zip" download' in page


def test_what_is_missing_is_said(pages: httpx.Client) -> None:
    page = text_of(pages, "/en/datasets/plain")
    assert "<h1>plain</h1>" in page
    assert "Its publisher states no licence" in page
    assert '<meta name="description"' not in page


def test_every_column_is_listed(pages: httpx.Client) -> None:
    assert text_of(pages, "/datasets/plain").count('<tr><th scope="row" class="mono">') == len(WIDE)


def test_of_many_columns_the_first_are_listed_and_the_rest_is_said(
    pages: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_page, "COLUMNS", ROOM)  # The service runs in this process.
    page = text_of(pages, "/en/datasets/many")
    assert (page.count('class="resource"'), page.count('class="card"')) == (MANY, MANY)
    assert page.count('<tr><th scope="row" class="mono">') == 8
    assert page.count("4 columns: see its statistics") == 2


def test_the_first_sentence_leads_and_the_rest_follows(pages: httpx.Client) -> None:
    page = text_of(pages, "/en/datasets/ruled")
    assert '<p class="lede">The first (v1.5) one.</p>' in page
    assert '<meta name="description" content="The first (v1.5) one.">' in page
    assert "<p>The second.</p>" in page
    chinese = text_of(pages, "/zh/datasets/ruled")
    assert '<p class="lede">第一句。</p>' in chinese
    assert "第二句 &lt;b&gt;粗&lt;/b&gt;。" in chinese


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("一句。两句。", ("一句。", "两句。")),
        ("Version 3.5 of data.csv. Then more.", ("Version 3.5 of data.csv.", "Then more.")),
        ("No stop at all", ("No stop at all", "")),
        ("One. ", ("One.", "")),
        ("", ("", "")),
    ],
)
def test_a_sentence_ends_where_people_end_it(text: str, parts: tuple[str, str]) -> None:
    assert first_sentence(text) == parts


def test_the_period_of_the_data_is_kept_apart_from_its_update(pages: httpx.Client) -> None:
    page = text_of(pages, "/zh/datasets/ruled")
    assert re.search(r"<dt>数据时间</dt><dd><span class=\"day\">2019 年</span>.*每年", page)
    assert re.search(r"<dt>更新时间</dt><dd><time datetime=\"20\d\d-", page)
    told = pages.get("/datasets/ruled", headers={"Accept": "application/json"}).json()
    assert told["data_period"] == {"start": "2019-01-01", "end": "2019-12-31"}
    assert (told["update_frequency"], told["responsible_party"]) == ("每年 / Yearly", "责任单位")


def test_quality_tells_each_rule_and_what_warned(pages: httpx.Client) -> None:
    page = text_of(pages, "/en/datasets/ruled")
    rules = re.findall(r"<li>([^<]*) <span class=\"mono soft small\">([\w-]+)</span>( <span class=\"state\">)?", page)
    assert rules == [("They run on.", "run-on", ""), ("Few.", "few", ' <span class="state">')]
    assert "2 rows of 2 columns. There are no errors, and 1 warning." in page


def test_constraints_are_told_in_words(pages: httpx.Client) -> None:
    assert '<span class="small">必填；≥ 1</span>' in text_of(pages, "/zh/datasets/ruled")
    assert '<span class="small">one of: a, b&lt;</span>' in text_of(pages, "/en/datasets/ruled")


def test_versions_tell_what_changed_in_each(pages: httpx.Client) -> None:
    page = text_of(pages, "/en/datasets/ruled/versions/1.0.0")
    versions = re.findall(r'<th scope="row" class="name"><a href="[^"]*/en/datasets/ruled/versions/([^"]*)">', page)
    assert versions == ["1.1.0", "1.0.0"]
    assert "a minor version</a>" in page
    assert "there is a newer one" in page


def test_the_head_names_the_page_its_data_and_its_feeds(pages: httpx.Client) -> None:
    base = str(pages.base_url).rstrip("/")
    page = Page(text_of(pages, "/en/datasets/ruled/versions/1.1.0"))
    found = {(a["rel"], a.get("type")): a["href"] for tag, a in page.elements if tag == "link" and "hreflang" not in a}
    release = f"{base}/datasets/ruled/versions/1.1.0"
    assert found["canonical", None] == f"{base}/en/datasets/ruled"
    assert found["cite-as", None] == found["alternate", "application/json"] == release
    assert found["describedby", "application/json"] == f"{release}/datapackage.json"
    assert found["alternate", "application/feed+json"] == f"{base}/en/datasets/ruled/feed.json"


@pytest.mark.parametrize(("language", "author"), [("zh", "办公厅"), ("en", "Office")])
def test_the_citations_of_a_page_are_those_of_the_files(pages: httpx.Client, language: str, author: str) -> None:
    at = f"/{language}/datasets/ruled"
    page = html.unescape(text_of(pages, f"{at}/versions/1.1.0"))
    bibtex, csl, text = (pages.get(f"{at}/citation/1.1.0.{suffix}") for suffix in ("bib", "json", "txt"))
    assert bibtex.text in page
    assert all(part in page for part in text.text.split("\n")[1:5:3])
    (item,) = csl.json()
    assert (item["version"], item["author"]) == ("1.1.0", [{"literal": author}])
    assert item["URL"] == f"{pages.base_url}/datasets/ruled/versions/1.1.0".replace("//d", "/d")
    assert bibtex.headers["content-type"].startswith("application/x-bibtex")
    assert bibtex.headers["content-disposition"].startswith('attachment; filename="ruled-1.1.0.bib"')


def test_a_citation_of_no_release_or_in_no_form_is_not_found(pages: httpx.Client) -> None:
    for path in ("ruled/citation/9.9.9.bib", "ruled/citation/1.1.0.xml", "none/citation/1.0.0.bib"):
        assert pages.get(f"/datasets/{path}").status_code == 404


def code_of(client: httpx.Client, name: str) -> str:
    """The code that the page of a release gives to copy."""
    page = client.get("/datasets/odd-data/versions/1.1.0", headers={"Accept": "text/html"}).text
    found = re.search(f'<code id="code-{name}">(.*?)</code>', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


def run(program: str) -> str:
    done = subprocess.run([str(PYTHON), "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_the_python_code_of_a_page_runs_as_it_stands_and_keeps_every_digit(client: httpx.Client, name: str) -> None:
    code = code_of(client, name)
    assert code.startswith(f"import {name}\n")
    assert run(f"{code}\nprint(list(table['大数'])[:2])").endswith("[9007199254740993, 1]\n")


def test_the_duckdb_code_of_a_page_runs_as_it_stands(client: httpx.Client) -> None:
    # DuckDB fetches its extension for HTTP by itself where there is a network.
    program = f"""
import duckdb, importlib.metadata
files = importlib.metadata.files("duckdb-extension-httpfs")
extension = next(file.locate() for file in files if file.suffix == ".duckdb_extension")
database = duckdb.connect(config={{"allow_unsigned_extensions": "true"}})
database.load_extension(str(extension))
for statement in duckdb.extract_statements({json.dumps(code_of(client, "duckdb"))}):
    print(len(database.execute(statement).fetchall()))
"""
    assert run(program).split() == ["3", "0", "3"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_curl_code_of_a_page_downloads_and_checks_the_package(client: httpx.Client, tmp_path: Path) -> None:
    command = ["sh", "-e", "-c", code_of(client, "curl")]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "odd-data.zip: OK\n"
    whole = client.get("/datasets/odd-data/versions/1.1.0/odd-data.zip").content
    assert (tmp_path / "odd-data.zip").read_bytes() == whole
