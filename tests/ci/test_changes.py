"""What git tells of a change: held against real repositories, shallow and detached ones too."""

from pathlib import Path

import pytest
from tests.ci.conftest import Repository

from minshu.ci.changes import changed_paths
from minshu.errors import ChangesUnknown


def changed(repository: Repository, base: str | None = None) -> set[str] | None:
    found = changed_paths(repository.folder, base)
    return None if found is None else {path.relative_to(repository.folder.resolve()).as_posix() for path in found}


def test_without_git_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert changed_paths(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert changed_paths(tmp_path) is None


def test_a_base_without_git_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ChangesUnknown, match="is in no git repository"):
        changed_paths(tmp_path, "main")


def test_before_the_first_commit_and_after_it_nothing_is_known(repository: Repository) -> None:
    assert changed(repository) is None
    repository.commit()
    assert changed(repository) is None


def test_without_a_base_it_is_the_last_commit_and_what_was_not_committed(repository: Repository) -> None:
    for name in ("old", "committed", "edited", "removed"):
        (repository.folder / name).write_text("1")
        repository.commit()
    (repository.folder / "edited").write_text("2")
    (repository.folder / "数 据\n.csv").write_text("new")
    (repository.folder / ".gitignore").write_text("ignored\n")
    (repository.folder / "ignored").touch()
    (repository.folder / "removed").unlink()
    assert changed(repository) == {"edited", "数 据\n.csv", ".gitignore"}


def test_what_is_renamed_changes_at_both_places(repository: Repository) -> None:
    (repository.folder / "a").write_text("same\n" * 50)
    repository.commit()
    (repository.folder / "a").rename(repository.folder / "b")
    repository.commit()
    assert changed(repository) == {"a", "b"}


def test_a_base_is_where_both_parted_and_not_what_was_done_there_since(repository: Repository) -> None:
    repository.commit("common")
    repository.git("switch", "--quiet", "--create", "topic")
    for name in ("one", "two"):
        (repository.folder / name).touch()
        repository.commit()
    repository.git("switch", "--quiet", "main")
    (repository.folder / "theirs").touch()
    repository.commit()
    repository.git("switch", "--quiet", "topic")
    assert changed(repository, "main") == {"one", "two"}


def test_on_a_branch_of_a_clone_it_is_where_the_branch_left_the_remote_s(
    repository: Repository, tmp_path: Path
) -> None:
    (repository.folder / "theirs").touch()
    repository.commit()
    repository.commit()
    repository.git("clone", "--quiet", ".", str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone")
    assert changed(clone) == set()
    clone.git("switch", "--quiet", "--create", "topic")
    for name in ("one", "two"):
        (clone.folder / name).touch()
        clone.commit()
    assert changed(clone) == {"one", "two"}


def test_a_shallow_clone_knows_nothing_unless_the_base_was_fetched(repository: Repository, tmp_path: Path) -> None:
    first = repository.commit()
    (repository.folder / "new").touch()
    repository.commit()
    url = f"file://{repository.folder}"
    repository.git("clone", "--quiet", "--depth", "1", url, str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone")
    clone.git("remote", "set-head", "origin", "--delete")
    assert changed(clone) is None
    with pytest.raises(ChangesUnknown, match=first):
        changed(clone, first)
    clone.git("fetch", "--quiet", "--depth", "1", "origin", "main")
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    clone.git("fetch", "--quiet", "--depth", "1", "origin", first)
    assert changed(clone, first) == {"new"}


@pytest.mark.parametrize("base", ["", "0" * 40])
def test_a_base_that_a_runner_leaves_empty_is_none(repository: Repository, base: str) -> None:
    repository.commit()
    assert changed(repository, base) is None


@pytest.mark.parametrize("base", ["gone", "--output=x", "HEAD:file"])
def test_a_base_that_is_no_commit_is_an_error_and_never_an_option(repository: Repository, base: str) -> None:
    repository.commit()
    with pytest.raises(ChangesUnknown, match="There is no commit"):
        changed(repository, base)
    assert not (repository.folder / "x").exists()


def test_a_commit_that_is_not_whole_is_an_error_and_never_no_change(repository: Repository) -> None:
    (repository.folder / "a").touch()
    repository.commit()
    tree = repository.git("rev-parse", "HEAD^{tree}")
    (repository.folder / "b").touch()
    repository.commit()
    (repository.folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(ChangesUnknown, match="git cannot compare with"):
        changed(repository)
