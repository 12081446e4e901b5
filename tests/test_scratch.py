"""Folders of one process alone: made under a lock, swept once their process is gone."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from minshu import scratch
from minshu.scratch import Scratch, make_locked_folder, sweep


def test_a_locked_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    folder, lock = make_locked_folder(tmp_path / "a" / "b", ".stage-")
    os.close(lock)
    assert folder.parent == tmp_path / "a" / "b"
    assert folder.name.startswith(".stage-")


def test_a_sweep_leaves_what_lives_and_removes_what_is_dead(tmp_path: Path) -> None:
    alive, lock = make_locked_folder(tmp_path, ".stage-")
    dead, released = make_locked_folder(tmp_path, ".stage-")
    other, unrelated = make_locked_folder(tmp_path, ".other-")
    os.close(released)
    os.close(unrelated)
    sweep(tmp_path, ".stage-")
    os.close(lock)
    assert (alive.exists(), dead.exists(), other.exists()) == (True, False, True)


def test_a_sweep_where_there_is_nothing_is_no_error(tmp_path: Path) -> None:
    sweep(tmp_path / "missing", ".stage-")


def test_a_sweep_leaves_files_and_links(tmp_path: Path) -> None:
    (tmp_path / ".stage-file").write_text("")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".stage-link").symlink_to(tmp_path / "elsewhere")
    sweep(tmp_path, ".stage-")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".stage-file", ".stage-link", "elsewhere"]


def test_a_folder_swept_before_it_was_locked_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = tmp_path / "name"
    made: list[Path] = []

    def swept_at_first(*, prefix: str, dir: Path) -> str:  # noqa: A002
        folder = dir / f"{prefix}{len(made)}"
        folder.mkdir()
        made.append(folder)
        if len(made) == 1:
            shutil.rmtree(parent)
        return str(folder)

    monkeypatch.setattr(scratch, "mkdtemp", swept_at_first)
    folder, lock = make_locked_folder(parent, ".stage-")
    os.close(lock)
    assert folder == made[1]


def test_a_parent_that_vanishes_before_the_folder_is_made_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, real = tmp_path / "name", tempfile.mkdtemp
    calls: list[str] = []

    def vanishing_at_first(*, prefix: str, dir: Path) -> str:  # noqa: A002
        calls.append(prefix)
        if len(calls) == 1:
            dir.rmdir()
        return real(prefix=prefix, dir=dir)

    monkeypatch.setattr(scratch, "mkdtemp", vanishing_at_first)
    folder, lock = make_locked_folder(parent, ".stage-")
    os.close(lock)
    assert folder.is_dir()


def test_a_lock_that_the_file_system_refuses_is_an_error_and_leaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_descriptor: int, _operation: int) -> None:
        raise OSError(37, "No locks available")

    before = len(list(Path("/dev/fd").iterdir()))
    monkeypatch.setattr(fcntl, "flock", refused)
    with pytest.raises(OSError, match="No locks available"):
        make_locked_folder(tmp_path, ".stage-")
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_a_scratch_folder_is_gone_when_it_is_closed(tmp_path: Path) -> None:
    with Scratch(tmp_path / "cache") as made:
        (made.path / "file").write_text("x")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_parent_that_comes_and_goes_while_it_is_made_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, make, looks = tmp_path / "name", Path.mkdir, iter([FileExistsError(), FileExistsError()])

    def made_by_another_that_removes_it(self: Path, *words: Any, **options: Any) -> None:
        # What mkdir raises where a folder is there when it is made, and gone when it is looked at.
        if self == parent and (lost := next(looks, None)):
            raise lost
        make(self, *words, **options)

    monkeypatch.setattr(Path, "mkdir", made_by_another_that_removes_it)
    folder, lock = make_locked_folder(parent, ".stage-")
    os.close(lock)
    assert folder.parent == parent


def test_a_file_in_place_of_the_parent_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "name").write_text("")
    with pytest.raises(FileExistsError):
        make_locked_folder(tmp_path / "name", ".stage-")
