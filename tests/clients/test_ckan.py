"""ckanapi, as it is, reads the catalogue as that of a CKAN: by its library, and by its command line."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from minshu.audit import Actor, AuditLog
from minshu.browse import Library
from minshu.descriptors import opened
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store
from minshu.tokens import Scope, Tokens

from ..conftest import write_package
from ..serving import serving

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-clients/bin/python"
ROWS = '编号,名称,金额\n1,甲,1.10\n2,"乙,丙",-3\n3,,\n'
CONDITIONS = {"openAttribute": "有条件开放", "conditions": "高校", "use": "研究", "security": "不外传"}
PROGRAM = """
import json, sys
from ckanapi import RemoteCKAN, NotAuthorized, NotFound, ValidationError, CKANAPIError
from ckanapi.errors import SearchQueryError
errors = (NotAuthorized, NotFound, ValidationError, SearchQueryError, CKANAPIError)
site, calls, options = json.loads(sys.argv[1]), json.load(sys.stdin), json.loads(sys.argv[2])
with RemoteCKAN(site, **options) as ckan:
    for action, arguments in calls:
        try:
            print(json.dumps(ckan.call_action(action, arguments)))
        except errors as error:
            print(json.dumps({"raised": type(error).__name__, "said": str(error)}))
"""

Ask = Callable[..., list[Any]]


@dataclass(frozen=True)
class Site:
    """A running service with an open dataset and one that is open on conditions, and a token for that."""

    address: str
    token: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("ckan")
    settings = Settings(store=root / "store", catalogue=root, cache=root / "cache", port=0, log_level="error")
    publisher = {"title": "数字办 / Digital Office", "roles": ["publisher"]}
    for name, told in (("demo", {}), ("asked", {"minshu:opening": CONDITIONS})):
        folder = write_package(
            root / name,
            {"data/items.csv": ROWS},
            name=name,
            title=f"示例 {name} / Example {name}",
            keywords=["开放数据 / Open data", "A/B"],
            contributors=[publisher],
            **told,
        )
        with opened(folder, settings) as package:
            publish(package, None, Store(settings.store), settings)
    end = datetime.now(UTC) + timedelta(days=1)
    _, token = Tokens(AuditLog(settings.store)).create([Scope.parse("read:asked")], end, Actor("operator", "张三"))
    with serving(settings) as address:
        yield Site(address, token)


@pytest.fixture
def ask(site: Site) -> Ask:
    """Ask actions by ckanapi, by POST as it does by itself, or otherwise by options of it; its answers or errors."""

    def asked(*calls: tuple[str, dict[str, Any]], **options: Any) -> list[Any]:
        command = [str(PYTHON), "-c", PROGRAM, json.dumps(site.address), json.dumps(options)]
        done = subprocess.run(command, input=json.dumps(calls), capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return asked


def test_the_example_of_the_documentation_runs(service: str) -> None:
    page = (ROOT / "docs/catalogues.md").read_text("utf-8")
    program = (
        page.partition("\n## CKAN")[2]
        .partition("```python\n")[2]
        .partition("```")[0]
        .replace("https://data.example.org", service)
    )
    done = subprocess.run([str(PYTHON), "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"2019年数字福建工作要点.* [0-9]+ \[\{'metric': '.+', 'value': '[0-9]+'\}\]\n", done.stdout), (
        done.stdout
    )


def test_minshu_itself_harvests_it_as_a_ckan(site: Site, tmp_path: Path) -> None:
    options = ["--kind", "ckan", "--only", "demo", "--store", str(tmp_path), "--allow", "127.0.0.1"]
    command = [sys.executable, "-m", "minshu", "harvest", site.address, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    with closing(Library(Store(tmp_path), Settings(store=tmp_path))) as library:
        (dataset,) = library.datasets()
        release = library.release("demo", dataset.versions[0])
        assert [table.rows for table in release.manifest.tables] == [3]


def run(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line of ckanapi."""
    command = [str(PYTHON.with_name("ckanapi")), *words, "-r", site.address]
    environment = {"PATH": f"{PYTHON.parent}:/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, env=environment)


@pytest.mark.parametrize("get_only", [False, True])
def test_a_package_is_found_by_its_name_and_by_its_id(ask: Ask, get_only: bool) -> None:
    names, package = ask(("package_list", {}), ("package_show", {"id": "demo"}), get_only=get_only)
    assert names == ["asked", "demo"]
    (again, resource) = ask(
        ("package_show", {"id": package["id"]}),
        ("resource_show", {"id": package["resources"][0]["id"]}),
        get_only=get_only,
    )
    assert again == package
    assert resource == package["resources"][0]
    assert (package["title"], package["organization"]["name"]) == ("示例 demo / Example demo", "digital-office")
    assert [tag["name"] for tag in package["tags"]] == ["开放数据", "Open data", "A-B"]


@pytest.mark.parametrize("get_only", [False, True])
def test_rows_are_searched(ask: Ask, get_only: bool) -> None:
    asked = {"resource_id": "demo/items", "q": "乙", "limit": 5}
    (found,) = ask(("datastore_search", asked), get_only=get_only)
    assert found["records"] == [{"_id": 2, "编号": 2, "名称": "乙,丙", "金额": "-3.00"}]
    assert found["total"] == 1


def test_filters_sort_and_fields_are_sent_as_json(ask: Ask) -> None:
    asked = {"resource_id": "demo/items", "filters": {"编号": [1, 2]}, "sort": "编号 desc", "fields": ["编号", "名称"]}
    (found,) = ask(("datastore_search", {**asked, "records_format": "lists"}))
    assert found["records"] == [[2, "乙,丙"], [1, "甲"]]


def test_packages_are_searched_by_words_and_by_fields(ask: Ask) -> None:
    calls = [
        ("package_search", {"q": "示例", "fq": "organization:digital-office", "facet.field": ["organization", "tags"]}),
        ("package_search", {"fq": '-name:asked +tags:"Open data"'}),
        ("package_search", {"q": "title:("}),
    ]
    both, one, wrong = ask(*calls)
    assert (both["count"], both["facets"]["organization"]) == (2, {"digital-office": 2})
    assert [package["name"] for package in one["results"]] == ["demo"]
    assert wrong["raised"] == "SearchQueryError"


def test_what_is_not_there_what_is_refused_and_what_makes_no_sense_raise_what_they_do_of_a_ckan(ask: Ask) -> None:
    missing, refused, invalid, unknown = ask(
        ("package_show", {"id": "nothing"}),
        ("datastore_search", {"resource_id": "asked/items"}),
        ("package_show", {}),
        ("package_create", {"name": "x"}),
    )
    assert [one["raised"] for one in (missing, refused, invalid, unknown)] == [
        "NotFound",
        "NotAuthorized",
        "ValidationError",
        "CKANAPIError",
    ]
    assert "grant-needed" in refused["said"]


def test_who_was_granted_conditional_data_gives_the_token_as_the_key(ask: Ask, site: Site) -> None:
    (found,) = ask(("datastore_search", {"resource_id": "asked/items"}), apikey=site.token)
    assert found["total"] == 3


def test_the_command_line_dumps_every_dataset_with_its_columns(site: Site) -> None:
    done = run(site, "dump", "datasets", "--all", "--datastore-fields", "-q")
    assert done.returncode == 0, done.stderr
    packages = [json.loads(line) for line in done.stdout.splitlines()]
    assert [package["name"] for package in packages] == ["asked", "demo"]
    assert [column["id"] for column in packages[1]["resources"][0]["datastore_fields"]] == [
        "_id",
        "编号",
        "名称",
        "金额",
    ]


def test_the_command_line_searches_and_dumps_organizations(site: Site) -> None:
    found = run(site, "search", "datasets", "q=demo")
    assert [json.loads(line)["name"] for line in found.stdout.splitlines()] == ["demo"], found.stderr
    owners = run(site, "dump", "organizations", "--all", "-q")
    assert [json.loads(line)["package_count"] for line in owners.stdout.splitlines()] == [2], owners.stderr
