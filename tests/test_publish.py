"""Publishing: what a release holds, and what stops one."""

import json
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import pyarrow.parquet as pq
import pytest

from minshu.browse import Library
from minshu.errors import (
    IdentityMissing,
    IdentityRefused,
    InvalidPackage,
    ReleaseConflict,
    ReservedPath,
    RulesError,
    UnsafePath,
    UnstorableTable,
)
from minshu.filters import RowQuery
from minshu.manifest import MANIFEST
from minshu.settings import Settings
from minshu.store import Store
from minshu.verify import verify_store

KEYED = {
    "name": "中文",
    "path": "items.csv",
    "schema": {"fields": [{"name": "编号", "type": "integer"}], "primaryKey": "编号"},
}
PUBLISH = "from pathlib import Path; import sys; from minshu.cli import main; main()"


def is_clean(store: Store) -> bool:
    """Whether every release verifies and no reader sees anything else."""
    return not store.root.exists() or all(release.manifest for release in verify_store(store))


def test_the_original_files_are_kept_byte_for_byte(released: Any, make_package: Any) -> None:
    package = make_package({"data/items.csv": "编号,名称,金额\r\n1,甲,1.10\r\n", "README.md": "# 示例"})
    folder = released(package).release.folder / "package"
    for name in ("datapackage.json", "data/items.csv", "README.md"):
        assert (folder / name).read_bytes() == (package / name).read_bytes()


def test_the_manifest_names_every_file_with_its_digest(released: Any, make_package: Any) -> None:
    release = released(make_package()).release
    files = {path for path in release.folder.rglob("*") if path.is_file() and path.name != MANIFEST}
    assert {release.folder / entry.path for entry in release.manifest.files} == files
    for entry in release.manifest.files:
        content = (release.folder / entry.path).read_bytes()
        assert (entry.sha256, entry.bytes) == (sha256(content).hexdigest(), len(content))


def test_parquet_and_duckdb_hold_the_same_typed_rows(released: Any, make_package: Any) -> None:
    release = released(make_package()).release
    expected = [(1, "甲", "1.10"), (2, "乙,丙", "-3.00"), (3, None, None)]
    with duckdb.connect(release.folder / "demo.duckdb", read_only=True) as connection:
        stored = connection.execute('select 编号, 名称, 金额::varchar from "items"').fetchall()
    parquet = pq.read_table(release.folder / "tables/items.parquet").to_pylist()
    assert stored == expected
    assert [(r["编号"], r["名称"], None if r["金额"] is None else str(r["金额"])) for r in parquet] == expected


def test_every_table_has_a_row_store_and_one_with_a_key_its_index(released: Any, make_package: Any) -> None:
    plain = {"name": "plain", "path": "plain.csv", "schema": {"fields": [{"name": "a", "type": "string"}]}}
    files = {"items.csv": "编号\n1\n", "plain.csv": "a\nx\n"}
    release = released(make_package(files, resources=[KEYED, plain])).release
    assert [(table.row_store, table.keys) for table in release.manifest.tables] == [
        ("indexes/_table-1.rows.arrow", "indexes/_table-1.keys.sqlite"),
        ("indexes/plain.rows.arrow", None),
    ]
    for table in release.manifest.tables:
        for path in filter(None, (table.row_store, table.keys)):
            assert release.manifest.by_path[path].bytes == (release.folder / path).stat().st_size


def test_the_manifest_names_foreign_keys_with_the_tables_that_they_point_at(released: Any, make_package: Any) -> None:
    fields = [{"name": name, "type": "integer"} for name in ("id", "parent", "item")]
    keys = [
        {"fields": "parent", "reference": {"resource": "", "fields": "id"}},
        {"fields": ["item"], "reference": {"resource": "中文", "fields": ["编号"]}},
    ]
    resources = [
        KEYED,
        {"name": "tree", "path": "tree.csv", "schema": {"fields": fields, "primaryKey": "id", "foreignKeys": keys}},
    ]
    files = {"items.csv": "编号\n3\n", "tree.csv": "id,parent,item\n1,,3\n2,1,\n"}
    tables = released(make_package(files, resources=resources)).release.manifest.tables
    found = [(key.fields, key.resource, key.reference_fields) for table in tables for key in table.foreign_keys]
    assert found == [(("parent",), "tree", ("id",)), (("item",), "中文", ("编号",))]


