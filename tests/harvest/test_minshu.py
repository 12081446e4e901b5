"""Two Minshus: what one publishes, the other takes as a release of its own, and what is taken back there is told."""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROWS, write_package
from tests.harvest.conftest import Take
from tests.serving import serving

from minshu import acts
from minshu.audit import Actor
from minshu.descriptors import opened
from minshu.errors import CatalogueUnanswering
from minshu.harvest import Kind
from minshu.manifest import SIGNATURE
from minshu.publish import publish
from minshu.settings import Settings
from minshu.store import Store
from minshu.verify import verify_store

OPERATOR = Actor("operator", "x")


@pytest.fixture
def city(tmp_path: Path) -> Settings:
    """Settings of the Minshu that is harvested."""
    root = tmp_path / "city"
    return Settings(
        store=root / "store", catalogue=root, cache=root / "cache", port=0, log_level="warning", limits=False
    )


@pytest.fixture
def publishing(city: Settings, tmp_path: Path) -> Callable[..., None]:
    """Publish a package in the city."""

    def run(files: dict[str, str] | None = None, **descriptor: Any) -> None:
        folder = tmp_path / "package"
        shutil.rmtree(folder, ignore_errors=True)
        write_package(folder, files or {"data/items.csv": ROWS, "README.md": "# Read\n"}, **descriptor)
        with opened(folder, city) as package:
            publish(package, None, Store(city.store), city)

    return run


@pytest.fixture
def served(city: Settings) -> Callable[[], AbstractContextManager[str]]:
    """The city's service; it sees at once what is published meanwhile."""
    return lambda: serving(city)


def test_a_release_becomes_one_of_its_own_with_its_version_and_its_origin(
    publishing: Any, served: Any, city: Settings, take: Take, store: Store
) -> None:
    publishing(sources=[{"title": "A survey"}])
    with served() as url:
        found = take(url, prefix="fuzhou-")["demo"]
    assert (found.status, found.name, found.version) == ("published", "fuzhou-demo", "1.0.0")
    there, here = Store(city.store).release("demo"), store.release("fuzhou-demo")
    same = {path: digest for path, digest in here.manifest.package_files.items() if "datapackage" not in path}
    assert same.items() <= there.manifest.package_files.items()
    assert same.keys() == {"package/data/items.csv", "package/README.md"}
    told = json.loads((here.folder / "package/datapackage.json").read_bytes())
    page = f"{url}/datasets/demo/versions/1.0.0"
    assert told["sources"] == [
        {"title": "A survey"},
        {"title": "示例 Demo", "path": page, "version": "1.0.0"},
    ]
    assert (told["minshu:harvest"]["digest"], told["minshu:harvest"]["id"]) == (there.sha256, "demo")
    assert told["title"] == "示例 Demo"
    assert len(list(verify_store(store))) == 1


def test_a_second_harvest_asks_for_the_catalogue_and_what_was_taken_back_alone(
    publishing: Any, served: Any, take: Take, store: Store
) -> None:
    publishing()
    with served() as url:
        take(url)
        head = store.log.head()
        found = take(url)["demo"]
    assert (found.status, store.log.head()) == ("unchanged", head)


def test_of_a_new_version_only_the_files_that_changed_are_fetched(
    publishing: Any, served: Any, take: Take, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"data/items.csv": ROWS, "README.md": "x"}
    publishing(files)
    with served() as url:
        take(url)
        publishing({**files, "README.md": "y"}, version="1.0.1")
        fetched: list[str] = []
        from minshu.harvest import Fetcher

        whole = Fetcher.file

        def file(self: Fetcher, remote: Any, *rest: Any) -> Any:
            fetched.append(remote.path)
            return whole(self, remote, *rest)

        monkeypatch.setattr(Fetcher, "file", file)
        assert take(url)["demo"].version == "1.0.1"
    assert sorted(fetched) == ["README.md", "datapackage.json"]
    assert store.versions("demo") == ["1.0.1", "1.0.0"]


