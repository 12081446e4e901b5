"""What is data, and what is told to everybody."""

import pytest

from minshu.access import is_metadata

PLAIN = {"resources": [{"name": "items", "path": "data/items.csv"}]}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("release.json", True),
        ("report.json", True),
        ("diff.json", True),
        ("package/datapackage.json", True),
        ("package/README.zh.md", True),
        ("package/data/items.csv", False),
        ("package/sub/README.md", False),
        ("README.md", False),
        ("tables/items.parquet", False),
        ("demo.zip", False),
        ("demo.duckdb", False),
        ("indexes/items.stats.json", False),
    ],
)
def test_metadata_is_what_a_release_is_and_what_its_publisher_says_of_it(path: str, told: bool) -> None:
    assert is_metadata(path, PLAIN) is told


@pytest.mark.parametrize("path", ["README.md", "./README.md", ["data.csv", "README.md"]])
def test_a_text_that_is_a_resource_is_data(path: object) -> None:
    assert not is_metadata("package/README.md", {"resources": [{"name": "readme", "path": path}]})


def test_a_descriptor_that_holds_data_is_data() -> None:
    assert not is_metadata("package/datapackage.json", {"resources": [{"name": "a", "data": [[1]]}]})