def test_chinese_text_of_a_release_is_sorted(released: Any, make_package: Any, settings: Settings) -> None:
    """DuckDB 1.5.0 and 1.5.1 fail on it: their statistics cut a character at the eighth byte."""
    rows = "编号,名称,金额\n1,福州市厦门,\n2,安溪县长乐区,\n"
    release = released(make_package({"data/items.csv": rows})).release
    library = Library(Store(settings.store), settings)
    try:
        table = library.release("demo", release.manifest.version).table("items")
        page = table.page(RowQuery.from_params([("_sort", "名称")], table.released_columns), 10, None)
        assert [row[1] for row in page.rows] == ["安溪县长乐区", "福州市厦门"]
    finally:
        library.close()


def test_the_zip_is_the_package(released: Any, make_package: Any) -> None:
    release = released(make_package()).release
    with ZipFile(release.folder / "demo.zip") as zipped:
        content = {f"package/{name}": sha256(zipped.read(name)).hexdigest() for name in zipped.namelist()}
    assert content == release.manifest.package_files


def test_the_publishers_order_is_kept_over_many_rows(released: Any, make_package: Any) -> None:
    numbers = [(number * 7919) % 130_003 for number in range(130_003)]
    schema = {"fields": [{"name": "n", "type": "integer"}]}
    package = make_package(
        {"n.csv": "n\n" + "\n".join(map(str, numbers))}, resources=[{"name": "n", "path": "n.csv", "schema": schema}]
    )
    release = released(package).release
    with duckdb.connect(release.folder / "demo.duckdb", read_only=True) as connection:
        assert [n for (n,) in connection.execute("select n from n order by rowid").fetchall()] == numbers
    assert pq.read_table(release.folder / "tables/n.parquet")["n"].to_pylist() == numbers


def test_the_same_package_twice_is_a_success_that_does_nothing(released: Any, make_package: Any, store: Store) -> None:
    first = released(make_package())
    before = {path: path.stat().st_mtime_ns for path in store.root.rglob("*")}
    second = released(make_package())
    assert (first.created, second.created) == (True, False)
    assert {path: path.stat().st_mtime_ns for path in store.root.rglob("*") if path in before} == before | {
        store.root / "demo": (store.root / "demo").stat().st_mtime_ns  # A staging folder came and went.
    }


def test_the_same_version_with_other_content_is_refused(released: Any, make_package: Any, store: Store) -> None:
    released(make_package())
    with pytest.raises(ReleaseConflict, match="raise the version"):
        released(make_package({"data/items.csv": "编号,名称,金额\n9,,\n"}))
    assert is_clean(store)


def test_a_release_names_the_one_before_it_by_digest(released: Any, make_package: Any) -> None:
    first = released(make_package()).release
    second = released(make_package(version="1.1.0")).release
    assert second.manifest.previous is not None
    assert (second.manifest.previous.version, second.manifest.previous.sha256) == ("1.0.0", first.sha256)


def test_an_invalid_package_publishes_nothing_and_says_why(released: Any, make_package: Any, store: Store) -> None:
    with pytest.raises(InvalidPackage) as caught:
        released(make_package({"data/items.csv": "编号,名称,金额\nx,,\n"}))
    assert caught.value.report.tasks[0].errors[0]["type"] == "type-error"  # type: ignore[attr-defined]
    assert store.names() == []
    assert [(entry.act, entry.details["code"]) for entry in store.log.entries()] == [("refused", "invalid-package")]


@pytest.mark.parametrize("missing", ["name", "version"])
def test_a_package_without_an_identity_says_how_to_give_it_one(released: Any, make_package: Any, missing: str) -> None:
    with pytest.raises(IdentityMissing, match=f"--{missing}"):
        released(make_package(**{missing: None}))


@pytest.mark.parametrize("identity", [{"name": "Demo"}, {"name": "../x"}, {"name": "演示"}, {"version": "1.0"}])
def test_an_identity_that_no_url_can_carry_is_refused(released: Any, make_package: Any, identity: Any) -> None:
    with pytest.raises(IdentityRefused):
        released(make_package(**identity))


@pytest.mark.parametrize(
    "path",
    [
        "release.json",
        "report.json",
        "diff.json",
        "croissant.json",
        "demo.zip",
        "demo.duckdb",
        "a/rows",
        "a/rows/1",
        "a/stats",
        "a/chart",
        "a/chart.svg",
        "indexes/a.rows.arrow",
        "./release.json",
    ],
)
def test_a_reserved_path_is_refused(released: Any, make_package: Any, path: str) -> None:
    with pytest.raises(ReservedPath, match="reserved"):
        released(make_package({path: "a\n1\n"}, resources=[{"name": "a", "path": path}]))


