"""What came from elsewhere is published by another process: one that breaks or stalls costs its own dataset alone."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from minshu.errors import DatasetUntaken, StoreFailed
from minshu.harvest.model import RemoteDataset, RemoteFile
from minshu.harvest.packages import Piece
from minshu.harvest.publishing import Publisher
from minshu.harvest.worker import Task
from minshu.settings import Settings
from minshu.store import Store

Make = Callable[[str], Task]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A task of one table under a name."""

    def run(name: str) -> Task:
        folder = tmp_path / f"work-{name}" / "package"
        (folder / "data").mkdir(parents=True)
        (folder / "data/items.csv").write_text("code,name\n001,甲\n002,乙\n", "utf-8")
        file = RemoteFile("1", "http://example.org/items.csv", "items")
        dataset = RemoteDataset(name, name, {"title": "甲"}, files=(file,))
        pieces = (Piece("data/items.csv", "items", "items", file),)
        return Task(dataset, name, "ckan", "http://example.org", folder, "somebody", pieces)

    return run


@pytest.fixture
def publisher(settings: Settings) -> Iterator[Publisher]:
    with Publisher(settings) as publisher:
        yield publisher


def test_one_process_publishes_one_package_after_another(publisher: Publisher, make: Make, store: Store) -> None:
    assert publisher.publish(make("a")) == {"version": "1.0.0", "created": True, "dropped": []}
    assert publisher.publish(make("b"))["created"]
    assert store.names() == ["a", "b"]
    (published, *_) = store.log.entries()
    assert (published.actor, (store.log.private(published) or {})["name"]) == ("harvester", "somebody")
    told = json.loads((store.release("a").folder / "package/datapackage.json").read_bytes())
    assert told["minshu:harvest"]["files"][0]["url"] == "http://example.org/items.csv"


def test_a_process_that_breaks_is_an_answer_and_the_next_package_is_published(
    publisher: Publisher, make: Make, store: Store, settings: Settings
) -> None:
    (settings.catalogue / "validators").mkdir()
    (settings.catalogue / "validators/a.py").write_text("import os\n\nos._exit(1)\n")
    with pytest.raises(DatasetUntaken, match="breaks what reads it") as failure:
        publisher.publish(make("a"))
    assert failure.value.lasting
    assert publisher.publish(make("b"))["version"] == "1.0.0"
    assert store.names() == ["b"]


def test_a_package_that_takes_too_long_is_given_up(settings: Settings, make: Make, store: Store) -> None:
    (settings.catalogue / "validators").mkdir()
    (settings.catalogue / "validators/a.py").write_text("while True:\n    pass\n")
    with (
        Publisher(settings.model_copy(update={"publish_seconds": 5.0})) as publisher,
        pytest.raises(DatasetUntaken, match="given up after 5 s"),
    ):
        publisher.publish(make("a"))
    assert not store.versions("a")


def test_a_store_that_cannot_be_written_ends_the_harvest(settings: Settings, make: Make) -> None:
    settings.store.write_text("no folder")
    with Publisher(settings) as publisher, pytest.raises(StoreFailed):
        publisher.publish(make("a"))
