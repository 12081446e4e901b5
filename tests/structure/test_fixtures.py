"""The files that frictionless tests itself with, read by both: the same errors, but for the differences named.

They come with its source distribution, which pip fetches by its hash into a folder that is kept and not committed.
"""

import json
import subprocess
import sys
import tarfile
import warnings
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from frictionless import FrictionlessException
from frictionless import Package as FrictionlessPackage

from minshu.descriptors import Package
from minshu.errors import PackageError
from minshu.structure import check

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
NO_LIMIT = 1_000_000
LARGEST = 2_000_000
TEXTS = (".csv", ".tsv", ".ndjson", ".jsonl", ".csv.gz", ".csv.zip")
OTHERS = (".json", ".xlsx")
# What frictionless reads with libraries that are not installed, and Minshu without (docs/validation.md).
FORMATS = (".ods", ".parq", ".parquet")


@pytest.fixture(scope="module")
def data() -> Path:
    cache = ROOT / "build" / "fixtures"
    fetched = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes",
         "--no-build-isolation", "--dest", cache, "--requirement", ROOT / "requirements" / "fixtures.lock"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if fetched.returncode:
        pytest.skip(f"no index has the source distribution: {fetched.stderr.strip().splitlines()[-1:]}")
    (archive,) = cache.glob("*.tar.gz")
    folder = cache / archive.name.removesuffix(".tar.gz")
    if not folder.exists():
        with tarfile.open(archive) as packed:
            packed.extractall(cache, filter="data")
    return folder / "data"


def packages(data: Path) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    """Each package of the fixtures, and one for each table."""
    for file in sorted(data.rglob("*")):
        path = str(file.relative_to(data))
        if not file.is_file() or file.stat().st_size > LARGEST:
            continue
        value = parsed(file) if path.endswith(".json") else None
        if isinstance(value, dict) and isinstance(value.get("resources"), list):
            yield path, file.parent, value
        elif path.endswith(TEXTS):
            yield path, data, {"resources": [{"name": "t", "type": "table", "path": path, "encoding": "utf-8"}]}
        elif isinstance(value, list) or path.endswith(OTHERS[1:]):
            yield path, data, {"resources": [{"name": "t", "type": "table", "path": path}]}


def parsed(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8"))
    except ValueError:
        return None


def places(report: dict[str, Any]) -> set[tuple[Any, ...]]:
    """The resource, row, field and type of each error."""
    return {
        (task and task["name"], error.get("rowNumber"), error.get("fieldNumber"), error["type"])
        for task in (None, *report["tasks"])
        for error in (task or report)["errors"]
    }


def theirs(folder: Path, descriptor: dict[str, Any]) -> set[tuple[Any, ...]]:
    try:
        package = FrictionlessPackage.from_descriptor(deepcopy(descriptor), basepath=str(folder))
        return places(package.validate(limit_errors=NO_LIMIT).to_descriptor())
    except FrictionlessException as error:
        return {(None, None, None, reason.type) for reason in error.reasons or [error.error]}


def test_both_say_the_same_of_the_files_that_frictionless_is_tested_with(data: Path, differences: Any) -> None:
    differing, seen = {}, 0
    for path, folder, descriptor in packages(data):
        if any(str(resource.get("path", "")).endswith(FORMATS) for resource in descriptor["resources"]):
            continue
        for resource in descriptor["resources"]:
            if str(resource.get("path", "")).endswith(TEXTS):
                resource.setdefault("encoding", "utf-8")  # a choice of ours (docs/validation.md)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                report = check(Package(folder, descriptor), NO_LIMIT).to_dict()
            except PackageError as error:
                assert "into the environment of Minshu" in str(error)  # a format that neither has a library for
                continue
            expected = theirs(folder, descriptor)
        found = [
            ((task["name"], error.get("rowNumber"), error.get("fieldNumber"), error["type"]), difference)
            for task in report["tasks"]
            for error in task["errors"]
            for difference in differences
            if difference.explains(error)
        ]
        explained = {place for place, _ in found}
        seen += 1
        if not all(difference.comparable for _, difference in found):
            continue
        if places(report) - explained != expected - explained:
            differing[path] = (places(report) - expected, expected - places(report))
    assert differing == {}
    assert seen > 180
