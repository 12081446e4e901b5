"""mlcroissant, as it is, takes what the service says of a release in Croissant, and loads the very rows of it."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.browser.site import publish_all, serving
from tests.clients.test_clients import PYTHON

pytestmark = pytest.mark.slow

# Reads a description, and prints what was wrong with it and the records of each of its record sets.
PROGRAM = """
import json, sys
import mlcroissant

dataset = mlcroissant.Dataset(jsonld=sys.argv[1])
issues = dataset.metadata.ctx.issues

def shown(value):
    if isinstance(value, bytes):
        return value.decode()
    return str(value.date()) if hasattr(value, "date") else value

records = {
    one.uuid: [{key: shown(value) for key, value in record.items()} for record in dataset.records(one.uuid)]
    for one in dataset.metadata.record_sets
}
told = {"errors": list(issues.errors), "warnings": list(issues.warnings), "records": records}
print(json.dumps({**told, "name": dataset.metadata.name, "version": dataset.metadata.version}))
"""

Load = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service of the datasets of this repository, and of small ones that are hard."""
    with serving(publish_all(tmp_path_factory.mktemp("croissant"))) as address:
        yield address


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """What mlcroissant makes of an address."""

    def run(url: str) -> dict[str, Any]:
        environment = {**os.environ, "HOME": str(tmp_path), "CROISSANT_CACHE": str(tmp_path / "cache")}
        command = [str(PYTHON), "-c", PROGRAM, url]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    return run


def cell(kind: str, value: Any, *, gaps: bool) -> Any:
    """A cell of our own JSON as mlcroissant has it, which reads whole numbers of a column with gaps as doubles."""
    if value is None:
        return None
    if kind == "sc:Integer":
        return int(float(value)) if gaps else int(value)
    return float(value) if kind == "sc:Float" else value


def rows_of(release: str, record_set: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a table, as its release has them, by the identifiers of the fields."""
    table = next(one for one in httpx.get(release).json()["tables"] if one["name"] == record_set["name"])
    rows = [json.loads(line) for line in httpx.get(table["links"]["ndjson"], timeout=30).text.splitlines()]
    gaps = {name: any(row[name] is None for row in rows) for name in (one["name"] for one in table["columns"])}
    return [
        {
            field["@id"]: cell(field["dataType"], row[field["name"]], gaps=gaps[field["name"]])
            for field in record_set["field"]
        }
        for row in rows
    ]


@pytest.mark.parametrize("name", ["work-points-2019", "odd-data"])
def test_every_record_is_loaded_as_it_was_released(load: Load, site: str, name: str) -> None:
    url = f"{site}/datasets/{name}/croissant.json"
    told, described = load(url), httpx.get(url).json()
    assert (told["errors"], told["warnings"], told["version"]) == ([], [], described["version"])
    assert told["name"] == described["name"]
    assert len(described["recordSet"]) == len(told["records"]) > 2
    for record_set in described["recordSet"]:
        assert told["records"][record_set["@id"]] == rows_of(described["url"], record_set), record_set["name"]


def test_a_version_is_loaded_by_its_own_address(load: Load, site: str) -> None:
    told = load(f"{site}/datasets/odd-data/versions/1.0.0/croissant.json")
    assert (told["errors"], told["version"]) == ([], "1.0.0")
    assert sorted(map(len, told["records"].values())) == [0, 2, 3]


@pytest.mark.parametrize("name", ["asked", "shut", "gone"])
def test_what_not_everybody_is_given_is_described_without_records(load: Load, site: str, name: str) -> None:
    url = f"{site}/datasets/{name}/croissant.json"
    told, described = load(url), httpx.get(url).json()
    assert (told["errors"], told["records"]) == ([], {})
    assert described["conditionsOfAccess"]
    assert [one["name"] for one in described["variableMeasured"]] == ["id", "名称"]
    for file in described["distribution"]:
        assert httpx.get(file["contentUrl"]).status_code == 200


def test_frictionless_opens_the_catalogue_as_a_package_of_packages_and_as_a_catalogue(
    site: str, tmp_path: Path
) -> None:
    program = f"""
from frictionless import Catalog, Package
package = Package("{site}/datapackage.json")
inner = package.get_resource("work-points-2019").read_metadata()
catalogue = Catalog("{site}/datapackage.json")
print(len(package.resources), inner.version, inner.get_resource("work_points").read_rows()[0]["number"])
print(catalogue.get_dataset("work-points-2019").package.version == inner.version, catalogue.dataset_names)
"""
    done = subprocess.run([str(PYTHON), "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    names = ["asked", "fujian-divisions", "odd-data", "shut", "work-points-2019"]
    assert done.stdout == f"{len(names)} 1.0.1 1\nTrue {names}\n"
