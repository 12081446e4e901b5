"""Opening packages: what is accepted, and what is refused before any file is read."""

import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.descriptors import opened, read_package, safe_file
from minshu.errors import ArchiveRefused, DescriptorInvalid, MinshuError, PackageNotFound, UnsafePath
from minshu.settings import Settings


def test_a_folder_and_its_descriptor_are_the_same_package(make_package: Any) -> None:
    folder = make_package()
    assert read_package(folder) == read_package(folder / "datapackage.json")


def test_a_descriptor_may_have_any_name(make_package: Any) -> None:
    folder = make_package()
    (folder / "datapackage.json").rename(folder / "other.json")
    assert read_package(folder / "other.json").name == "demo"


def test_a_descriptor_may_be_yaml(tmp_path: Path) -> None:
    (tmp_path / "datapackage.yaml").write_text("name: y\nresources:\n- name: t\n  path: t.csv\n", "utf-8")
    assert read_package(tmp_path).name == "y"


def test_what_is_no_regular_file_is_never_read(make_package: Any, settings: Settings) -> None:
    folder = make_package()
    (folder / "data/items.csv").unlink()
    os.mkfifo(folder / "data/items.csv")
    with pytest.raises(UnsafePath, match="no regular file"):
        read_package(folder)
    with (
        pytest.raises(PackageNotFound, match="neither a file nor a folder"),
        opened(folder / "data/items.csv", settings),
    ):
        pass


def test_yaml_becomes_what_json_can_say(tmp_path: Path) -> None:
    (tmp_path / "datapackage.yaml").write_text(
        "created: 2019-03-29\n1: one\nresources: [{name: t, path: t.csv}]\n", "utf-8"
    )
    descriptor = read_package(tmp_path).descriptor
    assert (descriptor["created"], descriptor["1"]) == ("2019-03-29", "one")


def test_a_link_to_itself_is_refused(make_package: Any) -> None:
    folder = make_package()
    (folder / "data/items.csv").unlink()
    (folder / "data/items.csv").symlink_to("items.csv")
    with pytest.raises(UnsafePath):
        read_package(folder)


def test_a_zip_is_a_package_at_its_root_or_in_one_folder(make_package: Any, tmp_path: Path, settings: Settings) -> None:
    folder = make_package()
    for prefix in ("", "demo-1.0.0/"):
        archive = tmp_path / f"{len(prefix)}.zip"
        with ZipFile(archive, "w") as zipped:
            for name in ("datapackage.json", "data/items.csv"):
                zipped.write(folder / name, prefix + name)
        with opened(archive, settings) as package:
            assert package.name == "demo"


def test_a_zip_without_a_descriptor_is_refused(tmp_path: Path, settings: Settings) -> None:
    with ZipFile(tmp_path / "a.zip", "w") as zipped:
        zipped.writestr("a.csv", "a\n1\n")
    with pytest.raises(ArchiveRefused, match=r"datapackage\.json"), opened(tmp_path / "a.zip", settings):
        pass


def test_a_single_data_file_becomes_a_package_of_one_resource(tmp_path: Path) -> None:
    (tmp_path / "My Data.csv").write_text("a\n1\n", "utf-8")
    package = read_package(tmp_path / "My Data.csv")
    assert package.resources == [{"name": "my-data", "path": "My Data.csv"}]


def test_a_resource_descriptor_becomes_a_package_of_it(tmp_path: Path) -> None:
    (tmp_path / "resource.json").write_text('{"name": "t", "path": "t.csv"}', "utf-8")
    assert read_package(tmp_path / "resource.json").resources == [{"name": "t", "path": "t.csv"}]


def test_nothing_at_the_path_is_said(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(PackageNotFound, match="nothing at"), opened(tmp_path / "absent", settings):
        pass


def test_a_folder_without_a_descriptor_is_said(tmp_path: Path) -> None:
    with pytest.raises(PackageNotFound, match=r"has no datapackage\.json"):
        read_package(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "cannot be parsed"),
        (b"[]", "must hold an object"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"resources": [{"name": "a", "data": [NaN]}]}', "NaN is no JSON"),
        (b'{"resources": [{"name": "a", "data": [1e999]}]}', "cannot be parsed"),
        (b'{"title": "\\ud800", "resources": []}', "half a character"),
        (b"{}", "no resources"),
        (b'{"resources": {}}', "no resources"),
        (b'{"resources": []}', "no resources"),
        (b'{"resources": [1]}', "/resources/0 must be an object"),
        (b'{"resources": [{"name": "a", "path": 1}]}', "/resources/0/path"),
        (b'{"resources": [{"name": "a", "path": ["x", 1]}]}', "/resources/0/path"),
        (b"[" * 100_000, "nested|parsed"),
    ],
)
def test_a_descriptor_that_is_none_is_refused_with_the_place(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "datapackage.json").write_bytes(content)
    with pytest.raises(DescriptorInvalid, match=words):
        read_package(tmp_path)