def test_what_is_not_open_to_all_is_left_where_it_is(publishing: Any, served: Any, take: Take, store: Store) -> None:
    shut = {"conditions": "a", "use": "b", "security": "c"}
    publishing(name="some", **{"minshu:opening": {"openAttribute": "有条件开放", **shut}})
    publishing(name="none", **{"minshu:opening": {"openAttribute": "不予开放", "legalBasis": "x"}})
    with served() as url:
        found = take(url)
    assert {key: (one.status, one.bad) for key, one in found.items()} == {
        "some": ("left out", False),
        "none": ("left out", False),
    }
    assert not store.root.exists() or store.names() == []


def test_what_is_shut_there_later_is_told(publishing: Any, served: Any, take: Take) -> None:
    publishing()
    with served() as url:
        take(url)
        publishing(version="2.0.0", **{"minshu:opening": {"openAttribute": "不予开放", "legalBasis": "x"}})
        found = take(url)["demo"]
    assert (found.status, found.bad) == ("left out", True)


@pytest.mark.parametrize("follow", [False, True])
def test_what_is_withdrawn_there_is_told_or_withdrawn_here(
    follow: bool, publishing: Any, served: Any, city: Settings, take: Take, store: Store
) -> None:
    publishing()
    with served() as url:
        take(url, prefix="x-")
        publishing({"data/items.csv": ROWS + "4,丁,\n"}, version="1.1.0")
        acts.withdraw(Store(city.store), "demo", "1.0.0", "错误 / Wrong", OPERATOR, "1.1.0")
        outcomes = take(url, prefix="x-", follow=follow)
        again = take(url, prefix="x-", follow=follow)["demo"]
    assert store.versions("x-demo") == ["1.1.0", "1.0.0"]
    status = store.standing.status("x-demo", "1.0.0")
    if follow:
        assert status
        assert (status.state, status.successor) == ("withdrawn", "1.1.0")
        assert "Wrong" in status.reason
        assert (outcomes["demo"].status, again.status) == ("withdrawn", "unchanged")
    else:
        assert status is None
        assert (outcomes["demo"].status, outcomes["demo"].bad) == ("withdrawn there", True)
        assert again.status == "withdrawn there"


def test_a_release_of_our_own_is_not_withdrawn_because_of_one_that_has_its_number_there(
    publishing: Any, served: Any, city: Settings, take: Take, make_package: Any, released: Any, store: Store
) -> None:
    publishing()
    with served() as url:
        take(url)
        released(make_package(name="demo", version="2.0.0"))
        publishing(version="2.0.0")
        acts.withdraw(Store(city.store), "demo", "2.0.0", "Wrong", OPERATOR)
        take(url, follow=True)
    assert store.standing.status("demo", "2.0.0") is None


def test_a_version_taken_back_there_before_its_successor_comes_does_not_stop_that(
    publishing: Any, served: Any, city: Settings, take: Take, store: Store
) -> None:
    publishing()
    with served() as url:
        take(url, follow=True)
        acts.withdraw(Store(city.store), "demo", "1.0.0", "Wrong", OPERATOR)
        found = take(url, follow=True)["demo"]
        assert (found.status, found.bad) == ("withdrawn", False)
        publishing({"data/items.csv": ROWS + "4,丁,\n"}, version="1.1.0")
        assert take(url, follow=True)["demo"].version == "1.1.0"
    assert store.resolve("demo") == "1.1.0"


def test_what_does_not_match_its_digest_is_not_taken(
    publishing: Any, served: Any, city: Settings, take: Take, store: Store
) -> None:
    publishing()
    (Store(city.store).release("demo").folder / "package/data/items.csv").write_text(ROWS.replace("甲", "乙"))
    with served() as url:
        found = take(url)["demo"]
    assert (found.status, found.bad) == ("refused", True)
    assert "SHA-256" in found.notes[0]
    assert not store.root.exists() or store.names() == []