def test_a_schema_by_reference_may_not_stand_on_a_reserved_path(released: Any, make_package: Any) -> None:
    files = {"indexes/s.json": '{"fields": [{"name": "a", "type": "integer"}]}', "a.csv": "a\n1\n"}
    with pytest.raises(ReservedPath, match="finds rows by"):
        released(make_package(files, resources=[{"name": "a", "path": "a.csv", "schema": "indexes/s.json"}]))


@pytest.mark.parametrize("name", ["release", "report", "diff", "datapackage"])
def test_a_table_whose_json_would_hide_a_file_of_ours_is_refused(released: Any, make_package: Any, name: str) -> None:
    with pytest.raises(ReservedPath):
        released(make_package({"a.csv": "a\n1\n"}, resources=[{"name": name, "path": "a.csv"}]))


def test_a_file_that_became_a_link_out_of_the_package_is_not_copied(
    released: Any, make_package: Any, tmp_path: Path
) -> None:
    package = make_package()
    (tmp_path / "secret.md").write_text("secret", "utf-8")
    (package / "README.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(UnsafePath):
        released(package)


@pytest.mark.parametrize(("header", "words"), [("a,A", "'a' stands twice"), ("a,_row", "'_row' is a name that Minshu")])
def test_columns_that_cannot_be_stored_are_refused(released: Any, make_package: Any, header: str, words: str) -> None:
    with pytest.raises(UnstorableTable, match=words):
        released(make_package({"a.csv": f"{header}\n1,2\n"}, resources=[{"name": "t", "path": "a.csv"}]))


def test_any_resource_name_is_stored_under_a_safe_file_name(released: Any, make_package: Any) -> None:
    names = ["工作 要点/一", "a%2Fb", 'quote"; drop table x', "a" * 200]
    resources = [{"name": name, "path": "a.csv"} for name in names]
    manifest = released(make_package({"a.csv": "a\n1\n"}, resources=resources)).release.manifest
    assert [table.name for table in manifest.tables] == names
    assert all(table.path.isascii() and len(table.path) < 120 for table in manifest.tables)


def test_no_table_takes_the_file_of_another(released: Any, make_package: Any) -> None:
    files = {"a.csv": "a\n1\n", "b.csv": "b\n2\n"}
    names = ["table-2", "中文", "_table-1"]
    resources = [{"name": name, "path": path} for name, path in zip(names, ["a.csv", "b.csv", "a.csv"], strict=True)]
    release = released(make_package(files, resources=resources)).release
    paths = [table.path for table in release.manifest.tables]
    assert len(set(paths)) == 3
    assert [pq.read_table(release.folder / path).column_names for path in paths] == [["a"], ["b"], ["a"]]


def test_the_release_before_is_the_highest_below_it(released: Any, make_package: Any) -> None:
    for version in ("1.0.0", "2.0.0"):
        released(make_package(version=version))
    assert released(make_package(version="1.0.1")).release.manifest.previous.version == "1.0.0"


def test_a_damaged_release_does_not_block_the_next(released: Any, make_package: Any) -> None:
    (released(make_package()).release.folder / MANIFEST).write_bytes(b"{}")
    assert released(make_package(version="1.1.0")).created


def test_a_package_of_inline_data_alone_is_released(released: Any, make_package: Any) -> None:
    release = released(make_package(resources=[{"name": "t", "data": [{"a": 1}, {"a": 2}]}])).release
    assert [row["a"] for row in pq.read_table(release.folder / "tables/t.parquet").to_pylist()] == [1, 2]


def test_a_yaml_descriptor_is_published_as_json(released: Any, make_package: Any) -> None:
    folder = make_package()
    (folder / "datapackage.json").rename(folder / "datapackage.yaml")  # JSON is YAML.
    release = released(folder).release
    assert json.loads((release.folder / "package/datapackage.json").read_bytes())["name"] == "demo"


def test_rules_are_part_of_the_verdict_and_of_the_manifest(released: Any, make_package: Any, tmp_path: Path) -> None:
    rules = tmp_path / "rules.py"
    rules.write_text(
        "from minshu.checks import Rule\n"
        "RULES = (Rule(name='few', table='items', description='At most two.', "
        "sql='select _row from items where 编号 > 2'),)\n",
        "utf-8",
    )
    with pytest.raises(InvalidPackage) as caught:
        released(make_package(), rules)
    assert caught.value.report.tasks[0].errors[0]["rowNumber"] == 4  # type: ignore[attr-defined]
    rules.write_text("RULES = ()\n", "utf-8")
    assert released(make_package(), rules).release.manifest.rules_sha256 == sha256(b"RULES = ()\n").hexdigest()


def test_the_manifest_tells_each_rule_that_a_release_was_held_against(
    released: Any, make_package: Any, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.py"
    rules.write_text(
        "import pandera.polars as pa\n"
        "from minshu.checks import Rule\n"
        "class Items(pa.DataFrameModel):\n"
        "    编号: int = pa.Field(unique=True, ge=1, raise_warning=True)\n"
        "    @pa.dataframe_check\n"
        "    def named(cls, data: pa.PolarsData):\n"
        "        '''Each has\\n a name.'''\n"
        "        return data.lazyframe.select(True)\n"
        "    class Config:\n"
        "        unique = ['编号', '名称']\n"
        "MODELS, ALL_ROWS = {'items': Items}, {'items': {'named': ['编号']}}\n"
        "RULES = (Rule(name='few', table='items', description='Not too many.', sql='select 1 as _row where false'),)\n",
        "utf-8",
    )
    manifest = released(make_package(), rules).release.manifest
    assert [rule.model_dump(exclude_defaults=True) for rule in manifest.rules] == [
        {"table": "items", "name": "named", "description": "Each has a name."},
        {"table": "items", "name": "unique", "column": "编号"},
        {"table": "items", "name": "greater_than_or_equal_to(1)", "column": "编号", "severity": "warning"},
        {"table": "items", "name": "unique: 编号, 名称"},
        {"table": "items", "name": "few", "description": "Not too many."},
    ]


def test_a_broken_rules_file_publishes_nothing(released: Any, make_package: Any, tmp_path: Path, store: Store) -> None:
    (tmp_path / "rules.py").write_text("x = 1\nx.nope\n", "utf-8")
    with pytest.raises(RulesError, match=r"line 2: AttributeError"):
        released(make_package(), tmp_path / "rules.py")
    assert store.names() == []
    assert [(entry.act, entry.details["code"]) for entry in store.log.entries()] == [("refused", "rules-error")]


def test_a_full_disk_leaves_nothing_and_says_so(make_package: Any, store: Store) -> None:
    package = make_package()
    # A limit on the size of files stands in for a full disk: writing fails at the same calls.
    script = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); {PUBLISH}"
    command = [sys.executable, "-c", script, "publish", str(package), "--store", str(store.root)]
    # The limit is of the process: a measurement of coverage in it could not write either.
    measured = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=measured)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "Cannot write" in done.stderr
    assert store.names() == []
    assert not any(path.is_file() for path in store.root.rglob("*"))


