"""The divisions of Fujian: the table, its rules, and its releases, each against the table that python-stdnum ships."""

import csv
import json
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import duckdb
import frictionless
import httpx
import pytest
from tests.datasets.conftest import load_module
from tests.datasets.loaded import Loaded, dataset_loaded

from minshu.changelog import notes_of
from minshu.checks.yearly import divisions as known_to_the_checks
from minshu.descriptors import read_package
from minshu.diff import Side, SideName, compared
from minshu.diff.side import loaded_tables
from minshu.diff.versioning import stepped
from minshu.loading import load
from minshu.rules import apply_rules
from minshu.versions import newest_first

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "datasets" / "fujian-divisions"
CHANGELOG = (PACKAGE / "CHANGELOG.md").read_text("utf-8")
Key = tuple[str, str]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    # earlier.py imports it by this name, as it does where it is run.
    return load_module("build", PACKAGE / "source" / "build.py")


@pytest.fixture(scope="module")
def earlier(build: ModuleType) -> Iterator[ModuleType]:
    yield load_module("fujian_divisions_earlier", PACKAGE / "source" / "earlier.py")
    del sys.modules["build"]


@pytest.fixture(scope="module")
def loaded() -> Iterator[Loaded]:
    with dataset_loaded("fujian-divisions") as dataset:
        yield dataset


def ended(table: dict[Key, int | None]) -> set[Key]:
    return {key for key, year in table.items() if year is not None}


# The table


def test_the_committed_table_equals_a_rebuild_byte_for_byte(build: ModuleType, tmp_path: Path) -> None:
    build.write(build.editions(build.divisions())[-1].divisions, tmp_path)
    assert (tmp_path / "divisions.csv").read_bytes() == (PACKAGE / "data" / "divisions.csv").read_bytes()


