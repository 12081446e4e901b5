"""Whatever a catalogue says, names and formats are found of it without failing, and names are such as may stand."""

import string
import tracemalloc
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.descriptors import NAME
from minshu.harvest.formats import chosen, format_of, recognised
from minshu.harvest.model import RemoteDataset, RemoteFile
from minshu.harvest.naming import name_for, table_name
from minshu.harvest.state import place_of
from minshu.harvest.words import both, licence, web

TEXTS = st.text(max_size=40) | st.sampled_from(["http://[", "https://x/a.csv?b", "CSV", "a/b.csv", "数据.csv", ".csv"])
FILES = st.builds(RemoteFile, id=TEXTS, url=TEXTS, title=TEXTS, format=TEXTS, media_type=TEXTS)
PREFIXES = st.from_regex(r"([a-z0-9][a-z0-9._-]{0,39})?", fullmatch=True)


@given(TEXTS, TEXTS, PREFIXES)
def test_every_dataset_has_a_name_that_may_stand(identifier: str, key: str, prefix: str) -> None:
    dataset = RemoteDataset(id=identifier, key=key)
    for name in (name_for(dataset, prefix, lambda _: False), name_for(dataset, prefix, lambda _: True)):
        assert NAME.fullmatch(name)
        assert name.startswith(prefix)


@given(st.sets(TEXTS), st.sampled_from(["fuzhou-", ""]))
def test_datasets_of_one_catalogue_never_share_a_name(identifiers: set[str], prefix: str) -> None:
    names = set[str]()
    for identifier in identifiers:
        names.add(name_for(RemoteDataset(id=identifier, key="budget"), prefix, names.__contains__))
    assert len(names) == len(identifiers)


def test_a_name_that_is_taken_with_its_digits_too_gets_more_of_them() -> None:
    dataset = RemoteDataset("id", "budget")
    short = name_for(dataset, "", {"budget"}.__contains__)
    longer = name_for(dataset, "", {"budget", short}.__contains__)
    assert longer != short
    assert longer.startswith(short)


@given(st.lists(st.lists(TEXTS, max_size=3), max_size=6))
def test_tables_of_one_package_never_share_a_name(words: list[list[str]]) -> None:
    names: list[str] = []
    for one in words:
        names.append(table_name(one, names))  # Each depends on those before it.
    assert len(set(names)) == len(names)
    assert all(set(name) <= set(string.ascii_lowercase + string.digits + "._-") for name in names)


@given(st.lists(FILES, max_size=6), TEXTS)
def test_each_file_is_taken_or_told_or_the_same_as_one_that_is_taken(files: list[RemoteFile], key: str) -> None:
    taken, notes = chosen(files, key)
    assert set(taken) <= set(files)
    assert bool(taken) is any(format_of(file) is not None for file in files)
    assert len(notes) <= len(files)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (RemoteFile("1", "http://x/a.csv"), "csv"),
        (RemoteFile("1", "http://x/a.csv", format="XLS"), "csv"),
        (RemoteFile("1", "http://x/a.xls", format="XLS"), None),
        (RemoteFile("1", "http://x/a.json", format="GeoJSON"), None),
        (RemoteFile("1", "http://x/download?id=3", format="CSV"), "csv"),
        (RemoteFile("1", "http://x/wms", format="WMS"), None),
        (RemoteFile("1", "http://x/get.do"), ""),
        (RemoteFile("1", "http://x/a", media_type="text/csv;charset=gbk"), "csv"),
    ],
)
def test_a_format_is_told_by_its_word_its_media_type_or_its_suffix(told: RemoteFile, expected: str | None) -> None:
    assert format_of(told) == expected


def names(*urls: str) -> list[str]:
    taken, _ = chosen([RemoteFile(url, url) for url in urls], "bus")
    return [file.url.rpartition("example.org/")[2] for file in taken]


def test_one_table_in_several_formats_is_taken_once_and_two_of_one_name_are_two() -> None:
    base = "http://example.org/"
    assert names(f"{base}a.json", f"{base}a.csv", f"{base}a.parquet") == ["a.csv"]
    assert names(f"{base}data/items.csv", f"{base}items.parquet") == ["data/items.csv"]
    assert names(f"{base}2019/data.csv", f"{base}2020/data.xlsx") == ["2019/data.csv", "2020/data.xlsx"]
    assert names(f"{base}get.csv?id=1", f"{base}get.csv?id=2") == ["get.csv?id=1", "get.csv?id=2"]
    assert names(f"{base}bus.zip", f"{base}a.csv", f"{base}old.zip") == ["a.csv", "old.zip"]
    assert names(f"{base}bus.zip") == ["bus.zip"]


def test_a_zip_is_recognised_by_no_more_than_how_its_files_begin(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "x.zip", "w", ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", bytes(64 << 20))
    tracemalloc.start()
    try:
        assert recognised(tmp_path / "x.zip", RemoteFile("1", "http://example.org/x.zip"), "") == "zip"
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_texts_of_two_languages_are_written_as_ours_are() -> None:
    assert both([("de", "Busse"), ("en", "Buses"), ("zh-cn", "公交")]) == "公交 / Buses"
    assert both([("de", "Busse")]) == "Busse"
    assert both([("en", "A / B"), ("zh", "甲")]) == "甲"
    assert both([("en", "  "), ("", "x\x00")]) == "x\ufffd"


def test_a_licence_is_carried_as_far_as_it_is_named() -> None:
    assert licence("cc-by", "", "http://example.org/") == {"name": "cc-by", "path": "http://example.org/"}
    assert licence("", "可自由使用", "") == {"name": "LicenseRef-unnamed", "title": "可自由使用"}
    assert licence("notspecified", "License not specified", "") is None
    assert licence("", "", "javascript:alert(1)") is None


OTHERS = ("javascript:x", "http://[", "http://a b", "/x", "", "http://me:secret@example.org/", "http://x/\ud800")


def test_only_addresses_of_the_web_are_kept() -> None:
    assert web("https://example.org/x") == "https://example.org/x"
    assert [web(url) for url in OTHERS] == [""] * len(OTHERS)


def test_a_catalogue_is_the_same_with_tls_and_without() -> None:
    assert place_of("http://Example.org/ckan/") == place_of("https://example.org/ckan")
    assert place_of("http://example.org/a") != place_of("http://example.org/b")
    assert place_of("http://example.org/a?x=1") != place_of("http://example.org/a?x=2")
