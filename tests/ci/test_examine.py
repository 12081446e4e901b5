"""What is said of a package that changed, by a rehearsal against what was released."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROWS, SCHEMA

from minshu.audit import Actor, AuditLog
from minshu.ci.examine import examine
from minshu.ci.examined import Examined
from minshu.ci.released import InStore
from minshu.errors import RulesError
from minshu.publish import Published
from minshu.settings import Settings
from minshu.store import Store

Make = Callable[..., Path]
Release = Callable[..., Published]
Look = Callable[..., Examined]
FIELDS: list[dict[str, Any]] = SCHEMA["fields"]  # type: ignore[assignment]
NOTES = "# Changelog\n\n## 1.0.0\n\nFirst.\n"


def resource(**schema: Any) -> list[dict[str, Any]]:
    return [{"name": "items", "type": "table", "path": "data/items.csv", "schema": {**SCHEMA, **schema}}]


def files(rows: str = ROWS, *versions: str) -> dict[str, str]:
    entries = "".join(f"\n## {version}\n\nSomething.\n" for version in versions)
    return {"data/items.csv": rows, "CHANGELOG.md": f"# Changelog\n{entries}{NOTES.removeprefix('# Changelog')}"}


MORE = ROWS + "4,丁,1\n"
LESS = ROWS.replace('2,"乙,丙",-3\n', "")
OTHER = ROWS.replace("1.10", "1.20")


@pytest.fixture
def look(settings: Settings, store: Store) -> Look:
    """Examine a package against the store."""

    def run(path: Path, rules: Path | None = None) -> Examined:
        store.root.mkdir(exist_ok=True)
        return examine(path, rules, InStore(store), settings, lambda _: None)

    return run


def notes(found: Examined) -> list[str]:
    return [problem["note"] for problem in found.problems]


def test_a_first_version_with_an_entry_can_be_released(look: Look, make_package: Make) -> None:
    found = look(make_package(files()))
    assert (found.passes, found.verdict) == (True, "1.0.0 can be released, with nothing before it to compare with")


def test_what_is_released_already_needs_nothing(look: Look, make_package: Make, released: Release) -> None:
    package = make_package({"data/items.csv": ROWS})
    released(package)
    found = look(package)
    assert (found.passes, found.verdict) == (True, "1.0.0 is released already")


@pytest.mark.parametrize(
    ("rows", "version", "verdict"),
    [(OTHER, "1.0.1", "patch"), (MORE, "1.1.0", "minor"), (LESS, "2.0.0", "major"), (LESS, "2.0.0-rc.1", "major")],
)
def test_a_version_that_is_large_enough_can_be_released(
    look: Look, make_package: Make, released: Release, rows: str, version: str, verdict: str
) -> None:
    released(make_package(files()))
    found = look(make_package(files(rows, version), version=version))
    assert (found.passes, found.verdict) == (True, f"{version} can be released after 1.0.0 ({verdict})")


@pytest.mark.parametrize(
    ("rows", "version", "words"),
    [
        (MORE, "1.0.1", "items: 1 row is new (minor) → at least 1.1.0"),
        (LESS, "1.1.0", "items: 1 row is gone (major) → at least 2.0.0"),
        (LESS, "1.1.0-rc.1", "items: 1 row is gone (major) → at least 2.0.0"),
    ],
)
def test_a_version_that_is_too_small_is_told_with_the_change_that_takes_more(
    look: Look, make_package: Make, released: Release, rows: str, version: str, words: str
) -> None:
    released(make_package(files()))
    found = look(make_package(files(rows, version), version=version))
    assert notes(found) == [f"version {version} is too small: {words}"]


def test_a_column_that_is_gone_takes_a_major_version(look: Look, make_package: Make, released: Release) -> None:
    released(make_package(files()))
    rows = "编号,名称\n1,甲\n2,乙\n3,\n"
    found = look(make_package(files(rows, "1.0.1"), version="1.0.1", resources=resource(fields=FIELDS[:2])))
    assert notes(found) == ["version 1.0.1 is too small: items 金额: the field is gone (major) → at least 2.0.0"]


def test_a_version_that_is_taken_is_told_with_the_one_to_take(
    look: Look, make_package: Make, released: Release
) -> None:
    released(make_package(files()))
    released(make_package(files(MORE, "1.1.0"), version="1.1.0"))
    found = look(make_package(files(MORE + "5,戊,\n", "1.1.0"), version="1.0.0"))
    assert (
        notes(found)[0]
        == "version 1.0.0 is published already, and differs: items: 1 row is new (minor) → at least 1.2.0"
    )
    assert found.base == "1.1.0"


def test_a_correction_of_an_older_version_is_compared_with_that(
    look: Look, make_package: Make, released: Release
) -> None:
    released(make_package(files()))
    released(make_package(files(LESS, "2.0.0"), version="2.0.0"))
    found = look(make_package(files(OTHER, "1.0.1"), version="1.0.1"))
    assert (found.passes, found.base) == (True, "1.0.0")


def test_a_version_below_all_is_told(look: Look, make_package: Make, released: Release) -> None:
    released(make_package(files()))
    found = look(make_package(files(ROWS, "0.9.0"), version="0.9.0"))
    assert notes(found) == ["version 0.9.0 comes after no release; the latest is 1.0.0"]


def test_a_withdrawn_version_is_never_used_again_and_not_compared_with(
    look: Look, make_package: Make, released: Release, store: Store
) -> None:
    released(make_package(files()))
    released(make_package(files(LESS, "2.0.0"), version="2.0.0"))
    AuditLog(store.root).append("withdrawn", Actor.local("publisher"), "demo", "2.0.0", {"reason": "wrong"})
    assert notes(look(make_package(files(LESS, "2.0.0"), version="2.0.0"))) == [
        "version 2.0.0 is withdrawn, and never used again"
    ]
    assert look(make_package(files(LESS, "3.0.0"), version="3.0.0")).base == "1.0.0"


def test_after_nothing_but_what_is_withdrawn_there_is_nothing_to_compare_with(
    look: Look, make_package: Make, released: Release, store: Store
) -> None:
    released(make_package(files()))
    AuditLog(store.root).append("withdrawn", Actor.local("publisher"), "demo", "1.0.0", {"reason": "wrong"})
    found = look(make_package(files(LESS, "1.0.1"), version="1.0.1"))
    assert (found.passes, found.base) == (True, None)


@pytest.mark.parametrize(
    ("before", "version", "rows", "named"),
    [
        ("0.1.0", "0.1.1", MORE, None),
        ("0.1.0", "0.1.1", LESS, "0.2.0"),
        ("2.0.0-rc.1", "2.0.0", LESS, None),
        ("1.0.0", "1.0.0+build", OTHER, "1.0.0"),
    ],
)
def test_early_versions_and_pre_releases_are_held_to_what_publish_holds_them_to(
    look: Look, make_package: Make, released: Release, before: str, version: str, rows: str, named: str | None
) -> None:
    released(make_package(files(ROWS, before), version=before))
    found = look(make_package(files(rows, version), version=version))
    assert [note.rpartition(" ")[2] for note in notes(found)] == ([named] if named else [])


@pytest.mark.parametrize(
    ("changelog", "words"),
    [(None, "there is no CHANGELOG.md"), (NOTES, "CHANGELOG.md has no entry for 1.1.0")],
)
def test_an_entry_that_is_missing_is_told(
    look: Look, make_package: Make, released: Release, changelog: str | None, words: str
) -> None:
    released(make_package(files()))
    given = {"data/items.csv": MORE, **({"CHANGELOG.md": changelog} if changelog else {})}
    assert notes(look(make_package(given, folder="new", version="1.1.0"))) == [
        f"{words}: say below a heading `## 1.1.0` what changed"
    ]


def test_bytes_that_mean_the_same_take_a_version_all_the_same(
    look: Look, make_package: Make, released: Release
) -> None:
    package = make_package(files())
    released(package)
    descriptor = package / "datapackage.json"
    descriptor.write_text(descriptor.read_text("utf-8") + "\n", "utf-8")
    (note,) = notes(look(package))
    taken = "version 1.0.0 is published already, and differs"
    assert note == f"{taken}: the descriptor is written in another way → at least 1.0.1"


def test_what_publish_refuses_is_refused(look: Look, make_package: Make) -> None:
    invalid = look(make_package({"data/items.csv": "编号,名称,金额\n1,,x\n"}))
    assert (invalid.passes, invalid.name, invalid.report.error_count) == (False, "demo", 1)
    person = [{"name": "手机", "type": "string"}]
    gated = look(
        make_package(
            {"data/items.csv": "手机\n13800138000\n"},
            resources=[{"name": "items", "type": "table", "path": "data/items.csv", "schema": {"fields": person}}],
        )
    )
    assert "手机" in str(gated.report.tasks[0].errors)
    assert "13800138000" not in str(gated.report.to_dict())


@pytest.mark.parametrize("refused", [{"version": None}, {"version": "1"}, {"name": "X"}, {"resources": []}], ids=str)
def test_a_package_that_is_none_or_has_no_identity_is_refused(look: Look, make_package: Make, refused: Any) -> None:
    assert look(make_package(**refused)).report.error_count == 1


def test_a_rules_file_that_is_wrong_is_no_verdict(look: Look, make_package: Make, tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text("import nothing_of_this_name\n")
    with pytest.raises(RulesError):
        look(make_package(files()), tmp_path / "rules.py")


def test_nothing_is_written_into_the_store(look: Look, make_package: Make, store: Store) -> None:
    look(make_package(files()))
    assert list(store.root.iterdir()) == []


def test_a_key_is_not_needed_to_rehearse(make_package: Make, store: Store, settings: Settings, tmp_path: Path) -> None:
    signing = settings.model_copy(update={"signing_key": tmp_path / "gone.pem"})
    store.root.mkdir()
    assert examine(make_package(files()), None, InStore(store), signing, lambda _: None).passes
