"""Statements of strangers that were not answered."""

from collections.abc import Sequence
from typing import NamedTuple, Self

from minshu.errors.base import MinshuError


class Place(NamedTuple):
    """A place in a statement: its code point, counted from 0, and the same as line and column, counted from 1."""

    position: int
    line: int
    column: int

    @classmethod
    def of(cls, text: str, position: int) -> Self:
        """The place of a code point; the end of the text for one beyond it."""
        before = text[: max(position, 0)]
        return cls(len(before), before.count("\n") + 1, len(before) - before.rfind("\n"))

    @classmethod
    def of_byte(cls, text: str, offset: int) -> Self | None:
        """The place of a byte of the text's UTF-8, which DuckDB counts in; None where it means that it knows none."""
        encoded = text.encode()
        return cls.of(text, len(encoded[:offset].decode(errors="ignore"))) if 0 <= offset <= len(encoded) else None


class SqlError(MinshuError):
    """A stranger's statement was not answered.

    Where it is known what in the statement is at fault, `position`, `line` and `column` tell its place; `meant` has the
    names that may have been meant.
    """

    code = "sql-error"

    position: int | None = None
    line: int | None = None
    column: int | None = None
    meant: tuple[str, ...] = ()

    def __init__(self, reason: str, place: Place | None = None, meant: Sequence[str] = ()) -> None:
        super().__init__(reason)
        # What is not known is not told to clients as null either.
        if place:
            self.position, self.line, self.column = place
        if meant:
            self.meant = tuple(meant)


class SqlSyntaxError(SqlError):
    """The text is not SQL that DuckDB can parse."""

    code = "sql-syntax"


class SqlRefused(SqlError):
    """The statement is SQL, but not one that strangers may run."""

    code = "sql-refused"


class SqlFailed(SqlError):
    """The statement was run and failed: a wrong column, a cast that does not hold, memory used up."""

    code = "sql-failed"


class SqlTimeout(SqlError):
    """The statement was stopped at its deadline."""

    code = "sql-timeout"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"The query was stopped after {seconds:g} s. Ask for less, or download the release instead.")


class SqlTooLarge(SqlError):
    """The answer is larger than one answer may be."""

    code = "sql-too-large"


class SqlOverloaded(SqlError):
    """No worker came free in time. `retry_after` is in seconds."""

    code = "sql-overloaded"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many queries at once. Try again in {retry_after} s.")
