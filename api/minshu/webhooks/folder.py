"""The files of webhooks, in `.hooks` of the store: their secrets, how far each is, and what the operator asks for.

The folder and its files are for their owner alone. Whoever delivers holds the lock, and he alone writes how far the
webhooks are; others ask by files that he takes away.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from minshu.disk import exclusively, failing, sync_folder, write_durably
from minshu.errors import StoreFailed
from minshu.webhooks.state import State

FOLDER: Final = ".hooks"

_STATE: Final = ".json"
_SECRET: Final = ".secret"  # noqa: S105
_ASKED: Final = "asked"
_ID: Final = re.compile(r"[0-9a-f]{12}")


class HookFolder:
    """The folder of the store at `root`. Raises StoreFailed."""

    def __init__(self, root: Path) -> None:
        self.path = root / FOLDER

    def keep(self, identifier: str, state: State, secret: str | None) -> None:
        """Keep what a new webhook begins with, before the log tells of it."""
        with failing("write", self.path):
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if secret is not None:
                write_durably(self.path / f"{identifier}{_SECRET}", secret.encode(), 0o600)
        self.write(identifier, state)

    def secret(self, identifier: str) -> str | None:
        """What a webhook signs with; None where it was never told here."""
        with failing("read", self.path), suppress(FileNotFoundError):
            return (self.path / f"{identifier}{_SECRET}").read_text("ascii")
        return None

    def state(self, identifier: str) -> State | None:
        """How far a webhook is; None where it is not at home here."""
        path = self.path / f"{identifier}{_STATE}"
        with failing("read", path):
            try:
                return State.model_validate_json(path.read_bytes())
            except FileNotFoundError:
                return None
            except ValidationError as error:
                raise StoreFailed(f"{path} is damaged. Remove that webhook, and add it again.") from error

    def write(self, identifier: str, state: State) -> None:
        """Replace how far a webhook is, whole."""
        path = self.path / f"{identifier}{_STATE}"
        draft = path.with_suffix(".draft")
        with failing("write", path):
            draft.unlink(missing_ok=True)
            write_durably(draft, state.model_dump_json().encode(), 0o600)
            draft.replace(path)
            sync_folder(self.path)

    def ids(self) -> set[str]:
        """The webhooks that have files here."""
        with failing("read", self.path):
            try:
                return {path.stem for path in self.path.iterdir() if _ID.fullmatch(path.stem)}
            except FileNotFoundError:
                return set()

    def forget(self, identifier: str) -> None:
        """Remove the files of a webhook."""
        with failing("write", self.path):
            for suffix in (_SECRET, _STATE, ".draft"):
                (self.path / f"{identifier}{suffix}").unlink(missing_ok=True)

    def ask(self, identifier: str, sequence: int | None = None) -> None:
        """Ask whoever delivers to post a message again or, without one, to go on with a webhook that is paused."""
        path = self.path / _ASKED / f"{identifier}-{'resume' if sequence is None else sequence}"
        with failing("write", path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            sync_folder(path.parent)

    def asked(self, identifier: str) -> list[int | None]:
        """What is asked for of a webhook: messages, None for going on."""
        folder = self.path / _ASKED
        with failing("read", folder):
            words = [path.name.rpartition("-")[2] for path in folder.glob(f"{identifier}-*")]
        return [int(word) if word.isdecimal() else None for word in words]

    def answered(self, identifier: str, asked: list[int | None]) -> None:
        """Forget what was asked for: it is done."""
        with failing("write", self.path):
            for sequence in asked:
                word = "resume" if sequence is None else sequence
                (self.path / _ASKED / f"{identifier}-{word}").unlink(missing_ok=True)

    @contextmanager
    def delivering(self) -> Iterator[bool]:
        """Whether nobody else delivers the messages of this store, nor does until the block ends."""
        with ExitStack() as held:
            with failing("write", self.path):
                is_alone = held.enter_context(exclusively(self.path / "lock"))
            yield is_alone
