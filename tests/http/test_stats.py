"""Statistics of a table over HTTP."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

ODD = quote("表 一/甲%?", safe="")


@pytest.fixture(scope="module")
def told(client: httpx.Client, base: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"{base}/{ODD}/stats").json()
    return answer


def test_the_statistics_tell_of_every_column(told: dict[str, Any], release: dict[str, Any]) -> None:
    assert told["rows"] == 3
    assert [column["name"] for column in told["columns"]] == ["编号", "名称", "大数", "金额", "日期", "真", "标签 #"]
    assert told["release"]["sha256"] == release["sha256"]


def test_numbers_that_a_double_does_not_hold_are_strings(told: dict[str, Any]) -> None:
    large, amount = (next(item for item in told["columns"] if item["name"] == name) for name in ("大数", "金额"))
    assert (large["min"], large["max"]) == ("1", "9007199254740993")
    assert (amount["min"], amount["max"], amount["mean"]) == ("-0.05", "1.10", "0.525")


def test_the_statistics_may_be_kept_for_good(client: httpx.Client, base: str) -> None:
    answer = client.get(f"{base}/points/stats")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get(answer.url, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_the_statistics_are_a_file_that_the_manifest_lists(
    client: httpx.Client, base: str, release: dict[str, Any]
) -> None:
    path = next(table["stats"] for table in release["tables"] if table["name"] == "points")
    assert path == "indexes/points.stats.json"
    assert client.get(f"{base}/{path}").json() == {
        key: value for key, value in client.get(f"{base}/points/stats").json().items() if key != "release"
    }


def test_a_table_that_there_is_not_has_no_statistics(client: httpx.Client, base: str) -> None:
    assert client.get(f"{base}/nothing/stats").status_code == 404