def test_the_table_has_every_code_that_the_checks_know_in_the_same_years() -> None:
    with (PACKAGE / "data" / "divisions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    own: dict[str, list[tuple[int | None, int | None]]] = {}
    for row in rows:
        years = (
            int(row["valid_from"]) if row["valid_from"] else None,
            int(row["valid_to"]) if row["valid_to"] else None,
        )
        own.setdefault(row["code"], []).append(years)
    known = {code: list(years) for code, years in known_to_the_checks().items() if code.startswith("35")}
    assert {**own, "350000": [(None, None)]} == known


@pytest.mark.parametrize(
    ("code", "name", "years"),
    [
        ("350822", "永定县", (1996, 2014)),
        ("350803", "永定区", (2014, None)),
        ("350182", "长乐市", (1994, 2017)),
        ("350112", "长乐区", (2017, None)),
        ("350427", "沙县", (1983, 2021)),
        ("350405", "沙县区", (2021, None)),
        ("350403", "三元区", (1983, 2021)),
        ("350404", "三元区", (2021, None)),
        ("350111", "郊区", (1983, 1994)),
        ("350111", "晋安区", (1995, None)),
    ],
)
def test_a_change_of_code_has_its_years(loaded: Loaded, code: str, name: str, years: tuple[int, int | None]) -> None:
    query = "select valid_from, valid_to from divisions where code = ? and name = ?"
    assert loaded.connection.execute(query, [code, name]).fetchall() == [years]


def test_a_line_of_the_source_that_reads_otherwise_is_refused(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Odd:
        def info(self, code: str) -> list[tuple[str, dict[str, str]]]:
            return [("35", {}), (code[2:], {"county": "[1983?]郊区"})]

    monkeypatch.setattr(build.numdb, "get", lambda _name: Odd())
    with pytest.raises(build.SourceError, match=r"350001: '\[1983\?\]郊区'"):
        build.divisions()


# The rules

BROKEN = [
    ("parents-exist", "update divisions set parent_code = '351100' where _row = 10", [10]),
    ("validity-nests", "update divisions set valid_from = 1980 where code = '350802'", "350802"),
    ("validity-nests", "update divisions set valid_to = null where code = '352721'", "352721"),
    ("codes-are-unique-at-each-time", "update divisions set valid_from = 1994 where name = '晋安区'", "350111"),
    ("codes-are-unique-at-each-time", "update divisions set valid_to = null where name = '杏林区'", "350205"),
    ("rows-are-in-order", "update divisions set code = '350100' where _row = 4", [4]),
]
BROKEN_MODEL = [
    "update divisions set parent_code = '350200' where _row = 10",
    "update divisions set parent_code = '350100' where _row = 2",
    "update divisions set level = 'prefecture' where _row = 10",
    "update divisions set level = 'county' where _row = 2",
    "update divisions set valid_from = 2000, valid_to = 1999 where _row = 10",
]


def test_the_divisions_keep_every_rule_and_model(loaded: Loaded) -> None:
    assert apply_rules(loaded.rules, loaded.tables, loaded.connection, 1000) == {}


def test_every_rule_is_broken_here(loaded: Loaded) -> None:
    assert {name for name, _, _ in BROKEN} == {rule.name for rule in loaded.rules.rules}


@pytest.mark.parametrize(("rule", "change", "where"), BROKEN)
def test_a_rule_finds_the_row_that_breaks_it_and_no_other(
    loaded: Loaded, rule: str, change: str, where: list[int] | str
) -> None:
    if isinstance(where, str):
        # Of two names of one code, the later is at fault.
        rows = loaded.connection.execute("select max(_row) from divisions where code = ?", [where]).fetchone()
        where = list(rows or ())
    assert loaded.found(rule, change) == where


@pytest.mark.parametrize("change", BROKEN_MODEL)
def test_the_model_finds_the_row_that_breaks_it_and_no_other(loaded: Loaded, change: str) -> None:
    row = 2 if change.endswith("_row = 2") else 10
    assert set(loaded.found_by_model("divisions", change)) == {row}


# The releases


def test_there_is_a_release_for_every_year_of_a_change(build: ModuleType) -> None:
    made = build.editions(build.divisions())
    assert [edition.year for edition in made] == [
        *(1981, 1983, 1984, 1985, 1986, 1987, 1988, 1989, 1990, 1992, 1993, 1994, 1995, 1996, 1997, 1999),
        *(2000, 2002, 2003, 2014, 2017, 2021),
    ]


def test_a_release_differs_from_the_one_before_by_the_codes_that_its_changelog_names(build: ModuleType) -> None:
    before: dict[Key, int | None] = {}
    for edition in build.editions(build.divisions()):
        table = {(one.code, one.name): one.valid_to for one in edition.divisions}
        began = {key for key in table if key not in before}
        if not before:
            began = {(one.code, one.name) for one in edition.divisions if one.valid_from == edition.year}
        notes = notes_of(CHANGELOG, edition.version) or ""
        named = {word: set(re.findall(r"(\d{6}) (\w+)", line)) for word, line in re.findall(r"- (\w+), (.*)", notes)}
        assert named.get("New", set()) == began, edition
        assert named.get("Ended", set()) == ended(table) - ended(before), edition
        assert str(edition.year) in notes
        before = table


def test_a_release_tells_of_nothing_that_was_later(build: ModuleType) -> None:
    for edition in build.editions(build.divisions()):
        years = [year for one in edition.divisions for year in (one.valid_from, one.valid_to) if year]
        assert max(years) <= edition.year


def test_a_name_that_a_code_gave_up_for_another_holds_until_the_other_begins(build: ModuleType) -> None:
    one = build.Division("350111", "郊区", "county", "350100", 1983, 1994)
    other = build.Division("350111", "晋安区", "county", "350100", 1995, None)
    tables = [(edition.year, [row.valid_to for row in edition.divisions]) for edition in build.editions([one, other])]
    assert tables == [(1983, [None]), (1995, [1994, None])]


def test_where_rows_only_end_the_patch_is_raised(build: ModuleType) -> None:
    rows = [build.Division("350201", "甲", "county", "350200", 1990, last) for last in (None, 1995)]
    rows.append(build.Division("350202", "乙", "county", "350200", 1993, None))
    assert [edition.version for edition in build.editions(rows)] == ["1.0.0", "1.1.0", "1.1.1"]


def test_the_version_of_a_release_is_the_one_that_its_difference_takes(
    build: ModuleType, earlier: ModuleType, tmp_path: Path
) -> None:
    sides = []
    for edition in build.editions(build.divisions()):
        earlier.make(edition, tmp_path / edition.version)
        package, database = read_package(tmp_path / edition.version), tmp_path / f"{edition.version}.duckdb"
        with duckdb.connect(database) as connection:
            tables = loaded_tables(load(package, connection))
        name = SideName(name=package.name, version=edition.version)
        sides.append(Side(name, package.descriptor, tables, {}, database, {}, hidden=1))
    taken = [stepped(str(old.name.version), compared(old, new, 128 << 20).verdict) for old, new in pairwise(sides)]
    assert taken == [side.name.version for side in sides[1:]]


def test_the_folder_holds_the_newest_release_and_the_others_are_made_again(
    build: ModuleType, earlier: ModuleType, tmp_path: Path
) -> None:
    version = json.loads((PACKAGE / "datapackage.json").read_text("utf-8"))["version"]
    others = [edition.version for edition in earlier.earlier()]
    assert newest_first([*others, version])[0] == version
    assert [edition.version for edition in build.editions(build.divisions())] == [*others, version]


def test_an_earlier_release_is_a_whole_package_that_tells_its_own_version(earlier: ModuleType, tmp_path: Path) -> None:
    edition = next(edition for edition in earlier.earlier() if edition.year == 2014)
    earlier.make(edition, tmp_path)
    descriptor = json.loads((tmp_path / "datapackage.json").read_text("utf-8"))
    assert (descriptor["version"], descriptor["minshu:opening"]["dataPeriod"]["end"]) == ("1.19.0", "2014-12-31")
    changelog = (tmp_path / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^## (\S+)", changelog, re.MULTILINE)[0] == "1.19.0"
    assert notes_of(changelog, "1.0.0")
    assert frictionless.validate(str(tmp_path / "datapackage.json")).valid


# The package


def test_stock_frictionless_finds_the_package_valid() -> None:
    report = frictionless.validate(str(PACKAGE / "datapackage.json"))
    assert report.valid, report.to_summary()


def test_the_descriptor_holds_the_schema_as_it_is() -> None:
    (resource,) = json.loads((PACKAGE / "datapackage.json").read_text("utf-8"))["resources"]
    schema = json.loads((ROOT / "schemas" / "fujian-divisions" / "divisions.json").read_text("utf-8"))
    assert resource["schema"] == schema


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_query_of_the_readme_answers_by_the_codes_of_its_year(page: str, loaded: Loaded) -> None:
    (query,) = re.findall(r"```sql\n(.*?)```", (PACKAGE / page).read_text("utf-8"), re.DOTALL)
    counties = dict(loaded.connection.sql(query).fetchall())
    assert (counties["350112"], counties["350427"], "350182" in counties) == ("长乐区", "沙县", False)


def test_the_source_contradicts_itself_where_the_readme_says_so(loaded: Loaded) -> None:
    late = loaded.connection.sql("""
        select distinct parent_code, p.valid_to
        from divisions d
        join (select code, max(coalesce(valid_to, 9999)) as valid_to from divisions group by code) p
            on p.code = parent_code
        where coalesce(d.valid_to, 9999) > p.valid_to""").fetchall()
    assert late == [("352100", 1993)]
    assert "南平地区 (352100) ends in 1993" in (PACKAGE / "README.md").read_text("utf-8")


# Together with the work points


def test_the_places_of_the_work_points_join_it_in_one_query_at_pinned_releases(service: str) -> None:
    page = (ROOT / "docs" / "sql.md").read_text("utf-8").partition("## Across datasets")[2]
    query = re.search(r"```sql\n(.*?)```", page, re.DOTALL)
    assert query
    params = {"dataset": "work-points-2019", "version": "1.0.1", "attach": "gb:fujian-divisions@1.21.0", "q": query[1]}
    answer = httpx.get(f"{service}/sql", params=params).raise_for_status()
    assert "immutable" in answer.headers["cache-control"]
    places = {place: (code, division, above) for place, code, division, above in answer.json()["rows"]}
    assert places["长乐"] == ("350112", "长乐区", "福州市")
    assert places["安溪"] == ("350524", "安溪县", "泉州市")
    assert places["平潭"] == ("350128", "平潭县", "福州市")
    assert places["厦门"] == ("350200", "厦门市", None)
    assert places["武夷"] == (None, None, None)
    assert len(places) == 12


def test_every_code_of_the_work_points_held_in_2019(service: str) -> None:
    q = """
        select p.code from places p where p.code is not null and p.code not in (
            select code from gb.divisions where coalesce(valid_from, 0) <= 2019 and coalesce(valid_to, 9999) >= 2019)"""
    params = {"dataset": "work-points-2019", "version": "1.0.1", "attach": "gb:fujian-divisions@1.21.0", "q": q}
    assert httpx.get(f"{service}/sql", params=params).raise_for_status().json()["rows"] == []