@pytest.mark.slow
@pytest.mark.parametrize("delay", [step * 0.15 for step in range(16)])
def test_a_publisher_killed_at_any_time_leaves_a_whole_release_or_none(
    make_package: Any, store: Store, delay: float
) -> None:
    package = make_package()
    command = [sys.executable, "-c", PUBLISH, "publish", str(package), "--store", str(store.root)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    assert is_clean(store)
    again = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert again.returncode == 0, again.stderr
    assert [path.name for path in (store.root / "demo").iterdir()] == ["1.0.0"]
    assert is_clean(store)


def test_two_publishers_of_one_version_leave_one_whole_release(make_package: Any, store: Store) -> None:
    packages = [make_package(folder=name, title=name) for name in ("a", "b")]
    commands = [[sys.executable, "-c", PUBLISH, "publish", str(p), "--store", str(store.root)] for p in packages]
    started = [subprocess.Popen(c, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=os.environ) for c in commands]
    codes = []
    for process in started:
        process.communicate(timeout=60)
        codes.append(process.returncode)
    assert sorted(codes) == [0, 1]
    assert store.versions("demo") == ["1.0.0"]
    assert is_clean(store)


def test_settings_do_not_leak_into_the_release(released: Any, make_package: Any, settings: Settings) -> None:
    folder = released(make_package()).release.folder
    for path in folder.rglob("*.json"):
        assert str(settings.store).encode() not in path.read_bytes()