def test_a_dry_run_tells_what_is_new_and_what_is_due(publishing: Any, served: Any, take: Take, store: Store) -> None:
    publishing()
    with served() as url:
        assert take(url, dry=True)["demo"].status == "new"
        assert not store.root.exists()
        take(url)
        assert take(url, dry=True)["demo"].status == "unchanged"
        publishing({"data/items.csv": ROWS + "4,丁,\n"}, version="1.1.0")
        assert take(url, dry=True)["demo"].status == "due"
    assert store.versions("demo") == ["1.0.0"]


def test_its_own_catalogue_in_rdf_is_harvested_as_any_other_and_not_twice(
    publishing: Any, served: Any, take: Take, store: Store, city: Settings
) -> None:
    publishing()
    publishing(name="other", title="另一个 / Another", contributors=[{"title": "某局", "roles": ["publisher"]}])
    with served() as url:
        found = take(f"{url}/catalog.ttl", prefix="rdf-")
        names = {one.name: one.status for one in found.values()}
        assert names == {"rdf-demo": "published", "rdf-other": "published"}
        again = take(f"{url}/catalog.ttl")
        assert {one.status for one in again.values()} == {"unchanged"}
        for suffix in ("jsonld", "rdf"):
            statuses = {one.status for one in take(f"{url}/catalog.{suffix}", Kind.dcat, prefix=f"{suffix}-").values()}
            assert statuses == {"published"}
    told = json.loads((store.release("rdf-other").folder / "package/datapackage.json").read_bytes())
    assert told["title"] == "另一个 / Another"
    assert told["contributors"] == [{"title": "某局", "path": told["contributors"][0]["path"], "roles": ["publisher"]}]
    assert [resource["name"] for resource in told["resources"]] == ["items"]
    assert not (store.release("rdf-other").folder / SIGNATURE).exists()


def test_its_interface_of_ckan_is_harvested_as_any_other_and_nothing_is_fetched_twice(
    publishing: Any, served: Any, take: Take, store: Store
) -> None:
    publishing()
    with served() as url:
        (first,) = take(url, Kind.ckan, prefix="ckan-").values()
        (again,) = take(url, Kind.ckan).values()
        assert (first.status, first.name, again.status) == ("published", "ckan-demo", "unchanged")
        assert take(url)["demo"].name == "demo"
        assert {one.status for one in take(url, Kind.ckan).values()} == {"unchanged"}
    assert {table.name: table.rows for table in store.release("ckan-demo").manifest.tables} == {"items": 3}


def test_a_withdrawal_is_followed_though_its_successor_is_refused_here(
    publishing: Any, served: Any, city: Settings, take: Take, store: Store, settings: Settings
) -> None:
    publishing()
    (settings.catalogue / "validators").mkdir()
    with served() as url:
        take(url)
        publishing({"data/items.csv": ROWS + "4,丁,\n"}, version="1.1.0")
        acts.withdraw(Store(city.store), "demo", "1.0.0", "Wrong", OPERATOR, "1.1.0")
        (settings.catalogue / "validators/demo.py").write_text("RULES = 5\n")
        assert take(url, follow=True)["demo"].status == "withdrawn"
        assert store.versions("demo") == ["1.0.0"]
        assert store.standing.status("demo", "1.0.0")
        (settings.catalogue / "validators/demo.py").unlink()
        assert take(url)["demo"].version == "1.1.0"


def test_a_version_that_is_here_already_is_not_a_conflict_when_it_is_found_at_another_address(
    publishing: Any, served: Any, take: Take, store: Store
) -> None:
    publishing()
    with served() as url:
        take(url)
        assert take(f"{url}/datasets", again=True)["demo"].status == "unchanged"
    assert store.versions("demo") == ["1.0.0"]


def test_nobody_there_is_told_so(take: Take) -> None:
    with pytest.raises(CatalogueUnanswering, match="does not answer"):
        take("http://127.0.0.1:9/")
    with pytest.raises(CatalogueUnanswering):
        take("no address")