@pytest.mark.parametrize(
    "path",
    ["../a.csv", "data/../../a.csv", "/etc/passwd", "~/a.csv", "http://localhost/a.csv", "file:///etc/passwd", "..\\a"],
)
@pytest.mark.parametrize("key", ["path", "schema", "dialect"])
def test_a_path_that_leaves_the_package_is_refused(make_package: Any, path: str, key: str) -> None:
    resource = {"name": "a", "path": "data/items.csv", key: path}
    with pytest.raises(UnsafePath, match="inside the package"):
        read_package(make_package(resources=[resource]))


def test_a_link_out_of_the_package_is_refused(make_package: Any, tmp_path: Path) -> None:
    folder = make_package()
    (tmp_path / "secret.csv").write_text("a\n1\n", "utf-8")
    (folder / "data/items.csv").unlink()
    (folder / "data/items.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(UnsafePath, match="link"):
        read_package(folder)


def test_a_link_within_the_package_is_followed(make_package: Any) -> None:
    folder = make_package()
    (folder / "data/items.csv").rename(folder / "data/real.csv")
    (folder / "data/items.csv").symlink_to("real.csv")
    assert read_package(folder).name == "demo"


@given(st.text(alphabet=st.sampled_from("ab./\\~:\0 数"), min_size=1, max_size=12))
def test_no_path_reaches_a_file_outside_the_folder(path: str) -> None:
    folder = Path("/tmp/minshu-no-such-folder")
    try:
        file = safe_file(folder, path)
    except UnsafePath:
        return
    assert os.path.normpath(file).startswith(str(folder))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["resources", "path", "name", "data", "schema", "fields", "dialect"]), inner)
    ),
    max_leaves=10,
)


@given(json_values)
def test_no_descriptor_ends_in_anything_but_a_package_or_a_sentence(tmp_path_factory: Any, value: Any) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "datapackage.json"
    path.write_text(json.dumps(value), "utf-8")
    try:
        read_package(path)
    except MinshuError as error:
        assert str(error)


def test_resources_that_are_misspelt_are_asked_about(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "datapackage.json").write_text('{"resorces": []}', "utf-8")
    with (
        pytest.raises(DescriptorInvalid, match=r"Did you mean `resources` by 'resorces'\?"),
        opened(tmp_path, settings),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("resources: &a [*a]", "holds itself by an alias"),
        ("a: &a {b: *a}\nresources: []", "holds itself by an alias"),
        (
            "a: &a [x, x, x, x, x, x, x, x, x]\n"
            + "".join(f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]\n" for last, name in pairwise("abcdefgh"))
            + "resources: []",
            "holds more than 1,000,000 values",
        ),
    ],
)
def test_aliases_of_yaml_do_not_grow_without_bound(tmp_path: Path, settings: Settings, text: str, words: str) -> None:
    (tmp_path / "datapackage.yaml").write_text(text, "utf-8")
    with pytest.raises(DescriptorInvalid, match=words), opened(tmp_path, settings):
        pass


def test_a_descriptor_has_a_bound_and_rows_of_json_have_none(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minshu.descriptors.LARGEST", 100)
    (tmp_path / "datapackage.json").write_text(json.dumps({"resources": [], "note": "x" * 100}), "utf-8")
    with pytest.raises(DescriptorInvalid, match="larger than a descriptor may be"), opened(tmp_path, settings):
        pass
    (tmp_path / "rows.json").write_text(json.dumps([{"a": 1}] * 100), "utf-8")
    with opened(tmp_path / "rows.json", settings) as package:
        assert package.resources == [{"name": "rows", "path": "rows.json", "type": "table"}]
