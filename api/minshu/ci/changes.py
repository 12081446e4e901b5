"""Which files a change touches, as git tells it. Nothing is fetched and nothing is written."""

import re
import shutil
import subprocess
from pathlib import Path

from minshu.errors import ChangesUnknown

# What continuous integration gives as the commit before the first.
NONE = re.compile("0*")
HEAD = "HEAD"
REMOTE = "refs/remotes/origin/HEAD"


def changed_paths(folder: Path, base: str | None = None) -> list[Path] | None:
    """The files that differ between a commit and the working tree, new ones included; None where git can't tell.

    The commit is where `base` and HEAD parted. Without a base it is where HEAD left the remote's own branch, or the
    commit before, if it is there: a clone may be shallow. Raises ChangesUnknown where a base is named that is not, and
    where the commit is not whole.
    """
    git, named = Git.of(folder), base if base and not NONE.fullmatch(base) else None
    if git is None:
        if named:
            raise ChangesUnknown(f"{folder} is in no git repository, and {named!r} tells nothing. Leave out --base.")
        return None
    commit = git.parted_from(named) if named else git.previous()
    return git.changed_since(commit) if commit else None


class Git:
    """The repository that a folder is in."""

    def __init__(self, program: str, root: Path) -> None:
        self._program, self._root = program, root

    @classmethod
    def of(cls, folder: Path) -> "Git | None":
        """The repository of a folder; None where there is none, or no git."""
        program = shutil.which("git")
        if program is None:
            return None
        root = cls(program, folder)._answer("rev-parse", "--show-toplevel")
        return cls(program, Path(root)) if root else None

    def parted_from(self, base: str) -> str:
        """The commit at which HEAD left a base; the base itself where history is too short to tell."""
        commit = self._commit(base)
        if commit is None:
            raise ChangesUnknown(f"There is no commit {base!r} here. Fetch it, or name another with --base.")
        return self._answer("merge-base", commit, HEAD) or commit

    def previous(self) -> str | None:
        """Where HEAD left the remote's own branch; on that branch, the commit before; None where neither is there."""
        head, remote = self._commit(HEAD), self._commit(REMOTE)
        parted = self._answer("merge-base", remote, HEAD) if remote else None
        return parted if parted and parted != head else self._commit(f"{HEAD}^")

    def changed_since(self, commit: str) -> list[Path]:
        """The files that the working tree has otherwise than a commit, those that git does not know yet included."""
        changed = self._answer("diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", commit, "--")
        unknown = self._answer("ls-files", "--others", "--exclude-standard", "--full-name", "-z")
        if changed is None or unknown is None:
            raise ChangesUnknown(f"git cannot compare with {commit}. Fetch all of it, or name another with --base.")
        return [self._root / path for path in (changed + unknown).split("\0") if path]

    def _commit(self, name: str) -> str | None:
        return self._answer("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")

    def _answer(self, *words: str) -> str | None:
        """What git prints, without the end of its last line; None where it says no."""
        command = [self._program, "-C", str(self._root), *words]
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  # names are told from options
        return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n") if done.returncode == 0 else None
