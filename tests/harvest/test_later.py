"""What a harvest takes after another one: never an older state of a file than the one that is there."""

import io
from collections.abc import Callable
from errno import ENOSPC
from typing import Any
from zipfile import ZipFile

import pytest
from tests.harvest.conftest import Portal, Take

from minshu.errors import StoreFailed
from minshu.store import Store

ROWS = "code,name,amount\n001,甲,1.50\n002,乙,2\n"
MORE = f"{ROWS}003,丙,3\n"
Put = Callable[..., dict[str, Any]]


def zipped(files: dict[str, str]) -> bytes:
    with ZipFile(data := io.BytesIO(), "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


def test_what_was_refused_is_not_published_as_it_was_before_when_another_file_changes(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    package("a", {"items.csv": ROWS, "other.csv": ROWS})
    take(portal.url)
    portal.put("/files/a/items.csv", "a,b\n1\n")
    assert take(portal.url)["id-a"].status == "refused"
    portal.put("/files/a/other.csv", MORE)
    assert take(portal.url)["id-a"].status == "refused"
    portal.put("/files/a/items.csv", MORE)
    assert take(portal.url)["id-a"].status == "published"
    assert (store.release("a").folder / "package/data/items.csv").read_text() == MORE


def test_a_disk_that_is_full_ends_the_harvest_and_is_told(
    portal: Portal, package: Put, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(ENOSPC, "No space left on device")

    package("a", {"items.csv": ROWS})
    package("b", {"items.csv": ROWS})
    monkeypatch.setattr("minshu.harvest.gathering.Gathering.look", full)
    with pytest.raises(StoreFailed, match="No space left on device"):
        take(portal.url)


def test_two_resources_of_one_id_are_one(portal: Portal, package: Put, take: Take, store: Store) -> None:
    resources = {"items.csv": ROWS, "again.csv": {"id": "r-a-items.csv", "url": f"{portal.url}/files/a/items.csv"}}
    package("a", {**resources, "other.csv": ROWS})
    take(portal.url)
    portal.put("/files/a/other.csv", MORE)
    assert take(portal.url)["id-a"].version == "1.1.0"
    assert len(store.release("a").manifest.tables) == 2


def test_a_zip_with_a_text_that_is_no_table_is_taken_each_time_it_changes(
    portal: Portal, package: Put, take: Take, store: Store
) -> None:
    package("a", {"all.zip": zipped({"items.csv": ROWS, "readme.txt": "a,b\n1\n"})})
    assert take(portal.url)["id-a"].status == "published"
    portal.put("/files/a/all.zip", zipped({"items.csv": MORE, "readme.txt": "a,b\n1\n"}))
    found = take(portal.url)["id-a"]
    assert (found.status, found.version, found.bad) == ("published", "1.1.0", True)
    assert "has 1 cells" in found.notes[0]
    portal.forget()
    assert (take(portal.url)["id-a"].status, portal.sent) == ("unchanged", [])
