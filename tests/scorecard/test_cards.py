"""Scorecards of a store: what is counted in the data, once, and what of it is told."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.scorecard.conftest import TODAY

from minshu import acts
from minshu.audit import Actor
from minshu.browse import Library
from minshu.feedback import About, Feedback, Kind
from minshu.http.directory import Directory
from minshu.scorecard import AskedOf, CatalogueScorecard, Scorecards, duplicates
from minshu.scorecard.figure import Figure
from minshu.scorecard.neighbours import Neighbours, Signature
from minshu.settings import Settings
from minshu.store import Store

WHO = Actor("operator")
# Equal are the second row and the fourth, which hold a null, and the third and the fifth, whose numbers are one value.
DOUBLED = "名称,金额\n甲,1.10\n乙,\n丙,1.0\n乙,\n丙,1.00\n丁,2\n"
FIELDS = [{"name": "名称", "type": "string"}, {"name": "金额", "type": "number"}]


@pytest.fixture
def made(store: Store, settings: Settings) -> Iterator[Callable[[], Scorecards]]:
    """Make scorecards of the store, each time as a process of its own does."""
    opened: list[Any] = []

    def make() -> Scorecards:
        library = Library(store, settings)
        cards = Scorecards(library, AskedOf(Feedback(store.log), is_taken=True))
        opened.extend((library, cards))
        return cards

    yield make
    for one in reversed(opened):
        one.close()


def catalogue(cards: Scorecards, patience: float = 20.0) -> CatalogueScorecard:
    return cards.catalogue(Directory(cards._library).entries(), TODAY, patience)


def figure(card: CatalogueScorecard, name: str, dataset: str | None = None) -> Figure:
    own = card.figures if dataset is None else next(one.figures for one in card.datasets if one.name == dataset)
    return next(one for one in own if one.name == name)


@pytest.fixture
def publish(released: Any, make_package: Any) -> Callable[..., None]:
    """Publish a table without a key."""

    def run(name: str, rows: str = DOUBLED, fields: Any = FIELDS, **descriptor: Any) -> None:
        schema = {"fields": fields}
        table = {"name": "表 一/甲%?", "type": "table", "path": "t.csv", "schema": schema}
        released(make_package({"t.csv": rows}, folder=name, name=name, resources=[table], **descriptor))

    return run


def test_rows_are_compared_as_values_and_nulls_are_alike(publish: Any, made: Any) -> None:
    publish("doubled")
    found = figure(catalogue(made()), "duplicate-rows", "doubled")
    assert (found.numerator, found.denominator) == (2, 6)
    assert [one.subject for one in found.inputs] == ["表 一/甲%?"]


def test_rows_are_counted_once_and_kept_for_other_processes(
    publish: Any, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("doubled")
    catalogue(made())
    monkeypatch.setattr(duplicates, "_each", None)
    assert figure(catalogue(made()), "duplicate-rows").numerator == 2


def test_nobody_waits_for_a_count_who_is_not_patient_and_it_is_there_soon(publish: Any, made: Any) -> None:
    publish("doubled")
    cards = made()
    entries = Directory(cards._library).entries()
    assert figure(cards.catalogue(entries, TODAY), "duplicate-rows").status in ("pending", "known")
    for _ in range(200):
        later = cards.catalogue(entries, TODAY)
        if later.is_whole:
            break
        time.sleep(0.05)
    assert figure(later, "duplicate-rows").numerator == 2
    assert cards.catalogue(entries, TODAY) is later


def test_only_what_changed_is_measured_again(publish: Any, made: Any, store: Store) -> None:
    publish("kept")
    publish("changed")
    cards = made()
    directory = Directory(cards._library)
    _, kept = cards.catalogue(directory.entries(), TODAY, 20.0).datasets
    acts.withdraw(store, "changed", "1.0.0", "错行", WHO)
    later = cards.catalogue(directory.entries(), TODAY, 20.0)
    assert later.datasets[1] is not kept  # It was the same data as the other's, which is in no figure any more.
    assert figure(later, "duplicate-datasets", "kept").numerator == 0
    publish("another", "文\n戊\n", [{"name": "文", "type": "string"}])
    last = cards.catalogue(directory.entries(), TODAY, 20.0)
    assert [one.name for one in last.datasets] == ["another", "changed", "kept"]
    assert last.datasets[1:] == later.datasets
    assert all(new is old for new, old in zip(last.datasets[1:], later.datasets, strict=True))


def test_a_count_that_fails_is_told_as_unreadable(publish: Any, made: Any, store: Store) -> None:
    publish("doubled")
    (store.root / "doubled/1.0.0/doubled.duckdb").write_bytes(b"damaged")
    assert figure(catalogue(made()), "duplicate-rows", "doubled").status == "unreadable"


def test_what_is_counted_when_the_service_ends_holds_nobody(
    publish: Any, made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("doubled")
    endless = "SELECT count(*) FROM range(1000000000000) WHERE random() < 0"
    monkeypatch.setattr(duplicates, "_each", lambda connection, *_: connection.execute(endless).fetchall() and [])
    cards = made()
    assert figure(catalogue(cards, patience=0.2), "duplicate-rows").status == "pending"
    started = time.monotonic()
    cards.close()
    assert time.monotonic() - started < 5


def test_closed_data_is_not_looked_into(publish: Any, made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    publish("shut", **{"minshu:opening": {"openAttribute": "不予开放", "legalBasis": "x"}})
    monkeypatch.setattr(duplicates, "_each", None)
    card = catalogue(made())
    assert figure(card, "duplicate-rows").status == "not-open"
    assert figure(card, "capacity").value == 12


def test_datasets_of_one_file_are_doubled_and_three_of_the_same_columns_are_fragments(publish: Any, made: Any) -> None:
    publish("a")
    publish("b")
    card = catalogue(made())
    assert figure(card, "duplicate-datasets").value == 1
    assert figure(card, "fragments").value == 0
    publish("c", "名称,金额\n戊,9\n")
    publish("d", "名称,数量\n戊,9\n", [{"name": "名称", "type": "string"}, {"name": "数量", "type": "number"}])
    card = catalogue(made())
    assert (figure(card, "duplicate-datasets").numerator, figure(card, "duplicate-datasets").denominator) == (2, 4)
    assert (figure(card, "fragments").numerator, figure(card, "fragments").denominator) == (3, 4)
    assert figure(card, "fragments", "c").inputs[0].note == "a, b"


def test_a_withdrawn_dataset_is_measured_no_more_and_no_neighbour(publish: Any, made: Any, store: Store) -> None:
    publish("a")
    publish("b")
    cards = made()
    assert figure(catalogue(cards), "duplicate-datasets").value == 1
    acts.withdraw(store, "a", "1.0.0", "行有错", WHO)
    card = catalogue(cards)
    assert {one.status for one in card.datasets[0].figures} == {"withdrawn"}
    assert card.withdrawn == 1
    assert (figure(card, "duplicate-datasets").numerator, figure(card, "duplicate-datasets").denominator) == (0, 1)
    acts.purge(store, "a", "1.0.0", "行有错", "个人信息保护法", WHO)
    assert {one.status for one in catalogue(cards).datasets[0].figures} == {"withdrawn"}


def test_a_new_release_is_measured_at_once(released: Any, make_package: Any, made: Any) -> None:
    opening = {"openAttribute": "无条件开放", "updateFrequency": "每日"}
    released(make_package(folder="1", **{"minshu:opening": opening}))
    cards = made()
    assert figure(catalogue(cards), "documents").numerator == 0
    files = {"data/items.csv": '编号,名称,金额\n1,甲,1.10\n2,"乙,丙",-3\n3,,\n', "README.md": "# x"}
    released(make_package(files, folder="2", version="1.0.1", **{"minshu:opening": opening}))
    card = catalogue(cards)
    assert (card.datasets[0].release.version, figure(card, "documents").numerator) == ("1.0.1", 1)


def test_a_damaged_release_is_named_and_hides_no_other(publish: Any, made: Any, store: Store) -> None:
    publish("a")
    publish("b")
    (store.root / "a/1.0.0/release.json").write_text("{}")
    card = catalogue(made())
    assert (card.damaged, [one.name for one in card.datasets]) == (("a",), ["b"])


def test_a_damaged_descriptor_hides_no_other_dataset(publish: Any, made: Any, store: Store) -> None:
    publish("a")
    publish("b")
    (store.root / "a/1.0.0/package/datapackage.json").write_text("{")
    card = catalogue(made())
    assert (card.damaged, [one.name for one in card.datasets]) == (("a",), ["b"])


def test_whoever_asks_after_the_end_is_told_that_it_is_not_counted(publish: Any, made: Any) -> None:
    publish("doubled")
    cards = made()
    cards.close()
    assert figure(catalogue(cards), "duplicate-rows").status == "pending"


def test_an_empty_store_has_no_figures_and_no_zeros(made: Any, settings: Settings) -> None:
    settings.store.mkdir()
    card = catalogue(made())
    assert {(one.value, one.status) for one in card.figures} == {(None, "not-applicable")}


def test_messages_count_as_they_are_answered_and_not_where_they_are_rejected(
    publish: Any, made: Any, store: Store
) -> None:
    publish("a")
    messages, cards = Feedback(store.log), made()
    assert figure(catalogue(cards), "feedback", "a").status == "nothing-asked"
    ids = [messages.receive(Kind.question, "何时更新", About("a"), 9, at_once=True).id for _ in range(3)]
    messages.answer(ids[0], WHO, "明日")
    messages.reject(ids[1], WHO, "广告")
    messages.receive(Kind.request, "要新数据", About(), 9)
    card = catalogue(cards)
    own, whole = figure(card, "feedback", "a"), figure(card, "feedback")
    assert ((own.numerator, own.denominator), (whole.numerator, whole.denominator)) == ((1, 2), (1, 3))


def test_where_nothing_is_taken_and_nothing_was_no_feedback_is_kept(store: Store, tmp_path: Path) -> None:
    assert AskedOf(Feedback(store.log), is_taken=False).tally() is None
    assert AskedOf(Feedback(store.log), is_taken=True).tally() == {}


def test_the_figures_of_some_are_those_of_the_catalogue_without_the_others(
    publish: Any, store: Store, settings: Settings
) -> None:
    for name in ("a", "b", "c"):
        publish(name)
    with closing(Library(store, settings)) as library:
        cards = Scorecards(library, AskedOf(Feedback(store.log), is_taken=True))
        with closing(cards):
            card = cards.catalogue(Directory(library).entries(), TODAY, 20.0, only=frozenset({"b"}))
    assert [one.name for one in card.datasets] == ["b"]
    assert figure(card, "fragments").value == 1


def test_of_many_others_only_some_are_named() -> None:
    others = Neighbours(Signature(f"d{number:02}", ("x",), None) for number in range(40)).of_data("d05")
    assert (others.count, len(others.names)) == (39, 10)
    assert "d05" not in others.names
    assert others.words.endswith("d10, …")
